package api

import (
	"cmp"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) simulateOperations() []wire.Operation {
	return []wire.Operation{view(h, "SimulatePrincipalPolicy", h.simulatePrincipalPolicy)}
}

// contextEntry says under which circumstances the actions would be done. No policy here
// has a condition, so it changes nothing.
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

func (h *handlers) simulatePrincipalPolicy(tx *world.Tx, _ *wire.Call, in *simulatePrincipalPolicyInput) (*simulatePolicyOutput, error) {
	if err := h.findPrincipal(tx, in.PolicySourceArn); err != nil {
		return nil, err
	}
	resources := in.ResourceArns
	if len(resources) == 0 {
		resources = []string{"*"} // source: its API reference
	}
	var all []evaluation
	for _, action := range in.ActionNames {
		of, name, ok := strings.Cut(action, ":")
		if !ok || of == "" || name == "" || strings.ContainsAny(action, "*?") {
			return nil, refuse.New("InvalidInput", "Invalid action name: %s", action)
		}
		for _, resource := range resources {
			e := evaluation{Action: action, Resource: resource, Decision: h.Decide(of, name)}
			if e.Decision != "implicitDeny" {
				e.Statements = wire.Members[statement]{{"PlatformctlLocalFaults", "user"}}
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

// findPrincipal refuses whose policies can't be asked for.
func (h *handlers) findPrincipal(tx *world.Tx, arn string) error {
	entity, found := strings.CutPrefix(arn, "arn:aws:iam::"+world.AccountID+":")
	kind, path, named := strings.Cut(entity, "/")
	name := path[strings.LastIndex(path, "/")+1:]
	switch {
	case arn == service.UserARN():
		return nil
	case !strings.HasPrefix(arn, "arn:aws:iam::") || found && (!named || kind != "user" && kind != "group" && kind != "role"):
		return refuse.New("InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	case kind != "role" || !found:
		return refuse.WithStatus(refuse.StatusNotFound, "NoSuchEntity", "The %s with name %s cannot be found.", cmp.Or(kind, "user"), name)
	}
	if _, err := model.FindRole(tx, name); err != nil {
		return err
	}
	return refuse.NotSimulated("what role %s may do is not simulated, only what the caller may, %s", name, service.UserARN())
}
