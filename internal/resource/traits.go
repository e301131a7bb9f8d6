package resource

import (
	"context"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Traits are what is known of a kind apart from the types of its objects. Kind and
// Handler both embed them, so that a new trait is written here alone.
type Traits struct {
	// Name is the first part of the keys, such as "subnet".
	Name string
	// AskedBy is the section of the configuration that asks for objects of the kind; "": every platform has some. What keeps AWS
	// from making one is a matter of that section.
	AskedBy string
	// TagCommand is the AWS CLI's command that sets a tag of an object: {id}, {tag} and {value} stand for these. "": the kind's
	// objects are told by something else than tags of their own. Foreign names those whose tag is gone.
	TagCommand string
	// Console are the kind's pages of the AWS console.
	Console Console
	// Actions are the permissions that the kind's functions need.
	Actions Actions
	// Compared is every field of the live object, and how a difference in it is treated:
	// what Diff returns is declared here, and so is what it passes over.
	Compared []Field
	// Quotas are what limits how many there can be, and how large they can be.
	Quotas []Quota
	// Propagating are the refusals of Create and Update that mean that a part of AWS
	// hasn't heard yet of an object that exists, or that the object is on its way to where the
	// call is possible. The calls are repeated for a while.
	Propagating []awsapi.Refusal
	// Unmakeable names, before the first change, which of some new nodes AWS can't make as they
	// are, whatever the account's quotas and the caller's permissions. Nil where nothing of
	// the kind's is worth asking.
	Unmakeable func(context.Context, *awsapi.Clients, []*Node) ([]Problem, error)
	// Unplaceable names for which of some creations there is no place, since somebody's object has it, or since there is nothing
	// to put them into. Unlike Unmakeable it is asked whenever a plan is made that has any, so that it may cost a call or two: what
	// the kind's list has read is shared. Nil where AWS lets objects of the kind stand side by side.
	Unplaceable func(context.Context, *awsapi.Clients, awsapi.Owner, []Creation) ([]Problem, error)
	// Unchangeable are the fields whose change Unmakeable is asked about, too.
	Unchangeable []string
	// MakesNothing kinds are conditions of another kind's objects, whose ID they share: Create names the object, and there is
	// nothing to delete.
	MakesNothing bool
	// NotIdempotent kinds have neither a client token nor a name that must be
	// unique, so a repeated create call makes a second object. The engine
	// looks for a lost first one before it asks again.
	NotIdempotent bool
	// Serves is the handle of the object that this one puts into service, by its ID:
	// as long as a registration is ready, its instance serves. The next run replaces
	// an instance whose registration didn't become ready. Nil where the object puts
	// none into service.
	Serves func(id string) string
	// Capacity kinds are what requests are spread over. No object of one is deleted before those of all of them that are to be
	// there serve, so that one kind can take over from another.
	Capacity bool
	Waiting
	Removal
}

// Creation is a node of which a plan makes an object.
type Creation struct {
	*Node
	// Generation counts the key's replacements, from 1: see Call.
	Generation int
}

// Problem is why AWS can't make a node, and what to do about it.
type Problem struct {
	Key        Key
	Text, Hint string
	// Configuration says that the configuration names what isn't there, or isn't fit.
	Configuration bool
}

// Console are pages of the AWS console, each as "service#page". The zero value: no page.
type Console struct {
	// Object is the page of one object, whose ID follows.
	Object string
	// List is the page of all objects. "{platform}" in it stands for the platform's name.
	List string
}

// Waiting says how to wait for an object.
type Waiting struct {
	// Ready is how long AWS takes from the create call until the object is ready. Zero:
	// it is ready at once.
	Ready Expectation
	// Timeout bounds each wait for an object of this kind. Zero: the default.
	Timeout time.Duration
	// PollStatus returns the statuses, by ID, of one object and of those that the same
	// call tells of: it is cheaper than List. Waits poll it until the status changes,
	// and then list. Nil where List is as cheap.
	PollStatus func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, id string) (map[string]Status, error)
}

// Removal says how an object is deleted, and what can prevent it.
type Removal struct {
	// Delete asks AWS to delete the object. Where AWS doesn't know it, its NotFound
	// is the error: the object may be gone, or so new that not all of AWS knows it.
	Delete func(context.Context, *awsapi.Clients, Record) error
	// AsynchronousDelete kinds are still there for a while after AWS has accepted the
	// deletion.
	AsynchronousDelete bool
	// Gone is how long that takes. Zero: not known.
	Gone Expectation
	// Holds is what of the object outlives it. Zero: nothing.
	Holds Hold
	// Remains says in a sentence what AWS keeps of an object that is deleted, for how long and at what cost: nobody needs to do
	// anything about it. "": nothing.
	Remains string
	// DeleteTimeout bounds the wait for a deletion. Zero: as Timeout.
	DeleteTimeout time.Duration
	// DeleteBeforeCreate kinds can't have two generations side by side: the old one is
	// deleted before the new one is made.
	DeleteBeforeCreate bool
	// DeletedWith is the handle of the object whose deletion ends this one, by its ID:
	// deleting a target group ends the registrations in it. Nil where there is none.
	DeletedWith func(id string) string
	// Entrance kinds are where a platform's users come in. One is deleted once all that is to be there
	// serves, and before what it leads to: then nobody is led to what is going.
	Entrance bool
	// Blockers names what may prevent a deletion, for the sentence that says what is
	// waited for. Nil where nothing does.
	Blockers func(ctx context.Context, c *awsapi.Clients, id string) ([]Blocker, error)
	// Foreign names, before the first deletion, what of this kind may prevent the
	// deletions, no matter who made it: the caller drops what is in the deletion set itself.
	// Nil where nothing of this kind can.
	Foreign func(context.Context, *awsapi.Clients, DeletionSet) ([]Blocker, error)
	// Protected names, before the first change, those of some objects of this kind that AWS
	// would refuse to delete because somebody protected them, with what protects each and
	// how that is lifted. What isn't there is none. Nil where nothing of this kind can be.
	Protected func(context.Context, *awsapi.Clients, []Object) ([]Blocker, error)
	// Unprotect takes off the protection of some objects, of the sort that the configuration can
	// ask for. Repeated, it goes on. Nil where the configuration can ask for none.
	Unprotect func(context.Context, *awsapi.Clients, []Object) error
	// DryRun asks AWS whether the caller may delete an object, by the IAM action that is
	// asked about, with the call's own DryRun: it changes nothing, and ends in an error
	// always, of which only that for lack of a permission means no. Nil where the service
	// has no such parameter.
	DryRun map[string]func(context.Context, *awsapi.Clients, Object) error
}

// Actions are the IAM actions behind a kind's calls, by what they are for, such
// as "ec2:CreateVpc". docs/aws-policy.json is compared with them.
type Actions struct {
	Read   []string // List, Blockers, Foreign and Protected
	Make   []string // Create, and the updates that finish what it made
	Change []string // all other updates
	Delete []string
	// On is the ARN of the only object that they are for, where it is known
	// before the object is there. Nil: they are for any.
	On func(owner awsapi.Owner, account string) string
	// MakeOn are those of Make that are for the object of another kind, by its name.
	MakeOn map[string][]string
}
