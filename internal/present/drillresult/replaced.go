package drillresult

import (
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// What is said of a drill whose victims are in an Auto Scaling group.

// MustBeReplaced says that the group replaces the victims whatever happens, and that nothing else restores them.
func (d Drill) MustBeReplaced() bool {
	return d.Predicted.ReplacedSeconds != nil && d.Scenario != scenarioZone
}

// groupsPart is what the group will do about a fault, as a clause that goes on.
func (d Drill) groupsPart() string {
	switch {
	case d.AutoScalingGroup == "":
		return ""
	case d.Scenario == scenarioDrain:
		return "; on standby in its Auto Scaling group"
	case d.Kept:
		return "; its Auto Scaling group is kept from replacing it"
	case d.MustBeReplaced():
		return "; its Auto Scaling group replaces it"
	case d.Predicted.ReplacedSeconds != nil:
		return "; the Auto Scaling group may replace what it finds there, by instances in the same zone"
	}
	return ""
}

// replaced is what the group did about a fault, as a clause that goes on.
func (d Drill) replaced() string {
	pairs := make([]string, 0, len(d.Replacements))
	for _, r := range d.Replacements {
		pairs = append(pairs, terminal.OneLine(r.Instance)+" by "+terminal.OneLine(r.By))
	}
	switch {
	case len(pairs) > 0:
		return "; the Auto Scaling group replaced " + strings.Join(pairs, ", ")
	case d.Kept:
		return "; its Auto Scaling group was kept from replacing it"
	case d.MustBeReplaced():
		return "; its Auto Scaling group did not replace it"
	}
	return ""
}
