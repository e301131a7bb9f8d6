package provision

import (
	"slices"
	"testing"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// What an interrupted replacement has left is told by the change that it was for.
func TestExplain_NamesTheChangeBehindALeftOver(t *testing.T) {
	key := resource.Key{Kind: "instance", Name: "web-a-1"}
	const change = "web.instance_type: t3.micro → t3.small"
	for name, test := range map[string]struct {
		step plan.Step
		want []string
	}{
		"the old one of a replacement that was cut short": {
			plan.Step{Action: plan.Delete, Supersedes: true, Reasons: []string{"another has taken its place"}}, []string{change, "another has taken its place"}},
		"the second half of one of this plan": {
			plan.Step{Action: plan.Delete, Supersedes: true, Completes: true, Reasons: []string{"another takes its place"}}, []string{"another takes its place"}},
		"what isn't wanted any more": {plan.Step{Action: plan.Delete, Reasons: []string{"not in the configuration"}}, []string{change}},
	} {
		step := test.step
		step.Key = key
		e := explaining{causes: map[resource.Key][]string{key: {change}}}
		e.explain(&step)
		if !slices.Equal(step.Reasons, test.want) {
			t.Errorf("%s: %q, want %q", name, step.Reasons, test.want)
		}
	}
}
