package preflight

import (
	"context"
	"errors"
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

// needs are the actions that a plan needs, by the ARN that they are for, each with the
// step that needs it first.
type needs map[string]map[string]*plan.Step

func (n needs) add(on string, step *plan.Step, actions ...string) {
	for _, action := range actions {
		if n[on] == nil {
			n[on] = map[string]*plan.Step{}
		}
		if n[on][action] == nil {
			n[on][action] = step
		}
	}
}

// anything is the resource of a simulation where the object's ARN isn't known.
const anything = "*"

// made are the actions by which a plan makes and changes.
func (p *preflight) made(account string) needs {
	actions := map[string]resource.Actions{}
	for _, kind := range p.subject.Kinds {
		actions[kind.Name] = kind.Actions
	}
	needed := needs{}
	for _, step := range p.subject.Plan.Steps {
		kind := actions[step.Key.Kind]
		on := func(kind resource.Actions) string {
			if kind.On == nil {
				return anything
			}
			return kind.On(p.subject.Owner, account)
		}
		switch step.Action {
		case plan.Create, plan.Replace:
			needed.add(on(kind), step, kind.Make...)
			for other, also := range kind.MakeOn {
				needed.add(on(actions[other]), step, also...)
			}
		case plan.Update:
			needed.add(on(kind), step, slices.Concat(kind.Make, kind.Change)...)
			for _, action := range kind.Change {
				p.changes[action] = true
			}
		case plan.Delete, plan.Keep: // see Removable
		}
	}
	return needed
}

// askPermissions asks IAM whether the caller's policies allow what the plan makes and
// changes: one call for each ARN.
func (p *preflight) askPermissions(ctx context.Context) {
	caller, err := p.subject.Clients.Caller(ctx) // known since the account was bound
	if err != nil || caller.ARN == "" {
		return
	}
	for on, steps := range p.made(caller.Account) {
		p.ask("permissions on "+on, func(ctx context.Context) error {
			results, err := simulation{p.subject.Clients, p.subject.Owner, caller}.run(ctx, on, slices.Sorted(maps.Keys(steps)))
			for _, result := range results {
				p.judge(caller, steps, result)
			}
			return err
		})
	}
}

// simulation asks IAM what the caller may.
type simulation struct {
	clients *awsapi.Clients
	owner   awsapi.Owner
	caller  awsapi.Caller
}

// run asks of one ARN. A role's path isn't in the ARN of who has
// assumed it: it is read where the role isn't found without one.
func (s simulation) run(ctx context.Context, on string, actions []string) ([]types.EvaluationResult, error) {
	source := s.caller.ARN
	role := s.caller.Role()
	if role != "" {
		source = roleARN(s.caller.ARN, s.caller.Account, role)
	}
	results, err := s.as(ctx, source, on, actions)
	if role == "" || !awsapi.IsNotFound(err) {
		return results, err
	}
	out, getErr := s.clients.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
	if getErr != nil || out.Role == nil {
		return nil, errors.Join(err, getErr)
	}
	return s.as(ctx, aws.ToString(out.Role.Arn), on, actions)
}

// roleARN is the ARN of a role without a path, in the partition of another ARN.
func roleARN(assumed, account, role string) string {
	partition, _, _ := strings.Cut(strings.TrimPrefix(assumed, "arn:"), ":")
	return "arn:" + partition + ":iam::" + account + ":role/" + role
}

func (s simulation) as(ctx context.Context, source, on string, actions []string) ([]types.EvaluationResult, error) {
	entry := func(name, value string) types.ContextEntry {
		return types.ContextEntry{ContextKeyName: &name, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{value}}
	}
	pages := iam.NewSimulatePrincipalPolicyPaginator(s.clients.IAM, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: &source,
		ActionNames:     actions,
		ResourceArns:    []string{on},
		ContextEntries: []types.ContextEntry{
			entry("aws:RequestedRegion", s.owner.Region),
			entry("aws:RequestTag/"+awsapi.TagPlatform, s.owner.Platform),
			entry("aws:ResourceTag/"+awsapi.TagPlatform, s.owner.Platform),
			entry("iam:PassedToService", "ec2.amazonaws.com"),
		},
	})
	return awsapi.Collect(ctx, pages, func(page *iam.SimulatePrincipalPolicyOutput) []types.EvaluationResult { return page.EvaluationResults })
}

// denies says whether a simulation's denial would be the same for the real call: not where a
// policy asks for more than is known beforehand.
func denies(result types.EvaluationResult) bool {
	return result.EvalDecision != types.PolicyEvaluationDecisionTypeAllowed && len(result.MissingContextValues) == 0
}

// lacks says what the caller lacks, and what to do about it.
func lacks(caller, action string, explicit bool) (problem, hint string) {
	if explicit {
		return caller + " lacks the permission " + action + ", which a policy denies", "take it out of what is denied, or use other credentials"
	}
	return caller + " lacks the permission " + action, "allow it; docs/aws.md names the policies that have all permissions"
}

func (p *preflight) judge(caller awsapi.Caller, steps map[string]*plan.Step, result types.EvaluationResult) {
	action := aws.ToString(result.EvalActionName)
	step := steps[action]
	if !denies(result) || step == nil {
		return
	}
	explicit := result.EvalDecision == types.PolicyEvaluationDecisionTypeExplicitDeny
	// What changes is there already: a policy may allow it for that alone, which no question about any object tells.
	if p.changes[action] && !explicit && aws.ToString(result.EvalResourceName) == anything {
		return
	}
	finding := Finding{Resource: step.Key}
	finding.Problem, finding.Hint = lacks(caller.ARN, action, explicit)
	if !explicit && aws.ToString(result.EvalResourceName) == anything {
		finding.Hint += ". Where the policy allows it for certain resources alone, go on with --no-preflight"
	}
	p.found(finding)
}
