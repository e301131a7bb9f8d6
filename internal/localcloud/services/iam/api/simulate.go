package api

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) simulateOperations() []wire.Operation {
	return []wire.Operation{view(h, "SimulatePrincipalPolicy", h.simulatePrincipalPolicy)}
}

// contextEntry is a condition key of the requests that are simulated.
type contextEntry struct {
	Name   string   `query:"ContextKeyName" min:"5" max:"256"`
	Values []string `query:"ContextKeyValues"`
	Type   string   `query:"ContextKeyType" enum:"string|stringList|numeric|numericList|boolean|booleanList|ip|ipList|binary|binaryList|date|dateList"`
}

type simulatePrincipalPolicyInput struct {
	PolicySourceArn string         `query:"PolicySourceArn,required" min:"20" max:"2048"`
	ActionNames     []string       `query:"ActionNames,required" min:"1"`
	ResourceArns    []string       `query:"ResourceArns"`
	ContextEntries  []contextEntry `query:"ContextEntries"`
	paging
}

type simulatePolicyOutput struct {
	Results wire.Members[evaluation] `xml:"EvaluationResults"`
	paged
}

type evaluation struct {
	Action     string                  `xml:"EvalActionName"`
	Resource   string                  `xml:"EvalResourceName"`
	Decision   string                  `xml:"EvalDecision"`
	Statements wire.Members[statement] `xml:"MatchedStatements"`
	Missing    wire.Members[string]    `xml:"MissingContextValues"`
}

type statement struct {
	PolicyID   string `xml:"SourcePolicyId"`
	PolicyType string `xml:"SourcePolicyType"`
}

// mostSimulated is how many pairs of action and resource one call may ask for.
const mostSimulated = 10_000

func (h *handlers) simulatePrincipalPolicy(tx *world.Tx, _ *wire.Call, in *simulatePrincipalPolicyInput) (*simulatePolicyOutput, error) {
	decide, source, err := h.principal(tx, in.PolicySourceArn)
	if err != nil {
		return nil, err
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"} // source: its API reference
	}
	if n := len(in.ActionNames) * len(resources); n > mostSimulated {
		return nil, refuse.NotSimulated("a simulation of %d actions on %d resources is not simulated: at most %d pairs are", len(in.ActionNames), len(resources), mostSimulated)
	}
	context := policy.Context{}
	for _, entry := range in.ContextEntries {
		context[entry.Name] = entry.Values
	}
	var all []evaluation
	for _, action := range in.ActionNames {
		of, name, ok := strings.Cut(action, ":")
		if !ok || of == "" || name == "" || strings.ContainsAny(action, "*?") {
			return nil, refuse.New("InvalidInput", "Invalid action name: %s", action)
		}
		for _, resource := range resources {
			v := decide(policy.Request{Action: action, Resource: resource, Context: context})
			e := evaluation{Action: action, Resource: resource, Decision: string(v.Decision), Missing: v.Missing}
			for _, m := range v.Matched {
				e.Statements = append(e.Statements, statement{m.Policy, source})
			}
			all = append(all, e)
		}
	}
	results, next, ok := wire.Page(all, in.Marker, in.MaxItems, usualPage)
	if !ok {
		return nil, invalidMarker()
	}
	return &simulatePolicyOutput{results, paged{next != "", next}}, nil
}

// principal is by whose policies a simulation goes, and what sort they are of. It refuses whose policies can't be
// asked for.
func (h *handlers) principal(tx *world.Tx, arn string) (decide func(policy.Request) policy.Verdict, source string, err error) {
	entity, found := strings.CutPrefix(arn, "arn:aws:iam::"+world.AccountID+":")
	kind, path, named := strings.Cut(entity, "/")
	name := path[strings.LastIndex(path, "/")+1:]
	unknown := refuse.WithStatus(refuse.StatusNotFound, "NoSuchEntity", "Unable to retrieve specified IAM entity.")
	switch {
	case arn == service.UserARN():
		return h.Decide, "user", nil
	case !strings.HasPrefix(arn, "arn:aws:iam::") || found && (!named || kind != "user" && kind != "group" && kind != "role"):
		return nil, "", refuse.New("InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	case kind != "role" || !found:
		return nil, "", unknown
	}
	role, err := model.FindRole(tx, name)
	if err != nil {
		return nil, "", unknown
	}
	return role.Principal().Decide, "role", nil
}
