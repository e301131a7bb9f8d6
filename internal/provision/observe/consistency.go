package observe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// VisibleAfter is how long AWS may go on showing what was before a call: no object
// that was made, or one that was deleted. AWS gives no bound; it is seconds, seldom
// more.
// Source: EC2 API Reference, "Eventual consistency".
const VisibleAfter = 15 * time.Second

// Poll looks, with a second in between, until a look is the last one or fails, or
// the context ends.
func Poll(ctx context.Context, look func() (last bool, err error)) error {
	for {
		if last, err := look(); last || err != nil {
			return err
		}
		if err := Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// MayBeUnlisted says whether something was asked for so short a time ago that a list
// may not have it yet.
func MayBeUnlisted(doc state.Document) bool {
	return slices.ContainsFunc(doc.Records, func(r resource.Record) bool {
		return time.Since(r.Since) < VisibleAfter
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

// Consistent observes until every object that was asked for just now, by a run
// that then ended, can be seen, or until it is certain that it isn't there. It
// tells what it waits for.
func Consistent(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, kinds []resource.Handler, doc state.Document, purpose Purpose, tell func(string)) (*Observation, error) {
	tokenless := map[string]bool{}
	for _, kind := range kinds {
		tokenless[kind.Name] = kind.NotIdempotent
	}
	began := time.Now()
	var told resource.Key
	// Beside what the state tells of, there may be what it knew before it was
	// lost.
	if err := untilKnown(ctx, doc.UnknownUntil, tell); err != nil {
		return nil, err
	}
	var observed *Observation
	err := Poll(ctx, func() (consistent bool, err error) {
		if observed, err = All(ctx, c, owner, kinds); err != nil {
			return false, err
		}
		observed = observed.Identify(doc.Records)
		lost := slices.IndexFunc(doc.Records, func(r resource.Record) bool {
			// Of what an earlier run was about to delete, down can't know that it was asked to go.
			unknown := r.Intent() && (purpose == ForDown || tokenless[r.Key.Kind]) || !r.Intent() && (purpose == ForDown || !r.Deleting)
			return unknown && time.Since(r.Since) < VisibleAfter && time.Since(began) < VisibleAfter && !observed.Has(r)
		})
		if lost < 0 {
			return true, nil
		}
		if key := doc.Records[lost].Key; key != told {
			told = key
			tell(fmt.Sprintf("waiting up to %s for AWS to list %s, which was asked for a moment ago", VisibleAfter, key))
		}
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	if purpose == ForDown && doc.UnknownUntil.IsZero() && StateLost(doc, observed) {
		if err := untilKnown(ctx, began, tell); err != nil {
			return nil, err
		}
		return All(ctx, c, owner, kinds)
	}
	return observed, nil
}

// StateLost reports whether there is a platform of which the state knows
// nothing at all, as in another directory than the one where it was made.
func StateLost(doc state.Document, observed *Observation) bool {
	return len(doc.Records) == 0 && len(doc.Retired) == 0 && len(observed.Remaining()) > 0
}

// untilKnown waits until AWS lists all that was asked for until a moment.
func untilKnown(ctx context.Context, moment time.Time, tell func(string)) error {
	left := min(VisibleAfter-time.Since(moment), VisibleAfter)
	if left <= 0 {
		return nil
	}
	tell(fmt.Sprintf("the state here doesn't know all of the platform: waiting %s for AWS to list what was asked for a moment ago", left.Round(time.Second)))
	return Sleep(ctx, left)
}
