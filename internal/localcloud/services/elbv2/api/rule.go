package api

import (
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) ruleOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateRule", createRule),
		view(h, "DescribeRules", describeRules),
		change(h, "ModifyRule", modifyRule),
		does(h, "DeleteRule", func(tx *world.Tx, in *ruleArnInput) error { return model.DeleteRule(tx, in.Arn) }),
		change(h, "SetRulePriorities", setRulePriorities),
	}
}

type ruleItem struct {
	Arn        string                  `xml:"RuleArn"`
	Priority   string                  `xml:"Priority"`
	Conditions wire.Members[condition] `xml:"Conditions"`
	Actions    wire.Members[action]    `xml:"Actions"`
	IsDefault  bool                    `xml:"IsDefault"`
}

func renderRule(r *model.Rule) ruleItem {
	item := ruleItem{Arn: r.ID, Priority: "default", Conditions: renderConditions(r.Conditions), Actions: renderActions(r.Actions), IsDefault: r.Default()}
	if !r.Default() {
		item.Priority = strconv.Itoa(r.Priority)
	}
	return item
}

type rulesOutput struct {
	Rules      wire.Members[ruleItem] `xml:"Rules"`
	NextMarker string                 `xml:"NextMarker,omitempty"`
}

func renderRules(rules ...*model.Rule) *rulesOutput {
	out := &rulesOutput{}
	for _, r := range rules {
		out.Rules = append(out.Rules, renderRule(r))
	}
	return out
}

type createRuleInput struct {
	ListenerArn string      `query:"ListenerArn,required"`
	Priority    int         `query:"Priority,required" min:"1" max:"50000"`
	Conditions  []condition `query:"Conditions,required"`
	Actions     []action    `query:"Actions,required"`
	Tags        []tag       `query:"Tags" min:"1"`
}

func createRule(tx *world.Tx, c *wire.Call, in *createRuleInput) (*rulesOutput, error) {
	conditions, err := readConditions(in.Conditions)
	if err != nil {
		return nil, err
	}
	actions, err := readActions(in.Actions)
	if err != nil {
		return nil, err
	}
	r, err := model.CreateRule(tx, in.ListenerArn, in.Priority, conditions, actions, readTags(in.Tags))
	if err != nil {
		return nil, err
	}
	c.Resource = r.ID
	return renderRules(r), nil
}

type describeRulesInput struct {
	ListenerArn string   `query:"ListenerArn"`
	Arns        []string `query:"RuleArns"`
	paging
}

func describeRules(tx *world.Tx, _ *wire.Call, in *describeRulesInput) (*rulesOutput, error) {
	switch {
	case in.ListenerArn == "" && len(in.Arns) == 0:
		return nil, invalid("You must specify either listener rule ARNs or a listener ARN")
	case in.ListenerArn != "" && len(in.Arns) > 0:
		return nil, invalid("Listener rule ARNs and a listener ARN cannot be specified at the same time")
	}
	found, err := described(tx, in.Arns, model.FindRule)
	if err != nil {
		return nil, err
	}
	if in.ListenerArn != "" {
		if _, err := model.FindListener(tx, in.ListenerArn); err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(r *model.Rule) bool { return r.ListenerARN != in.ListenerArn })
		model.SortRules(found)
	}
	items, next, err := page(found, in.paging, renderRule)
	return &rulesOutput{items, next}, err
}

type modifyRuleInput struct {
	Arn        string      `query:"RuleArn,required"`
	Conditions []condition `query:"Conditions"`
	Actions    []action    `query:"Actions"`
}

func modifyRule(tx *world.Tx, _ *wire.Call, in *modifyRuleInput) (*rulesOutput, error) {
	conditions, err := readConditions(in.Conditions)
	if err != nil {
		return nil, err
	}
	actions, err := readActions(in.Actions)
	if err != nil {
		return nil, err
	}
	r, err := model.ModifyRule(tx, in.Arn, conditions, actions)
	if err != nil {
		return nil, err
	}
	return renderRules(r), nil
}

type ruleArnInput struct {
	Arn string `query:"RuleArn,required"`
}

type setRulePrioritiesInput struct {
	Priorities []struct {
		Arn      string `query:"RuleArn,required"`
		Priority int    `query:"Priority,required" min:"1" max:"50000"`
	} `query:"RulePriorities,required"`
}

func setRulePriorities(tx *world.Tx, _ *wire.Call, in *setRulePrioritiesInput) (*rulesOutput, error) {
	var changes []model.RulePriority
	for _, p := range in.Priorities {
		changes = append(changes, model.RulePriority{ARN: p.Arn, Priority: p.Priority})
	}
	rules, err := model.SetRulePriorities(tx, changes)
	if err != nil {
		return nil, err
	}
	return renderRules(rules...), nil
}
