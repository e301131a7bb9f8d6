package provision

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// Overlooked is the error of a deletion that objects of the owner's own hold up
// which the plan doesn't delete: AWS didn't list them when it was made. Another
// plan does.
type Overlooked struct{ Blockers []resource.Blocker }

func (e *Overlooked) Error() string {
	return "waited for " + resource.Sentence(e.Blockers) + ", which AWS had not listed before"
}

// overlooked are those blockers that are the owner's and in no step of the plan.
func (x *execution) overlooked(blockers []resource.Blocker) []resource.Blocker {
	return slices.DeleteFunc(slices.Clone(blockers), func(b resource.Blocker) bool {
		if b.Platform != x.Owner.Platform {
			return true
		}
		for step := range x.runs {
			if step.ID() == b.ID {
				return true // a late list shows it still
			}
		}
		return false
	})
}
