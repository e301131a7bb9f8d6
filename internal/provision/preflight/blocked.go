package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/resource"
)

// Blocked is the error of a plan that didn't begin, because AWS would refuse one of its
// deletions: something that isn't the platform's stands in the way, or an object of its
// own is protected; or because it would make once more what has only lost its tag. Nothing was changed.
type Blocked struct{ Blockers []resource.Blocker }

// Foreign says whether something is in the way that isn't the platform's by its tags.
func (e *Blocked) Foreign() bool {
	return slices.ContainsFunc(e.Blockers, func(b resource.Blocker) bool { return b.Protection == "" })
}

// Error names what blocks, one a line: first what isn't the platform's.
func (e *Blocked) Error() string {
	var foreign, own, configured, untagged []string
	lift := ""
	for _, b := range e.Blockers {
		switch {
		case b.Untagged():
			untagged = append(untagged, line(b, b.Name, b.Note()), "  "+b.Lift)
		case b.Protection == "":
			foreign = append(foreign, line(b, b.Name, b.Owner(), b.Note()))
		case b.Protection == Protect:
			configured, lift = append(configured, line(b, b.Name, b.Note())), b.Lift
		default:
			own = append(own, line(b, b.Name, b.Protection, b.Note()), "  "+b.Lift)
		}
	}
	if len(configured) > 0 {
		configured = append([]string{"the configuration protects this platform (" + Protect + "), and this would end or replace it; nothing was changed"}, append(configured, "  "+lift)...)
	}
	var lines []string
	switch n := len(foreign); {
	case n > 1:
		lines = append(lines, fmt.Sprintf("%d things that are not the platform's stand in the way; nothing was deleted", n))
	case n == 1:
		lines = append(lines, "something that is not the platform's stands in the way; nothing was deleted")
	}
	lines = append(lines, foreign...)
	switch n := len(own) / 2; {
	case n > 1:
		lines = append(lines, fmt.Sprintf("AWS would refuse to end %d objects; nothing was changed", n))
	case n == 1:
		lines = append(lines, "AWS would refuse to end an object; nothing was changed")
	}
	switch n := len(untagged) / 2; {
	case n > 1:
		untagged = slices.Insert(untagged, 0, fmt.Sprintf("%d objects of this platform have lost the tag that says so; nothing was changed", n))
	case n == 1:
		untagged = slices.Insert(untagged, 0, "an object of this platform has lost the tag that says so; nothing was changed")
	}
	return strings.Join(slices.Concat(untagged, configured, lines, own), "\n")
}

// line is a blocker in one line.
func line(b resource.Blocker, details ...string) string {
	text := strings.TrimSpace(b.Type + " " + b.ID)
	for _, detail := range details {
		if detail != "" {
			text += ", " + detail
		}
	}
	return text
}
