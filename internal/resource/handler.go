package resource

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
)

// Object is a live object with its type erased.
type Object struct {
	Key        Key
	ID         string
	Generation int
	Status     Status
	Tags       map[string]string
	// Since is when AWS made it; zero where AWS doesn't say.
	Since time.Time
	// Live is the kind's own view of it.
	Live any
}

// Request is a Call with its type erased.
type Request struct {
	Clients    *awsapi.Clients
	Owner      awsapi.Owner
	Node       *Node
	Generation int
	Token      string
	Tags       map[string]string
	IDs        map[Key]string
	ID         string
	// Unconfirmed is as Call's; it may be nil.
	Unconfirmed func()
}

// WithBasicLists are the kinds with lists that leave out what Diff alone reads.
func WithBasicLists(kinds []Handler) []Handler {
	basic := slices.Clone(kinds)
	for i, kind := range kinds {
		if kind.ObserveBasic != nil {
			basic[i].Observe = kind.ObserveBasic
		}
	}
	return basic
}

// Handler is a Kind with its types erased, for the engine.
type Handler struct {
	Traits

	Observe func(context.Context, *awsapi.Clients, awsapi.Owner) ([]Object, error)
	Diff    func(node *Node, object Object, ids map[Key]string, tags map[string]string) []Change
	Create  func(context.Context, Request) (string, error)
	Update  func(context.Context, Request, Object, []Change) error
	// Cost is what a node's object will cost, and LiveCost what an object costs: none once it goes, or failed.
	Cost     func(node *Node) []prices.Item
	LiveCost func(Object) []prices.Item
	// Impact is as the kind's; node is nil where the object is deleted. It asks for the flags of the transition alone.
	Impact func(node *Node, object Object, t Transition[Spec, any]) []Impact

	// Zero is a live object of the kind without any value.
	Zero func() any

	// These are nil where the kind's are.
	Kept           func(node *Node, object Object) []Change
	ObserveBasic   func(context.Context, *awsapi.Clients, awsapi.Owner) ([]Object, error)
	AsCreated      func(r Request, id string) Object
	DeleteObserved func(context.Context, *awsapi.Clients, Record, Object) error
	Stuck          func(context.Context, *awsapi.Clients, Object) (Diagnosis, error)
	TakenBack      func(Object, []Change) string
}

// Handler erases the kind's types.
func (k Kind[S, L]) Handler() Handler {
	h := Handler{
		Traits:  k.Traits,
		Observe: k.observing(k.List),
		Diff:    k.diff,
		Create: func(ctx context.Context, r Request) (string, error) {
			id, err := k.Create(ctx, k.call(r))
			return id, k.classify(err)
		},
		Update: func(ctx context.Context, r Request, object Object, changes []Change) error {
			return k.classify(k.update(ctx, r, object, changes))
		},
	}
	h.Cost, h.LiveCost, h.Impact = k.cost, k.liveCost, k.impact
	h.Zero = func() any { var live L; return live }
	if k.Kept != nil {
		h.Kept = func(node *Node, object Object) []Change { return k.Kept(node.Spec.(S), object.Live.(L)) }
	}
	if k.ListBasic != nil {
		h.ObserveBasic = k.observing(k.ListBasic)
	}
	if k.AsCreated != nil {
		h.AsCreated = func(r Request, id string) Object {
			live := k.AsCreated(k.call(r), id)
			return Object{Key: r.Node.Key, ID: id, Generation: r.Generation, Status: k.Status(live), Tags: r.Tags, Live: live}
		}
	}
	if k.DeleteObserved != nil {
		h.DeleteObserved = func(ctx context.Context, c *awsapi.Clients, record Record, object Object) error {
			return k.DeleteObserved(ctx, c, record, object.Live.(L))
		}
	}
	if k.Stuck != nil {
		h.Stuck = func(ctx context.Context, c *awsapi.Clients, object Object) (Diagnosis, error) {
			return k.Stuck(ctx, c, object.Live.(L))
		}
	}
	if k.TakenBack != nil {
		h.TakenBack = func(object Object, changes []Change) string { return k.TakenBack(object.Live.(L), changes) }
	}
	return h
}

func (k Kind[S, L]) cost(node *Node) []prices.Item {
	if k.Wanted == nil {
		return nil
	}
	return k.Wanted(node.Spec.(S))
}

func (k Kind[S, L]) liveCost(object Object) []prices.Item {
	if k.Live == nil || object.Status.Phase != Ready && object.Status.Phase != Pending {
		return nil
	}
	return k.Live(object.Live.(L))
}

// observing makes objects of what a list of the kind returns.
func (k Kind[S, L]) observing(list func(context.Context, *awsapi.Clients, awsapi.Owner) ([]L, error)) func(context.Context, *awsapi.Clients, awsapi.Owner) ([]Object, error) {
	return func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]Object, error) {
		lives, err := list(ctx, c, owner)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", k.Name, err)
		}
		objects := make([]Object, 0, len(lives))
		for _, live := range lives {
			tags := k.Tags(live)
			if !owner.Owns(tags) {
				continue
			}
			objects = append(objects, Object{
				Key:        k.keyOf(tags, k.ID(live)),
				ID:         k.ID(live),
				Generation: awsapi.Generation(tags),
				Status:     k.Status(live),
				Tags:       tags,
				Since:      k.since(live),
				Live:       live,
			})
		}
		return objects, nil
	}
}

func (k Kind[S, L]) since(live L) time.Time {
	if k.Since == nil {
		return time.Time{}
	}
	return k.Since(live)
}

// keyOf reads the key from the tags. What is ours but carries no readable key
// goes by its ID, so that it is seen, and pruned, rather than missed.
func (k Kind[S, L]) keyOf(tags map[string]string, id string) Key {
	key, err := ParseKey(tags[awsapi.TagKey])
	if err != nil {
		return Key{Kind: k.Name, Name: id}
	}
	return Key{Kind: k.Name, Name: key.Name}
}

// classify marks the refusals that the kind knows to be transient.
func (t Traits) classify(err error) error {
	if slices.ContainsFunc(t.Propagating, func(r awsapi.Refusal) bool { return r.Matches(err) }) {
		return &awsapi.Propagating{Err: err}
	}
	return err
}

// TagsField is the Change.Field of differing tags.
const TagsField = "tags"

func (k Kind[S, L]) diff(node *Node, object Object, ids map[Key]string, tags map[string]string) []Change {
	spec := node.Spec.(S)
	changes := k.Diff(spec, object.Live.(L), ResolveFor(spec, ids))
	if k.Retag == nil {
		return changes
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if have, ok := object.Tags[name]; !ok || have != tags[name] {
			changes = append(changes, Change{Field: TagsField, Want: name + "=" + tags[name], Have: have})
		}
	}
	return changes
}

func (k Kind[S, L]) update(ctx context.Context, r Request, object Object, changes []Change) error {
	retag := slices.ContainsFunc(changes, func(c Change) bool { return c.Field == TagsField })
	rest := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Field == TagsField })
	if retag {
		if err := k.Retag(ctx, r.Clients, object.ID, r.Tags); err != nil {
			return fmt.Errorf("tag %s: %w", object.ID, err)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	if k.Update == nil {
		return fmt.Errorf("a %s can't be changed in place (%v)", k.Name, rest)
	}
	return k.Update(ctx, k.call(r), object.Live.(L), rest)
}

func (k Kind[S, L]) call(r Request) Call[S] {
	spec := r.Node.Spec.(S)
	return Call[S]{
		Clients:     r.Clients,
		Owner:       r.Owner,
		Key:         r.Node.Key,
		Generation:  r.Generation,
		Token:       r.Token,
		Tags:        r.Tags,
		Spec:        spec,
		IDs:         ResolveFor(spec, r.IDs),
		ID:          r.ID,
		unconfirmed: r.Unconfirmed,
	}
}
