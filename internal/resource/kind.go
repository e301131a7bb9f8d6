package resource

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Phase is where an object stands in its life.
type Phase string

// The phases. Absent never comes from a kind; it is what the engine calls an
// object that no list call returned.
const (
	Pending  Phase = "pending"  // made, not ready for use
	Ready    Phase = "ready"    // ready for use
	Failed   Phase = "failed"   // will never be ready: to be replaced
	Deleting Phase = "deleting" // going away
	Gone     Phase = "gone"     // still listed, but no longer there
	Absent   Phase = "absent"
)

// Status is a phase, and why.
type Status struct {
	Phase Phase
	// Reason is what AWS says of a pending or failed object.
	Reason string
	// Passing says of a failed object that another one made now may do well,
	// because AWS had not yet heard of what this one stands on.
	Passing bool
}

// Change is one difference between what is desired and what is there.
type Change struct {
	Field string
	Want  string
	Have  string
	// Replace says that AWS can't change this in place.
	Replace bool
	// Upsets says that what stands on the object, and was made for it as it was,
	// doesn't do for it any more once this is changed.
	Upsets bool
}

// String is the change as a person reads it.
func (c Change) String() string {
	have := c.Have
	if have == "" {
		have = "none"
	}
	want := c.Want
	if want == "" {
		want = "none"
	}
	return fmt.Sprintf("%s: %s → %s", c.Field, have, want)
}

// NeedsReplacement reports whether any of the changes can't be made in place.
func NeedsReplacement(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Replace })
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

	unsure func()
}

// Unsure says that what the call did has to be looked at: Create calls it for an object
// that was there already, and Update for a change that takes its time once AWS has
// taken it. Else what a successful call asked for is believed of a new object.
func (c Call[S]) Unsure() {
	if c.unsure != nil {
		c.unsure()
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
	// Name is the first part of the keys, such as "subnet".
	Name string

	// List returns every live object of this kind that the owner has, by its
	// tags. All reading goes through it: planning, waiting, drift, status and
	// the proof that nothing is left.
	List func(context.Context, *awsapi.Clients, awsapi.Owner) ([]L, error)
	// Glance is List without what Diff alone reads, for who deletes everything. Nil where
	// that takes as many calls.
	Glance func(context.Context, *awsapi.Clients, awsapi.Owner) ([]L, error)
	// Tags are the object's tags. Its key and generation are read from them.
	Tags func(L) map[string]string
	// ID is what AWS calls the object.
	ID func(L) string
	// Status is pure.
	Status func(L) Status

	// Diff is pure: what of the spec the object does not (yet) have.
	Diff func(S, L, IDs) []Change
	// Create makes the object with a single API call that carries its tags and
	// token. What that call can't say is left to Diff and Update, so that a
	// creation cut short is finished by the same code as a changed spec.
	Create func(context.Context, Call[S]) (id string, err error)
	// Made is the object as a successful Create leaves it, for kinds of which
	// that is certain. It spares the look that comes after a creation, and the
	// time of its answer. Nil where AWS has to say.
	//
	// What Made lacks is asked for at once, and where AWS has taken that, and the kind
	// isn't Unsure, nothing but the status is waited for. But looked at is what the
	// state had a record of, since Create may find by its token what was there. A kind
	// whose ID is its name has a Made that lacks something: a look may show, late, what
	// had the name before.
	Made func(call Call[S], id string) L
	// Update makes the changes that Diff found. Nil where nothing can change.
	Update func(context.Context, Call[S], L, []Change) error
	// Retag sets tags. Nil where the object has none of its own.
	Retag func(ctx context.Context, c *awsapi.Clients, id string, tags map[string]string) error
	// Delete asks AWS to delete the object. Where AWS doesn't know it, its NotFound
	// is the error: the object may be gone, or so new that not all of AWS knows it.
	Delete func(context.Context, *awsapi.Clients, Record) error
	// DeleteSeen is Delete where the plan has seen the object, so that nothing has to be
	// asked about it: for kinds whose Delete asks. Delete follows where AWS refuses that,
	// or where the object is there still. What AWS does not refuse although the object has
	// changed since, and then refuses of another one, is a Blocker's Part.
	DeleteSeen func(context.Context, *awsapi.Clients, Record, L) error
	// Watch is a cheaper look than List at an object that is known, and at others
	// of its kind that the same call tells of: their statuses by ID. Waiting for a
	// change of status uses it, and then List. Nil where List is as cheap.
	Watch func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, id string) (map[string]Status, error)
	// Blockers names what may stand in the way of a deletion, for the sentence
	// that says what is waited for. Nil where nothing does.
	Blockers func(ctx context.Context, c *awsapi.Clients, id string) ([]Blocker, error)
	// Foreign names, before the first deletion, what of this kind may be in the
	// way of what is to be deleted, whoever made it: the caller drops what is to
	// be deleted itself. Nil where nothing of this kind can be.
	Foreign func(context.Context, *awsapi.Clients, Doomed) ([]Blocker, error)

	// Actions are the permissions that the functions above need.
	Actions Actions
	// Quota is what limits how many there can be. Zero: nothing that is worth
	// asking for beforehand.
	Quota Quota

	// Carries is the handle of the object that this one puts into service, by
	// its ID: as long as a registration is ready, its instance serves. What was
	// carried in vain is replaced by the next run. Nil where the object carries
	// none.
	Carries func(id string) string
	// Hopeless says why a pending object will not become ready by itself any
	// more, "" as long as it may. It may ask AWS, and is believed once it has
	// said so for as long as it takes AWS to notice that it was wrong. Nil: only
	// the timeout ends the wait.
	Hopeless func(context.Context, *awsapi.Clients, L) (reason string, notice time.Duration, err error)

	// Container is the handle of the object that this one ends with, by its
	// ID: deleting a target group ends the registrations in it. Nil where the
	// object lives by itself.
	Container func(id string) string
	// Exclusive kinds can't have two generations side by side: the old one is
	// deleted before the new one is made.
	Exclusive bool
	// Prompt kinds are gone when AWS has taken their deletion.
	Prompt bool
	// Soon says that an object may be ready within a moment of its creation.
	Soon bool
	// Slow says that AWS takes a good part of a minute, or minutes, to make or delete one.
	Slow bool
	// Tokenless kinds have neither a client token nor a name that must be
	// unique, so a repeated create call makes a second object. The engine
	// looks for a lost first one before it asks again.
	Tokenless bool
	// Timeout bounds each wait for an object of this kind. Zero: the default.
	Timeout time.Duration
	// DeleteTimeout bounds the wait for its deletion. Zero: as Timeout.
	DeleteTimeout time.Duration
}
