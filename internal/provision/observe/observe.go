// Package observe lists what a platform has, and says when a list can be trusted:
// how long AWS may show what was before a call, and how often a wait polls. What is
// made of it is not decided here.
package observe

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Observation is all that a platform has, read at one moment.
type Observation struct {
	Objects []resource.Object
	// Untagged are, by handle, the objects of the state that no list returned, and that are there all the same
	// without the tag that says whose they are.
	Untagged map[string]resource.Blocker
	byKey    map[resource.Key][]resource.Object
	// snapshot has the reads that the lists shared.
	snapshot *awsapi.Clients
}

// New is an observation of certain objects.
func New(objects []resource.Object) *Observation {
	o := &Observation{Objects: objects, byKey: map[resource.Key][]resource.Object{}}
	for _, object := range objects {
		o.byKey[object.Key] = append(o.byKey[object.Key], object)
	}
	return o
}

// All lists every kind at once. It costs calls in the number of kinds, and
// the time of the deepest list.
func All(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler) (*Observation, error) {
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
	observation := New(slices.Concat(lists...))
	observation.snapshot = snapshot
	return observation, nil
}

// Identify is the observation with the records' keys and generations for the objects whose tags lack them: what the state
// has by its ID stays what it is, whatever somebody did to its tags.
func (o *Observation) Identify(records []resource.Record) *Observation {
	byHandle := map[string]resource.Record{}
	for _, record := range records {
		if !record.Intent() {
			byHandle[record.Handle()] = record
		}
	}
	objects := slices.Clone(o.Objects)
	for i, object := range objects {
		if record, ok := byHandle[object.Handle()]; ok {
			objects[i] = object.As(record)
		}
	}
	identified := New(objects)
	identified.snapshot, identified.Untagged = o.snapshot, o.Untagged
	return identified
}

// Clients make no read again that the observation's lists shared.
func (o *Observation) Clients() *awsapi.Clients { return o.snapshot }

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

// Copies are the objects of one key, whatever their phase.
func (o *Observation) Copies(key resource.Key) []resource.Object { return o.byKey[key] }

// Has reports whether a record's object was seen, whatever its phase.
func (o *Observation) Has(r resource.Record) bool {
	return slices.ContainsFunc(o.byKey[r.Key], func(object resource.Object) bool {
		return object.ID == r.ID || r.Intent() && object.Generation == r.Generation
	})
}
