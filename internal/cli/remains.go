package cli

import (
	"slices"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// remains says what AWS keeps of what a plan deletes.
func remains(p *plan.Plan, kinds []resource.Handler) (notes []string) {
	for _, kind := range kinds {
		if kind.Remains != "" && slices.ContainsFunc(p.Listed(), func(s *plan.Step) bool { return s.Key.Kind == kind.Name && s.Action == plan.Delete }) {
			notes = append(notes, kind.Remains)
		}
	}
	return notes
}
