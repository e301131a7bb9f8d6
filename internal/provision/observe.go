// Package provision makes a platform what its graph says: it observes what is
// there, plans the difference without touching anything, applies the plan in
// parallel by needs, and verifies the result as a user would see it. It knows
// no kind of AWS object by name.
package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// Observation is all that a platform has, read at one moment.
type Observation struct {
	Objects []resource.Object
	byKey   map[resource.Key][]resource.Object
}

func newObservation(objects []resource.Object) *Observation {
	o := &Observation{Objects: objects, byKey: map[resource.Key][]resource.Object{}}
	for _, object := range objects {
		o.byKey[object.Key] = append(o.byKey[object.Key], object)
	}
	return o
}

// Observe lists every kind at once. It costs calls in the number of kinds, and
// the time of the deepest list.
func Observe(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler) (*Observation, error) {
	snapshot := c.Snapshot()
	lists := make([][]resource.Object, len(kinds))
	group, ctx := errgroup.WithContext(ctx)
	for i, kind := range kinds {
		group.Go(func() (err error) {
			lists[i], err = kind.Observe(ctx, snapshot, owner)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return newObservation(slices.Concat(lists...)), nil
}

// Remaining are the objects that are there still, or going.
func (o *Observation) Remaining() []resource.Object {
	return slices.DeleteFunc(slices.Clone(o.Objects), func(object resource.Object) bool {
		return object.Status.Phase == resource.Gone
	})
}

// Of are the live objects of one kind.
func (o *Observation) Of(kind string) []resource.Object {
	return slices.DeleteFunc(o.Remaining(), func(object resource.Object) bool { return object.Key.Kind != kind })
}

// lookAgain is how long after its intent an object may still be invisible to a
// list call, by AWS's eventual consistency.
const lookAgain = 15 * time.Second

// MayBeUnlisted says whether something was asked for so short a time ago that a list
// may not have it yet.
func MayBeUnlisted(doc state.Document) bool {
	return slices.ContainsFunc(doc.Records, func(r resource.Record) bool {
		return !r.Deleting && time.Since(r.Since) < lookAgain
	})
}

// Purpose is what an observation is for.
type Purpose int

// The purposes differ in what becomes of an intent whose outcome is not known:
// up repeats a creation that has a token or a natural name, and so finds the
// object, while down has to see it.
const (
	ForUp Purpose = iota
	ForDown
)

// Settled observes until every object that was asked for just now, by a run
// that then ended, can be seen, or until it is certain that it isn't there. It
// tells what it waits for.
func Settled(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler, doc state.Document, purpose Purpose, tell func(string)) (*Observation, error) {
	tokenless := map[string]bool{}
	for _, kind := range kinds {
		tokenless[kind.Name] = kind.Tokenless
	}
	began := time.Now()
	var told resource.Key
	// Beside what the state tells of, there may be what it knew before it was
	// lost.
	if err := untilKnown(ctx, doc.UnknownUntil, tell); err != nil {
		return nil, err
	}
	for {
		observed, err := Observe(ctx, c, owner, kinds)
		if err != nil {
			return nil, err
		}
		lost := slices.IndexFunc(doc.Records, func(r resource.Record) bool {
			unknown := r.Intent() && (purpose == ForDown || tokenless[r.Key.Kind]) || !r.Intent() && !r.Deleting
			return unknown && time.Since(r.Since) < lookAgain && time.Since(began) < lookAgain && !observed.has(r)
		})
		if lost < 0 {
			if purpose == ForDown && doc.UnknownUntil.IsZero() && withoutState(doc, observed) {
				doc.UnknownUntil = began
				if err := untilKnown(ctx, doc.UnknownUntil, tell); err != nil {
					return nil, err
				}
				continue
			}
			return observed, nil
		}
		if key := doc.Records[lost].Key; key != told {
			told = key
			tell(fmt.Sprintf("waiting up to %s for AWS to list %s, which was asked for a moment ago", lookAgain, key))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// withoutState reports whether there is a platform of which the state knows
// nothing at all, as in another directory than the one where it was made.
func withoutState(doc state.Document, observed *Observation) bool {
	return len(doc.Records) == 0 && len(doc.Retired) == 0 && len(observed.Remaining()) > 0
}

// untilKnown waits until AWS lists all that was asked for until a moment.
func untilKnown(ctx context.Context, moment time.Time, tell func(string)) error {
	left := min(lookAgain-time.Since(moment), lookAgain)
	if left <= 0 {
		return nil
	}
	tell(fmt.Sprintf("the state was lost: waiting %s for AWS to list what was asked for a moment ago", left.Round(time.Second)))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(left):
		return nil
	}
}

// has reports whether a record's object was seen, whatever its phase.
func (o *Observation) has(r resource.Record) bool {
	return slices.ContainsFunc(o.byKey[r.Key], func(object resource.Object) bool {
		return object.ID == r.ID || r.Intent() && object.Generation == r.Generation
	})
}
