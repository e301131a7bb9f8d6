package plan

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// Replacing are the steps that a platform with `protect: true` doesn't take unasked: each replaces an object that is ready,
// which means that AWS deletes it and another takes its place. A roll, which replaces instances and their registrations one
// zone after another and costs no request, is none; where users would notice that, too, its steps are among them.
func (p *Plan) Replacing() []*Step {
	noticed := len(p.Impact()) > 0
	return slices.DeleteFunc(p.Listed(), func(s *Step) bool {
		return s.Action != Replace || s.Status().Phase != resource.Ready || s.Node.Batch != "" && !noticed
	})
}
