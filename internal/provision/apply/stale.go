package apply

import (
	"slices"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// StalePlan is the error of a deletion that objects of the owner's own hold up
// which the plan doesn't delete, or a part of them which it has deleted as it was: AWS
// didn't list them so when it was made. Another plan does.
type StalePlan struct{ Blockers []resource.Blocker }

func (e *StalePlan) Error() string {
	return "waited for " + resource.Sentence(e.Blockers) + ", which AWS had not listed before"
}

// unplanned are those blockers that are the owner's and in no step of the plan, or
// parts whose step has ended while the whole is there.
func (x *execution) unplanned(blockers []resource.Blocker) []resource.Blocker {
	return slices.DeleteFunc(slices.Clone(blockers), func(b resource.Blocker) bool {
		if b.Platform != x.Owner.Platform {
			return true
		}
		for step, run := range x.runs {
			switch {
			case step.ID() != b.ID:
			case b.Component == "":
				return true // a late list shows it still
			case step.Action == plan.Delete && (step.Object.Handle() == b.Component) != run.ended():
				return true // the part is still to go, or the whole has gone and a late list shows it
			}
		}
		return false
	})
}
