package preflight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// needed are the actions that a plan needs, by the ARN that they are for, each
// with the key of the first object that needs it.
func (p *preflight) needed(account string) map[string]map[string]resource.Key {
	actions := map[string]resource.Actions{}
	for _, kind := range p.subject.Kinds {
		actions[kind.Name] = kind.Actions
	}
	needed := map[string]map[string]resource.Key{}
	for _, step := range p.subject.Plan.Steps {
		kind := actions[step.Key.Kind]
		var names []string
		switch step.Action {
		case plan.Create:
			names = kind.Make
		case plan.Replace:
			names = slices.Concat(kind.Make, kind.Delete)
		case plan.Update:
			names = slices.Concat(kind.Make, kind.Change)
		case plan.Delete:
			names = kind.Delete
		case plan.Keep:
		}
		on := "*"
		if kind.On != nil {
			on = kind.On(p.subject.Owner, account)
		}
		for _, name := range names {
			if needed[on] == nil {
				needed[on] = map[string]resource.Key{}
			}
			if _, ok := needed[on][name]; !ok {
				needed[on][name] = step.Key
			}
		}
	}
	return needed
}

// askPermissions asks IAM whether the caller's policies allow what the plan
// needs: one call for each ARN.
func (p *preflight) askPermissions(ctx context.Context) {
	caller, err := p.clients.Caller(ctx) // known since the account was bound
	if err != nil || caller.ARN == "" {
		return
	}
	for on, keys := range p.needed(caller.Account) {
		p.ask("permissions on "+on, func() error {
			results, err := p.simulate(ctx, caller, on, slices.Sorted(maps.Keys(keys)))
			for _, result := range results {
				p.judge(caller, keys, result)
			}
			return err
		})
	}
}

// simulate asks what the caller may. A role's path isn't in the ARN of who has
// assumed it: it is read where the role isn't found without one.
func (p *preflight) simulate(ctx context.Context, caller awsapi.Caller, on string, actions []string) ([]types.EvaluationResult, error) {
	source := caller.ARN
	role := caller.Role()
	if role != "" {
		source = roleARN(caller.ARN, caller.Account, role)
	}
	results, err := p.simulateAs(ctx, source, on, actions)
	if role == "" || !awsapi.IsNotFound(err) {
		return results, err
	}
	out, getErr := p.clients.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
	if getErr != nil || out.Role == nil {
		return nil, errors.Join(err, getErr)
	}
	return p.simulateAs(ctx, aws.ToString(out.Role.Arn), on, actions)
}

// roleARN is the ARN of a role without a path, in the partition of another ARN.
func roleARN(assumed, account, role string) string {
	partition, _, _ := strings.Cut(strings.TrimPrefix(assumed, "arn:"), ":")
	return "arn:" + partition + ":iam::" + account + ":role/" + role
}

func (p *preflight) simulateAs(ctx context.Context, source, on string, actions []string) ([]types.EvaluationResult, error) {
	entry := func(name, value string) types.ContextEntry {
		return types.ContextEntry{ContextKeyName: &name, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{value}}
	}
	owner := p.subject.Owner
	pages := iam.NewSimulatePrincipalPolicyPaginator(p.clients.IAM, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &source,
		ActionNames:     actions,
		ResourceArns:    []string{on},
		ContextEntries: []types.ContextEntry{
			entry("aws:RequestedRegion", owner.Region),
			entry("aws:RequestTag/"+awsapi.TagPlatform, owner.Platform),
			entry("aws:ResourceTag/"+awsapi.TagPlatform, owner.Platform),
			entry("iam:PassedToService", "ec2.amazonaws.com"),
		},
	})
	return awsapi.Collect(ctx, pages, func(page *iam.SimulatePrincipalPolicyOutput) []types.EvaluationResult { return page.EvaluationResults })
}

// judge takes a denial for what it says only where it would be the same for the
// real call: not where a policy asks for more than is known beforehand.
func (p *preflight) judge(caller awsapi.Caller, keys map[string]resource.Key, result types.EvaluationResult) {
	action := aws.ToString(result.EvalActionName)
	if result.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed || len(result.MissingContextValues) > 0 {
		return
	}
	key, ok := keys[action]
	if !ok {
		return
	}
	finding := Finding{
		Resource: key,
		Problem:  fmt.Sprintf("%s lacks the permission %s", caller.ARN, action),
		Hint:     "allow it; docs/aws-policy.json has all permissions that platformctl needs",
	}
	switch {
	case result.EvalDecision == types.PolicyEvaluationDecisionTypeExplicitDeny:
		finding.Problem += ", which a policy denies"
		finding.Hint = "take it out of what is denied, or use other credentials"
	case aws.ToString(result.EvalResourceName) == "*":
		finding.Hint += ". Where the policy allows it for certain resources alone, go on with --no-preflight"
	}
	p.found(finding)
}
