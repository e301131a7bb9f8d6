package preflight

import (
	"context"
	"fmt"
	"slices"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Untagged asks whether an object that a plan would make, or replace, although the state has it, is still there without the tag
// that says whose it is. It makes no call where a list has returned all that the state has. The error is a *Blocked.
func Untagged(ctx context.Context, r Removal, teller Teller) error {
	missing := r.missing()
	set := r.without(missing)
	round := &removal{Removal: r, advice: newAdvice(ctx, r.Budget, teller)}
	for _, kind := range r.Kinds {
		records := missing[kind.Name]
		if len(records) == 0 || kind.Foreign == nil {
			continue
		}
		round.must(kind.Name, "whether one has only lost its tags", func() error {
			found, err := kind.Foreign(ctx, r.Clients, set)
			for _, record := range records {
				i := slices.IndexFunc(found, func(b resource.Blocker) bool { return b.ID == record.ID })
				if i < 0 || found[i].Transient || found[i].Platform == r.Owner.Platform {
					continue
				}
				b := found[i]
				b.Notes = []string{fmt.Sprintf("made as %s of this platform, but its tag %s is gone", record.Key, awsapi.TagPlatform)}
				b.Lift = r.Clients.Command(fmt.Sprintf("%s %s --tags Key=%s,Value=%s", kind.TagCommand, record.ID, awsapi.TagPlatform, r.Owner.Platform))
				round.found(b)
			}
			return err
		})
	}
	round.wait()
	if round.failed != nil {
		return round.failed
	}
	if blockers := round.inOrder(); len(blockers) > 0 {
		return &Blocked{blockers}
	}
	return ctx.Err()
}

// without is a deletion set in which the missing objects don't go with others.
func (r Removal) without(missing map[string][]resource.Record) resource.DeletionSet {
	var set resource.DeletionSet
	around := map[string]bool{}
	for _, kind := range r.Kinds {
		for _, record := range missing[kind.Name] {
			set.Missing = append(set.Missing, record)
			if kind.DeletedWith != nil {
				around[kind.DeletedWith(record.ID)] = true
			}
		}
	}
	set.Objects = slices.DeleteFunc(slices.Clone(r.Observed), func(o resource.Object) bool { return around[o.Handle()] })
	return set
}

// missing are the records, by kind, of objects that no list returned and that the plan would make once more.
func (r Removal) missing() map[string][]resource.Record {
	tagged, listed, made := map[string]bool{}, map[string]bool{}, map[resource.Key]bool{}
	for _, kind := range r.Kinds {
		tagged[kind.Name] = kind.TagCommand != ""
	}
	for _, object := range r.Observed {
		listed[object.Handle()] = true
	}
	for _, step := range r.Plan.Steps {
		made[step.Key] = made[step.Key] || step.Action == plan.Create || step.Action == plan.Replace
	}
	missing := map[string][]resource.Record{}
	for _, record := range r.Plan.Forget {
		if tagged[record.Key.Kind] && made[record.Key] && !record.Intent() && !record.Deleting && !listed[record.Handle()] {
			missing[record.Key.Kind] = append(missing[record.Key.Kind], record)
		}
	}
	return missing
}
