package model

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Rule says which requests of a listener get which action.
type Rule struct {
	world.Object    // ID: the ARN
	ListenerARN     string
	LoadBalancerARN string
	Priority        int         // 1–50000, lowest first; 0: the default rule, which is last
	Conditions      []Condition `json:",omitempty"`
	Actions         []Action
}

// Default says whether the rule is its listener's default rule.
func (r *Rule) Default() bool { return r.Priority == 0 }

// RulesPerBalancer is how many rules a load balancer may have, without default rules.
func RulesPerBalancer() world.Quota {
	return quota("rules_per_load_balancer", "L-7EED9B64", "Rules per Application Load Balancer", 100)
}

// TargetGroupsPerBalancer is how many target groups the rules of a load balancer may name.
func TargetGroupsPerBalancer() world.Quota {
	q := quota("target_groups_per_load_balancer", "L-822D1B1B", "Target Groups per Application Load Balancer", 100)
	q.Fixed = true
	return q
}

func ruleKind() world.AnyKind {
	return world.Kind[Rule, *Rule]{
		Traits: world.Traits{Quotas: []world.Quota{RulesPerBalancer(), TargetGroupsPerBalancer()}},
		Name:   "listener-rule", Untaggable: true, KnownAtOnce: true, NotFound: func(...string) error {
			return refuse.New("RuleNotFound", "One or more rules not found")
		}, Parent: func(r *Rule) string { return r.ListenerARN }}
}

func addRule(tx *world.Tx, l *Listener, priority int, conditions []Condition, actions []Action, tags world.Tags) *Rule {
	r := &Rule{Object: tx.NamedObject(newARN(tx, "listener-rule/"+resourceOf(l.ID, "listener")), tags),
		ListenerARN: l.ID, LoadBalancerARN: l.LoadBalancerARN, Priority: priority, Conditions: conditions, Actions: actions}
	world.Add(tx, r)
	return r
}

// CreateRule adds a rule to a listener.
func CreateRule(tx *world.Tx, listenerARN string, priority int, conditions []Condition, actions []Action, newTags []Tag) (*Rule, error) {
	l, err := FindListener(tx, listenerARN)
	if err != nil {
		return nil, err
	}
	b, err := FindLoadBalancer(tx, l.LoadBalancerARN)
	if err != nil {
		return nil, err
	}
	if err := between(priority, "priority", 1, 50000); err != nil {
		return nil, err
	}
	if conditions, err = checkConditions(conditions); err != nil {
		return nil, err
	}
	if err := checkActions(tx, b, actions); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, newTags)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(RulesOf(tx, l.ID), func(r *Rule) bool { return r.Priority == priority }) {
		return nil, priorityInUse(priority)
	}
	// Default rules don't count: one for each listener.
	if len(rulesOfLoadBalancer(tx, b.ID))-len(ListenersOf(tx, b.ID)) >= tx.Limit(RulesPerBalancer()) {
		return nil, refuse.New("TooManyRules", "You've reached the limit on the number of rules per load balancer: %d", tx.Limit(RulesPerBalancer()))
	}
	return addRule(tx, l, priority, conditions, actions, tags), nil
}

func priorityInUse(priority int) error {
	return refuse.New("PriorityInUse", "Priority '%d' is currently in use", priority)
}

// FindRule returns the rule of that ARN.
func FindRule(tx *world.Tx, arn string) (*Rule, error) {
	if err := checkARN(arn, "listener-rule", "listener rule"); err != nil {
		return nil, err
	}
	return world.Find[Rule](tx, arn)
}

// RulesOf lists a listener's rules in the order in which they are tried.
func RulesOf(tx *world.Tx, listenerARN string) []*Rule {
	rules := world.Of[Rule](tx, listenerARN)
	SortRules(rules)
	return rules
}

// SortRules puts rules in the order of their priorities, default rules last.
func SortRules(rules []*Rule) {
	last := func(r *Rule) int {
		if r.Default() {
			return 1 << 20
		}
		return r.Priority
	}
	slices.SortStableFunc(rules, func(a, b *Rule) int { return last(a) - last(b) })
}

// DefaultRule is a listener's default rule.
func DefaultRule(tx *world.Tx, listenerARN string) *Rule {
	rules := RulesOf(tx, listenerARN)
	return rules[len(rules)-1] // each listener has one from its creation on
}

func rulesOfLoadBalancer(tx *world.Tx, arn string) []*Rule {
	return world.Where(tx, func(r *Rule) bool { return r.LoadBalancerARN == arn })
}

// ModifyRule changes a rule's conditions or actions; nil leaves them.
func ModifyRule(tx *world.Tx, arn string, conditions []Condition, actions []Action) (*Rule, error) {
	r, err := FindRule(tx, arn)
	if err != nil {
		return nil, err
	}
	if r.Default() {
		return nil, refuse.New("OperationNotPermitted", "Default rule '%s' cannot be modified", arn)
	}
	if conditions == nil && actions == nil {
		return nil, invalid("Either conditions or actions must be specified")
	}
	if conditions != nil {
		if conditions, err = checkConditions(conditions); err != nil {
			return nil, err
		}
	}
	if actions != nil {
		b, err := FindLoadBalancer(tx, r.LoadBalancerARN)
		if err != nil {
			return nil, err
		}
		if err := checkActions(tx, b, actions); err != nil {
			return nil, err
		}
	}
	world.Edit(tx, arn, func(r *Rule) {
		if conditions != nil {
			r.Conditions = conditions
		}
		if actions != nil {
			r.Actions = actions
		}
	})
	return FindRule(tx, arn)
}

// DeleteRule deletes a rule other than a default one.
func DeleteRule(tx *world.Tx, arn string) error {
	r, err := FindRule(tx, arn)
	if err != nil {
		return err
	}
	if r.Default() {
		return refuse.New("OperationNotPermitted", "Default rule '%s' cannot be deleted", arn)
	}
	world.Delete[Rule](tx, arn)
	return nil
}

// RulePriority is a new priority of a rule.
type RulePriority struct {
	ARN      string
	Priority int
}

// SetRulePriorities changes the priorities of rules of one listener, all at once.
func SetRulePriorities(tx *world.Tx, changes []RulePriority) ([]*Rule, error) {
	var rules []*Rule
	wanted := map[int]bool{}
	moved := map[string]bool{}
	for _, c := range changes {
		r, err := FindRule(tx, c.ARN)
		if err != nil {
			return nil, err
		}
		if err := between(c.Priority, "rulePriorities.1.member.priority", 1, 50000); err != nil {
			return nil, err
		}
		switch {
		case r.Default():
			return nil, refuse.New("OperationNotPermitted", "The priority of default rule '%s' cannot be modified", c.ARN)
		case wanted[c.Priority]:
			return nil, invalid("Priority '%d' was provided multiple times", c.Priority)
		case moved[c.ARN]:
			return nil, invalid("Rule '%s' was provided multiple times", c.ARN)
		case len(rules) > 0 && rules[0].ListenerARN != r.ListenerARN:
			return nil, invalid("Rules '%s' must belong to the same listener", strings.Join([]string{rules[0].ID, r.ID}, "', '"))
		}
		wanted[c.Priority], moved[c.ARN] = true, true
		rules = append(rules, r)
	}
	if len(rules) == 0 {
		return nil, invalid("At least one rule priority must be specified")
	}
	for _, r := range RulesOf(tx, rules[0].ListenerARN) {
		if !moved[r.ID] && wanted[r.Priority] {
			return nil, priorityInUse(r.Priority)
		}
	}
	for i, c := range changes {
		world.Edit(tx, c.ARN, func(r *Rule) { r.Priority = c.Priority })
		rules[i], _ = world.Get[Rule](tx, c.ARN)
	}
	return rules, nil
}
