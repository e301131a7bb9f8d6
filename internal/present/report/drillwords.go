package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/charmbracelet/lipgloss"
)

// The verdicts, scenarios and moments of a drill, as its document names them.
const (
	verdictPass    = "pass"
	verdictFail    = "fail"
	verdictAborted = "aborted"

	scenarioInstance = "instance"
	scenarioProcess  = "process"
	scenarioZone     = "zone"
	scenarioDrain    = "drain"
	scopeAll         = "all"

	markFault     = "fault"
	markBroken    = "fault is in place"
	markRestore   = "restore"
	markRecovered = "all healthy"
)

// The states of a target, as AWS names them, and of one that is no target.
const (
	targetHealthy  = string(elbtypes.TargetHealthStateEnumHealthy)
	targetInitial  = string(elbtypes.TargetHealthStateEnumInitial)
	targetDraining = string(elbtypes.TargetHealthStateEnumDraining)
	notRegistered  = "not registered"
)

// classSucceeded are the answers that users wanted.
const classSucceeded = "2xx"

// span is a window of time: 7–13s.
func span(w [2]float64) string {
	if w[1] < 60 {
		return strings.TrimSuffix(briefly(w[0]), "s") + "–" + briefly(w[1])
	}
	return briefly(w[0]) + "–" + briefly(w[1])
}

// numbers is a window of whole numbers: 175–2,575.
func numbers(least, most int) string {
	if least == most {
		return thousands(least)
	}
	return thousands(least) + "–" + thousands(most)
}

// latency is a latency for people.
func latency(ms float64) string {
	if ms >= 1000 {
		return briefly(ms / 1000)
	}
	if ms >= 100 {
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fms", ms)
}

// share is an availability. It is cut off, not rounded: what missed its
// objective never looks as if it had met it.
func share(percent float64) string {
	if percent >= 100 {
		return "100 %"
	}
	return fmt.Sprintf("%.2f %%", math.Floor(percent*100+1e-6)/100)
}

func objective(percent float64) string { return fmt.Sprintf("%g %%", percent) }

// classesOf are the classes in which there are requests: those that succeeded
// first, then the load balancer's answers, then what has none.
func classesOf(counts map[string]int) []string {
	rank := func(class string) int {
		return slices.Index([]string{classSucceeded, "502", "503", "504", "timeout", "reset", "refused", "unreachable", "unsent", "other"}, class)
	}
	classes := slices.DeleteFunc(slices.Collect(maps.Keys(counts)), func(class string) bool { return counts[class] == 0 })
	slices.SortFunc(classes, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return classes
}

// failures names the failed requests by their classes: "3×504, 2×timeout".
func failures(counts map[string]int) string {
	var parts []string
	for _, class := range classesOf(counts) {
		if class != classSucceeded {
			parts = append(parts, thousands(counts[class])+"×"+oneLine(class))
		}
	}
	return strings.Join(parts, ", ")
}

// tally adds up seconds of a timeline.
func tally(timeline []DrillSecond) DrillRequests {
	sum := DrillRequests{ByClass: map[string]int{}}
	for _, second := range timeline {
		sum.Total += second.Requests
		sum.Failed += second.Failed
		for class, n := range second.ByClass {
			sum.ByClass[class] += n
		}
	}
	return sum
}

// sentence makes one of a clause.
func sentence(clause string) string {
	if clause == "" {
		return ""
	}
	return strings.ToUpper(clause[:1]) + clause[1:] + "."
}

// users is what users saw.
func (r DrillRequests) users() string {
	available := 100.0
	if r.Total > 0 {
		available = 100 * float64(r.Total-r.Failed) / float64(r.Total)
	}
	if r.Failed == 0 {
		return fmt.Sprintf("none of %s failed (%s", requests(r.Total), share(available))
	}
	return fmt.Sprintf("%s of %s failed (%s", thousands(r.Failed), requests(r.Total), share(available))
}

func requests(n int) string {
	if n == 1 {
		return "1 request"
	}
	return thousands(n) + " requests"
}

// seen is what users saw in the drill's window, as a sentence.
func (d Drill) seen() string {
	if d.Requests.Total == 0 {
		return "No request fell into its window."
	}
	text := d.Requests.users() + ", objective " + objective(d.SLO.Availability) + ")"
	if d.Requests.Failed > 0 {
		text += ": " + failures(d.Requests.ByClass)
	}
	return sentence(text)
}

// names are the victims: "i-0a1 in us-east-1a".
func (d Drill) names() string {
	var all []string
	for _, v := range d.Victims {
		all = append(all, oneLine(v.Instance)+" in "+oneLine(v.Zone))
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
	return oneLine(d.Scenario) + " of " + d.names()
}

// plan is what a drill is about to do.
func (d Drill) plan() string {
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
	return oneLine(d.Scenario) + " of " + d.names()
}

// zoneFault says how much of a zone was cut off: its scope.
func (d Drill) zoneFault() string {
	zone := ""
	instances := make([]string, 0, len(d.Victims))
	for _, v := range d.Victims {
		instances = append(instances, oneLine(v.Instance))
		zone = oneLine(v.Zone)
	}
	noun := "its instance "
	if len(instances) > 1 {
		noun = "its " + plural(len(instances), "instance") + " "
	}
	text := "zone " + zone + " was cut off: " + noun + strings.Join(instances, ", ")
	if d.Scope == scopeAll {
		return text + " and the load balancer's node in it"
	}
	return text + "; the load balancer's node in it was not"
}

// broken is what a drill broke, as a sentence.
func (d Drill) broken() string {
	if !d.isBroken() {
		return "The fault never came into place."
	}
	return sentence(d.fault())
}

// isBroken says whether the fault was in place, so that something was measured.
func (d Drill) isBroken() bool {
	_, ok := d.when(markBroken)
	return ok || d.Measured.InjectionSeconds != nil
}

// title names a drill.
func (d Drill) title() string {
	kind := oneLine(d.Scenario)
	if d.Scope != "" {
		kind += " (scope " + oneLine(d.Scope) + ")"
	}
	return kind + " drill of " + oneLine(d.Platform)
}

func (d Drill) place() string {
	return strings.Join(present(oneLine(d.Target), oneLine(d.Region)), ", ")
}

// verdict is a drill's, as it is shown.
func (d Drill) verdict() string { return strings.ToUpper(oneLine(d.Verdict)) }

// look is a verdict's sign and style.
func (d Drill) look(st styles) (string, lipgloss.Style) { return verdictLook(st, d.Verdict) }

func verdictLook(st styles, verdict string) (string, lipgloss.Style) {
	switch verdict {
	case verdictPass:
		return symbolGood, st.good
	case verdictAborted:
		return symbolPaused, st.caution
	default:
		return symbolBad, st.bad
	}
}

// next is what to do after a drill, a sentence each; none after a pass.
func (d Drill) next() []string {
	var all []string
	switch {
	case !d.Restored:
		return []string{"platformctl failover-drill --restore undoes the fault; docs/failover-drill.md says how to do it by hand."}
	case d.Verdict == verdictAborted && !d.isBroken():
		all = append(all, "Nothing is left broken. Mend what is said above, then the same command begins anew.")
	case d.Verdict != verdictPass:
		all = append(all, "docs/failover-drill.md says how to make the numbers better: health check interval, thresholds, draining.")
	}
	if d.isBroken() && d.Measured.RecoverSeconds == nil {
		all = append(all, "platformctl status --watch shows whether all targets get healthy.")
	}
	return all
}

// undone says whether things were put back.
func (d Drill) undone() string {
	if d.Restored {
		return "yes, the fault was undone"
	}
	return "NO, the fault is still there"
}
