package fault

import (
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/drill/scaling"
)

// What the mark on an Auto Scaling group says beside scenario and drill, a word each.
const (
	markReplace = "replace"
	markMin     = "min="
	markVictim  = "i-"
)

// groupMark is the tag's value on the entry's group. A zone's victims aren't in it: there may be more than a tag has room for.
func (e Entry) groupMark() string {
	words := []string{e.mark("")}
	if e.Scenario != Zone {
		words = append(words, e.Instances()...)
	}
	if e.Replace {
		words = append(words, markReplace)
	}
	if e.MinSize != nil {
		words = append(words, markMin+strconv.Itoa(*e.MinSize))
	}
	return strings.Join(append(words, e.Suspended...), " ")
}

// takeGroupMark adds what the mark of a group says, which are the words after scenario and drill.
func (e *Entry) takeGroupMark(words []string) {
	for _, word := range words {
		switch {
		case word == markReplace:
			e.Replace = true
		case strings.HasPrefix(word, markMin):
			if n, err := strconv.Atoi(strings.TrimPrefix(word, markMin)); err == nil {
				e.MinSize = &n
			}
		case strings.HasPrefix(word, markVictim):
			e.Victims = append(e.Victims, Victim{Instance: word})
		case slices.Contains([]string{scaling.HealthCheck, scaling.ReplaceUnhealthy, scaling.AZRebalance}, word):
			e.Suspended = append(e.Suspended, word)
		}
	}
}
