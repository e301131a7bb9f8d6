package plan

import (
	"slices"

	"github.com/platformctl/platformctl/internal/resource"
)

// Wave is what a plan makes of a kind before it deletes anything of it, and
// what it then deletes.
type Wave struct {
	Made []*resource.Node
	Ends []resource.Object
}

// Waves are what a plan makes of a kind beside what is there: first all that
// is in no batch, and then one batch after the other.
func (p *Plan) Waves(kind string) []Wave {
	var all []Wave
	place := map[string]int{}
	for _, step := range p.Steps {
		beside := step.Action == Create || step.Action == Replace && !step.Handler.DeleteBeforeCreate
		if step.Key.Kind != kind || !beside {
			continue
		}
		i, ok := place[step.Batch]
		if !ok {
			i = len(all)
			place[step.Batch], all = i, append(all, Wave{})
		}
		all[i].Made = append(all[i].Made, step.Node)
		if step.Batch != "" && step.Object != nil {
			all[i].Ends = append(all[i].Ends, *step.Object)
		}
	}
	if i, ok := place[""]; ok && i > 0 {
		first := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, first)
	}
	return all
}
