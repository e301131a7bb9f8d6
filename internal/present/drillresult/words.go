package drillresult

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/charmbracelet/lipgloss"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// The verdicts, scenarios and moments of a drill, as its document names them.
const (
	VerdictPass    = "pass"
	VerdictFail    = "fail"
	VerdictAborted = "aborted"

	scenarioInstance = "instance"
	scenarioProcess  = "process"
	scenarioZone     = "zone"
	scenarioDrain    = "drain"
	scopeAll         = "all"

	MarkFault     = "fault"
	MarkBroken    = "fault is in place"
	MarkRestore   = "restore"
	MarkRecovered = "all healthy"
)

// The states of a target, as AWS names them, and of one that is no target.
const (
	TargetHealthy  = string(elbtypes.TargetHealthStateEnumHealthy)
	TargetInitial  = string(elbtypes.TargetHealthStateEnumInitial)
	TargetDraining = string(elbtypes.TargetHealthStateEnumDraining)
	NotRegistered  = "not registered"
)

// ClassSucceeded are the answers that users wanted.
const ClassSucceeded = "2xx"

// Span is a window of time: 7–13s.
func Span(w [2]float64) string {
	if w[1] < 60 {
		return strings.TrimSuffix(terminal.Briefly(w[0]), "s") + "–" + terminal.Briefly(w[1])
	}
	return terminal.Briefly(w[0]) + "–" + terminal.Briefly(w[1])
}

// numbers is a window of whole numbers: 175–2,575.
func numbers(least, most int) string {
	if least == most {
		return terminal.Thousands(least)
	}
	return terminal.Thousands(least) + "–" + terminal.Thousands(most)
}

// Milliseconds is a latency for people.
func Milliseconds(ms float64) string {
	if ms >= 1000 {
		return terminal.Briefly(ms / 1000)
	}
	if ms >= 100 {
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fms", ms)
}

// Share is an availability. It is cut off, not rounded: what missed its
// objective never looks as if it had met it.
func Share(percent float64) string {
	if percent >= 100 {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", math.Floor(percent*100+1e-6)/100)
}

// Objective is an availability that is asked for, in percent.
func Objective(percent float64) string { return fmt.Sprintf("%g %%", percent) }

// ClassesOf are the classes in which there are requests: those that succeeded
// first, then the load balancer's answers, then what has none.
func ClassesOf(counts map[string]int) []string {
	rank := func(class string) int {
		return slices.Index([]string{ClassSucceeded, "502", "503", "504", "timeout", "reset", "refused", "tls", "unreachable", "unsent", "other"}, class)
	}
	classes := slices.DeleteFunc(slices.Collect(maps.Keys(counts)), func(class string) bool { return counts[class] == 0 })
	slices.SortFunc(classes, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return classes
}

// Failures names the failed requests by their classes: "3×504, 2×timeout".
func Failures(counts map[string]int) string {
	var parts []string
	for _, class := range ClassesOf(counts) {
		if class != ClassSucceeded {
			parts = append(parts, terminal.Thousands(counts[class])+"×"+terminal.OneLine(class))
		}
	}
	return strings.Join(parts, ", ")
}

// Tally adds up seconds of a timeline.
func Tally(timeline []Second) Requests {
	sum := Requests{ByClass: map[string]int{}}
	for _, second := range timeline {
		sum.Total += second.Requests
		sum.Failed += second.Failed
		for class, n := range second.ByClass {
			sum.ByClass[class] += n
		}
	}
	return sum
}

// Sentence makes one of a clause.
func Sentence(clause string) string {
	if clause == "" {
		return ""
	}
	return strings.ToUpper(clause[:1]) + clause[1:] + "."
}

// Users is what users saw.
func (r Requests) Users() string { return r.counted() + " (" + Share(r.available()) }

// counted is how many requests failed.
func (r Requests) counted() string {
	if r.Failed == 0 {
		return "none of " + CountRequests(r.Total) + " failed"
	}
	return fmt.Sprintf("%s of %s failed", terminal.Thousands(r.Failed), CountRequests(r.Total))
}

// CountRequests is "1 request", "1,475 requests".
func CountRequests(n int) string {
	if n == 1 {
		return "1 request"
	}
	return terminal.Thousands(n) + " requests"
}

// Seen is what users saw in the drill's window, as a sentence.
func (d Drill) Seen() string {
	if d.Requests.Total == 0 {
		return "No request fell into its window."
	}
	text := d.Requests.Users() + ", objective " + Objective(d.SLO.Availability) + ")"
	if d.Requests.Failed > 0 {
		text += ": " + Failures(d.Requests.ByClass)
	}
	return Sentence(text)
}

// available is the share of requests that succeeded, in percent.
func (r Requests) available() float64 {
	if r.Total == 0 {
		return 100
	}
	return 100 * float64(r.Total-r.Failed) / float64(r.Total)
}

// names are the victims: "i-0a1 in us-east-1a".
func (d Drill) names() string {
	var all []string
	for _, v := range d.Victims {
		all = append(all, terminal.OneLine(v.Instance)+" in "+terminal.OneLine(v.Zone))
	}
	return strings.Join(all, ", ")
}

// fault is what a drill does, as a clause.
func (d Drill) fault() string {
	switch d.Scenario {
	case scenarioInstance:
		return "instance " + d.names() + " was stopped"
	case scenarioProcess:
		return "Nginx on " + d.names() + " was ended"
	case scenarioDrain:
		return "instance " + d.names() + " was taken out of service: drained, then stopped"
	case scenarioZone:
		return d.zoneFault()
	}
	return terminal.OneLine(d.Scenario) + " of " + d.names()
}

// Plan is what a drill is about to do.
func (d Drill) Plan() string { return d.breaks() + d.groupsPart() }

func (d Drill) breaks() string {
	switch d.Scenario {
	case scenarioInstance:
		return "stops " + d.names()
	case scenarioProcess:
		return "ends Nginx on " + d.names()
	case scenarioDrain:
		return "drains, then stops " + d.names()
	case scenarioZone:
		if d.Scope == scopeAll {
			return "cuts off " + d.names() + " and the node there"
		}
		return "cuts off " + d.names()
	}
	return terminal.OneLine(d.Scenario) + " of " + d.names()
}

// zoneFault says how much of a zone was cut off: its scope.
func (d Drill) zoneFault() string {
	zone := ""
	instances := make([]string, 0, len(d.Victims))
	for _, v := range d.Victims {
		instances = append(instances, terminal.OneLine(v.Instance))
		zone = terminal.OneLine(v.Zone)
	}
	noun := "its instance "
	if len(instances) > 1 {
		noun = "its " + terminal.Plural(len(instances), "instance") + " "
	}
	text := "zone " + zone + " was cut off: " + noun + strings.Join(instances, ", ")
	if d.Scope == scopeAll {
		return text + " and the load balancer's node in it"
	}
	return text + "; the load balancer's node in it was not"
}

// Broken is what a drill broke, as a sentence.
func (d Drill) Broken() string {
	if !d.IsBroken() {
		return "The fault never came into place."
	}
	return Sentence(d.fault() + d.replaced())
}

// IsBroken says whether the fault was in place, so that something was measured.
func (d Drill) IsBroken() bool {
	_, ok := d.When(MarkBroken)
	return ok || d.Measured.InjectionSeconds != nil
}

// Title names a drill.
func (d Drill) Title() string {
	kind := terminal.OneLine(d.Scenario)
	if d.Scope != "" {
		kind += " (scope " + terminal.OneLine(d.Scope) + ")"
	}
	return kind + " drill of " + terminal.OneLine(d.Platform)
}

// Place is the target and the region.
func (d Drill) Place() string {
	return strings.Join(terminal.NotEmpty(terminal.OneLine(d.Target), terminal.OneLine(d.Region)), ", ")
}

// VerdictInCapitals is a drill's, as it is shown.
func (d Drill) VerdictInCapitals() string { return strings.ToUpper(terminal.OneLine(d.Verdict)) }

// Look is a verdict's sign and style.
func (d Drill) Look(st terminal.Styles) (string, lipgloss.Style) { return VerdictLook(st, d.Verdict) }

// VerdictLook is the sign and style of a verdict.
func VerdictLook(st terminal.Styles, verdict string) (string, lipgloss.Style) {
	switch verdict {
	case VerdictPass:
		return terminal.SymbolGood, st.Good
	case VerdictAborted:
		return terminal.SymbolPaused, st.Caution
	default:
		return terminal.SymbolBad, st.Bad
	}
}

// Next is what to do after a drill, a sentence each; none after a pass.
func (d Drill) Next() []string {
	var all []string
	switch {
	case !d.Restored:
		return []string{"platformctl failover-drill --restore restores the fault."}
	case d.Verdict == VerdictAborted && !d.IsBroken():
		all = append(all, "Nothing is left broken. Correct what is said above, then run the same command again.")
	case d.Verdict == VerdictFail && !d.SLO.Met:
		all = append(all, d.Meeting()...)
	}
	if d.IsBroken() && d.Measured.RecoverSeconds == nil {
		all = append(all, "platformctl status --watch shows whether all targets get healthy.")
	}
	return all
}

// RestoredInWords says whether the fault was restored.
func (d Drill) RestoredInWords() string {
	switch {
	case d.Restored && d.MustBeReplaced() && d.Measured.ReplacedSeconds == nil:
		return "left to the Auto Scaling group, which was not seen to replace it"
	case d.Restored && d.MustBeReplaced():
		return "yes, by the Auto Scaling group"
	case d.Restored:
		return "yes"
	}
	return "NO, the fault is still there"
}
