package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
)

// Phase is where an object stands in its life.
type Phase string

// The phases. Untagged and Absent never come from a kind: no list call returned
// such an object. Untagged is one that is there by its ID all the same, without the
// tag that says whose it is.
const (
	Pending  Phase = "pending"  // made, not ready for use
	Ready    Phase = "ready"    // ready for use
	Failed   Phase = "failed"   // will never be ready: to be replaced
	Deleting Phase = "deleting" // going away
	Gone     Phase = "gone"     // still listed, but no longer there
	Untagged Phase = "untagged"
	Absent   Phase = "absent"
)

// Status is a phase, and why.
type Status struct {
	Phase Phase
	// Reason is what AWS says of a pending or failed object.
	Reason string
	// Transient says of a failed object that another one made now may do well,
	// because AWS had not yet heard of what this one depends on.
	Transient bool
}

// Change is one difference between what is desired and what is there.
type Change struct {
	Field string
	Want  string
	Have  string
	// Replace says that AWS can't change this in place.
	Replace bool
	// InvalidatesDependents says that what depends on the object, and was made for it
	// as it was, no longer fits once this is changed.
	InvalidatesDependents bool
	// Foreign is the handle of an object without the owner's tags whose being there is the change; "" where it is none's.
	Foreign string
	// Protects says of what is kept that it keeps AWS from ending the object, so that Protected names it, too.
	Protects bool
	// Text is what a person reads where Want and Have say nothing to one; "" where they do.
	Text string
}

// String is the change as a person reads it.
func (c Change) String() string {
	if c.Text != "" {
		return onOneLine(c.Field + ": " + c.Text)
	}
	have := c.Have
	if have == "" {
		have = "none"
	}
	want := c.Want
	if want == "" {
		want = "none"
	}
	return onOneLine(fmt.Sprintf("%s: %s → %s", c.Field, have, want))
}

// onOneLine shows the line breaks in what goes into a sentence: those of a tag, say, must not begin a line of an error that has
// several. All else that a terminal would obey is shown where text is written.
func onOneLine(text string) string { return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(text) }

// NeedsReplacement reports whether any of the changes can't be made in place.
func NeedsReplacement(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Replace })
}

// Fixed is the change of a field that AWS can't change in place, none where it is as wanted.
func Fixed(field, want, have string) []Change {
	if want == have {
		return nil
	}
	return []Change{{Field: field, Want: want, Have: have, Replace: true}}
}

// CompareSets is the change between two sets, none where they are equal.
func CompareSets(field string, want, have []string) []Change {
	want, have = slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(have))
	if slices.Equal(want, have) {
		return nil
	}
	return []Change{{Field: field, Want: strings.Join(want, ", "), Have: strings.Join(have, ", ")}}
}

// Call is all that a create or update call may use.
type Call[S Spec] struct {
	Clients *awsapi.Clients
	Owner   awsapi.Owner
	Key     Key
	// Generation counts the replacements of this key, from 1.
	Generation int
	// Token is the client token of this generation: the same after a crash,
	// another one for the next generation.
	Token string
	// Tags are all tags of the object, to be set in the create call itself.
	Tags map[string]string
	Spec S
	IDs  IDs
	// ID is the object's own ID; empty in a create call.
	ID string

	unconfirmed func()
}

// Unconfirmed says that the object must be listed to know what the call did: Create calls
// it for an object that was there already, and Update for a change that takes its time
// once AWS has accepted it. Else a new object is taken to be what a successful call asked for.
func (c Call[S]) Unconfirmed() {
	if c.unconfirmed != nil {
		c.unconfirmed()
	}
}

// PhysicalName is the name for objects whose name must be unique, so that a
// replacement can stand beside what it replaces: "shop-alb", then "shop-alb-2".
func (c Call[S]) PhysicalName() string {
	return PhysicalName(c.Owner.Platform, c.Key.Name, c.Generation)
}

// PhysicalName joins a platform, a name and a generation.
func PhysicalName(platform, name string, generation int) string {
	if generation > 1 {
		return fmt.Sprintf("%s-%s-%d", platform, name, generation)
	}
	return platform + "-" + name
}

// Kind is all that is known of one type of AWS object: S is its desired spec,
// L the object as the API reports it. Its functions are data: the engine alone
// decides when they run.
type Kind[S Spec, L any] struct {
	Traits
	Reading[L]
	Writing[S, L]
	Costs[S, L]
	// Impact says what users of the platform notice of what becomes of an object. It is pure. Nil: nothing.
	Impact func(Transition[S, L]) []Impact
	// Stuck says why a pending object won't become ready by itself any more; the zero
	// Diagnosis as long as it may. It may ask AWS. Nil: only the timeout ends the wait.
	Stuck func(context.Context, *awsapi.Clients, L) (Diagnosis, error)
	// TakenBack says why AWS has undone the last change that it had accepted, so that the object is ready again as it was before; ""
	// where it hasn't. The changes are how the object differs from what is wanted. It is pure. Nil: AWS undoes nothing by itself.
	TakenBack func(L, []Change) string
}

// Costs are what AWS charges for an object by the time that it is there, without traffic. Both functions are pure; they
// are nil where AWS charges nothing.
type Costs[S Spec, L any] struct {
	// Wanted is what an object of a spec will cost.
	Wanted func(S) []prices.Item
	// Live is what an object costs, ready or about to be.
	Live func(L) []prices.Item
}

// Diagnosis is why an object is stuck.
type Diagnosis struct {
	// Reason is "" where the object isn't stuck.
	Reason string
	// Own says that the cause is known to lie in the object, or in the one that it puts into
	// service: then the next plan replaces that one. Else it waits again, since a new one
	// would fare no better.
	Own bool
	// Confirm is for how long the reason must hold until it is believed: the time that
	// AWS takes to notice that it no longer does.
	Confirm time.Duration
	// Suspect is the ID of the instance that shows the reason; "" where none does.
	Suspect string
	// TakeBack asks AWS to undo the change under way, in which the object is stuck; the wait then goes on until that is done. Nil
	// where there is none.
	TakeBack func(context.Context) error
}

// Reading is how a kind's objects are found and identified.
type Reading[L any] struct {
	// List returns every live object of this kind that the owner has, by its
	// tags. All reading goes through it: planning, waiting, drift, status and
	// the proof that nothing is left.
	List func(context.Context, *awsapi.Clients, awsapi.Owner) ([]L, error)
	// ListBasic is List without what Diff alone reads, for teardown. Nil where that takes
	// as many calls.
	ListBasic func(context.Context, *awsapi.Clients, awsapi.Owner) ([]L, error)
	// ID is what AWS calls the object.
	ID func(L) string
	// Tags are the object's tags. Its key and generation are read from them.
	Tags func(L) map[string]string
	// Status is pure.
	Status func(L) Status
	// Since is when AWS says that it made the object. Nil where AWS doesn't say. It is pure.
	Since func(L) time.Time
}

// Writing is how a kind's objects are made and changed.
type Writing[S Spec, L any] struct {
	// Diff is pure: what of the spec the object does not (yet) have.
	Diff func(S, L, IDs) []Change
	// Kept is pure: what the object has otherwise than it was made, and keeps. Nil where
	// no field is treated so.
	Kept func(S, L) []Change
	// Create makes the object with a single API call that carries its tags and
	// token. What that call can't say is left to Diff and Update, so that a
	// creation cut short is finished by the same code as a changed spec.
	Create func(context.Context, Call[S]) (id string, err error)
	// AsCreated is the object as a successful Create leaves it, for kinds of which
	// that is certain. It saves the list call after a creation, and its time. Nil where
	// AWS has to say.
	//
	// What AsCreated lacks is asked for at once; where AWS accepts that, and no call is
	// Unconfirmed, only the status is waited for. Objects that the state has a record of
	// are listed all the same, since Create may find by its token what was there. A kind
	// whose ID is its name has an AsCreated that lacks something: a list may still show
	// what had the name before.
	AsCreated func(call Call[S], id string) L
	// Update makes the changes that Diff found. Nil where nothing can change.
	Update func(context.Context, Call[S], L, []Change) error
	// Retag sets tags. Nil where the object has none of its own.
	Retag func(ctx context.Context, c *awsapi.Clients, id string, tags map[string]string) error
	// DeleteObserved is Delete of an object that the plan has observed, so that nothing has
	// to be asked about it: for kinds whose Delete asks. Delete follows where AWS refuses that,
	// or where the object is there still. What AWS does not refuse although the object has
	// changed since, and then refuses of another one, is a Blocker's Component.
	DeleteObserved func(context.Context, *awsapi.Clients, Record, L) error
}
