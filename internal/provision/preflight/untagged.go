package preflight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Untagged finds which of the objects that the state has, and that no list returned, are there without the tag that says whose
// they are, by handle. It makes no call where a list has returned all that the state has. What the caller may not ask is among
// them, by the kind: nothing can begin before it is known. The error is that of a question that wasn't answered.
func Untagged(ctx context.Context, r Removal, teller Teller) (map[string]resource.Blocker, error) {
	missing := r.missing()
	if len(missing) == 0 {
		return nil, nil
	}
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
				i := slices.IndexFunc(found, func(b resource.Blocker) bool { return b.Handle() == record.Handle() })
				if i < 0 || found[i].Transient || found[i].Platform == r.Owner.Platform {
					continue
				}
				b := found[i]
				b.Notes = nil
				round.found(r.ownUntagged(record, b))
			}
			return err
		})
	}
	round.wait()
	if err := cmp.Or(ctx.Err(), round.failed); err != nil {
		return nil, err
	}
	untagged := map[string]resource.Blocker{}
	for _, b := range round.inOrder() {
		untagged[b.Handle()] = b
	}
	return untagged, nil
}

// ownUntagged says of what is in the way that it is a record's object, and how its tag is put back.
func (r Removal) ownUntagged(record resource.Record, b resource.Blocker) resource.Blocker {
	lost := "is gone"
	if b.Platform != "" {
		lost = "names " + b.Platform
	}
	b.Notes = append(b.Notes, fmt.Sprintf("made as %s of this platform, but its tag %s %s", record.Key, awsapi.TagPlatform, lost))
	if i := slices.IndexFunc(r.Kinds, func(k resource.Handler) bool { return k.Name == record.Key.Kind }); i >= 0 && r.Kinds[i].TagCommand != "" {
		b.Lift = r.Clients.Command(strings.NewReplacer("{id}", record.ID, "{tag}", awsapi.TagPlatform, "{value}", r.Owner.Platform).Replace(r.Kinds[i].TagCommand))
	}
	return b
}

// Unknowable is the error of a plan that can't begin before the tags of some objects are put back; nil where there are none.
func Unknowable(untagged map[string]resource.Blocker) error {
	if len(untagged) == 0 {
		return nil
	}
	round := &removal{blockers: slices.Collect(maps.Values(untagged))}
	return &Blocked{round.inOrder()}
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

// missing are the records, by kind, of objects that no list returned: the plan would make them once more, or forget them.
func (r Removal) missing() map[string][]resource.Record {
	tagged, listed := map[string]bool{}, map[string]bool{}
	for _, kind := range r.Kinds {
		tagged[kind.Name] = kind.TagCommand != ""
	}
	for _, object := range r.Observed {
		listed[object.Handle()] = true
	}
	missing := map[string][]resource.Record{}
	for _, record := range r.Plan.Forget {
		if tagged[record.Key.Kind] && !record.Intent() && !record.Deleting && !listed[record.Handle()] {
			missing[record.Key.Kind] = append(missing[record.Key.Kind], record)
		}
	}
	return missing
}
