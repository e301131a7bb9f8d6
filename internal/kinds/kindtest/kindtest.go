// Package kindtest puts kinds to the test that every one of them has to pass,
// against any endpoint that speaks AWS's APIs: what was made is found again by
// its tags, is soon as it should be, is not made twice, and can be deleted
// twice. It works like the engine, but on one object after the other.
//
// What belongs here: what the tests of several packages of kinds need. What
// doesn't: expectations about one kind.
package kindtest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const (
	// patience bounds the wait for one object.
	patience = 30 * time.Second
	// tick is how often it is looked at.
	tick = 20 * time.Millisecond
	// rounds is how many times an object may be updated before it is as it
	// should be.
	rounds = 3
)

// Platform is a platform under test.
type Platform struct {
	Clients *awsapi.Clients
	Owner   awsapi.Owner
	// IDs are the IDs of what is there.
	IDs map[resource.Key]string
	// IgnoresTokens lists the kinds of which the endpoint ignores client tokens, or part of
	// what is asked for.
	IgnoresTokens []string

	held []string // the kinds that what was deleted may still hold
}

// New connects to an endpoint as the owner of a platform.
func New(t *testing.T, endpoint, platform string) *Platform {
	t.Helper()
	const region = "us-east-1"
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: region, Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return &Platform{
		Clients: clients,
		Owner:   awsapi.Owner{Platform: platform, Region: region, Tags: map[string]string{"team": "blue"}},
		IDs:     map[resource.Key]string{},
	}
}

// existing is the spec of what a test made by other means.
type existing struct{}

func (existing) Refs() []resource.Ref { return nil }

// Existing adds to the graph what is there already and is not tested.
func (p *Platform) Existing(g *resource.Graph, kind, name, id string) resource.Ref {
	p.IDs[resource.Key{Kind: kind, Name: name}] = id
	return resource.Add(g, resource.Kind[existing, any]{Traits: resource.Traits{Name: kind}}, name, existing{})
}

// Conform takes every object of the graph that isn't there yet through its
// life. In between, while everything is there, it calls during.
func (p *Platform) Conform(t *testing.T, g *resource.Graph, during func(t *testing.T)) {
	t.Helper()
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	nodes := slices.DeleteFunc(slices.Clone(g.Nodes()), func(n *resource.Node) bool { return p.IDs[n.Key] != "" })
	for _, node := range nodes {
		// What shares another object's ID, as rules do their group's, may come with it.
		if object, there := p.find(t, node); there && !slices.Contains(slices.Collect(maps.Values(p.IDs)), object.ID) {
			t.Fatalf("%s is there before it was made: %+v", node.Key, object)
		}
		p.Make(t, node)
		p.Repeat(t, node)
		p.retag(t, node)
	}
	for _, node := range nodes {
		if changes := p.Diff(t, node); len(changes) > 0 {
			t.Errorf("%s: when all was made, it is to be changed again: %v", node.Key, changes)
		}
	}
	for _, node := range nodes {
		p.BasicList(t, node)
		p.cost(t, node)
	}
	if during != nil {
		during(t)
	}
	for _, node := range slices.Backward(nodes) {
		p.Delete(t, node)
	}
}

// BasicList compares what a kind's two lists tell of an object, as far as both do.
func (p *Platform) BasicList(t *testing.T, node *resource.Node) {
	t.Helper()
	if node.Handler.ObserveBasic == nil {
		return
	}
	listed := p.mustFind(t, node)
	seen, err := node.Handler.ObserveBasic(t.Context(), p.Clients.Snapshot(), p.Owner)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(seen, func(o resource.Object) bool { return o.Key == node.Key })
	if i < 0 || seen[i].ID != listed.ID || seen[i].Generation != listed.Generation || seen[i].Status != listed.Status || !maps.Equal(seen[i].Tags, listed.Tags) {
		t.Errorf("%s is listed as %s %+v, with %v; the basic list has: %+v", node.Key, listed.ID, listed.Status, listed.Tags, seen)
	}
}

// cost compares what a kind says that a node costs, and that its object does.
func (p *Platform) cost(t *testing.T, node *resource.Node) {
	t.Helper()
	if wanted, live := node.Handler.Cost(node), node.Handler.LiveCost(p.mustFind(t, node)); !slices.Equal(wanted, live) {
		t.Errorf("%s costs %v as it is wanted, and %v as it is", node.Key, wanted, live)
	}
}

// Request is what the engine would pass for a node.
func (p *Platform) Request(node *resource.Node) resource.Request {
	const token = "0123456789abcdef0123456789abcdef"
	token1 := token[:16] + p.Owner.Platform + node.Key.Kind + node.Key.Name
	return resource.Request{
		Clients: p.Clients, Owner: p.Owner, Node: node, Generation: 1, Token: token1,
		Tags: p.Owner.TagsFor(node.Key.String(), node.Key.Name, 1, token1),
		IDs:  p.IDs, ID: p.IDs[node.Key],
	}
}

// Make creates a node's object, and updates it until it is as it should be and
// ready.
func (p *Platform) Make(t *testing.T, node *resource.Node) {
	t.Helper()
	id, err := p.create(t, node)
	if err != nil {
		t.Fatalf("create %s: %v", node.Key, err)
	}
	p.IDs[node.Key] = id
	p.checkAsCreated(t, node)
	p.Settle(t, node)
}

// checkAsCreated asks for what a kind says that its creations lack, and expects the object to
// be as it should be then: the engine doesn't look.
func (p *Platform) checkAsCreated(t *testing.T, node *resource.Node) {
	t.Helper()
	if node.Handler.AsCreated == nil || slices.Contains(p.IgnoresTokens, node.Handler.Name) {
		return
	}
	request := p.Request(node)
	unconfirmed := false
	request.Unconfirmed = func() { unconfirmed = true }
	made := node.Handler.AsCreated(request, request.ID)
	if lacks := p.changes(node, made); len(lacks) > 0 {
		if err := node.Handler.Update(t.Context(), request, made, lacks); err != nil {
			t.Fatalf("update %s as it was made (%v): %v", node.Key, lacks, err)
		}
	}
	if rest := p.Diff(t, node); len(rest) > 0 || unconfirmed {
		t.Errorf("%s was made, and what it lacked was asked for; still it lacks %v (unconfirmed: %v)", node.Key, rest, unconfirmed)
	}
}

// create creates a node's object, and tries again while AWS doesn't know
// everywhere what it depends on.
func (p *Platform) create(t *testing.T, node *resource.Node) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		id, err := node.Handler.Create(t.Context(), p.Request(node))
		if !awsapi.IsPropagating(err) || ctx.Err() != nil {
			return id, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(tick):
		}
	}
}

// Settle updates a node's object until nothing is to be changed, and waits
// until it is ready.
func (p *Platform) Settle(t *testing.T, node *resource.Node) {
	t.Helper()
	for range rounds {
		object := p.mustFind(t, node)
		changes := p.changes(node, object)
		if len(changes) == 0 {
			p.until(t, node, "ready", func(o resource.Object, there bool) bool {
				return there && o.Status.Phase == resource.Ready
			})
			return
		}
		if resource.NeedsReplacement(changes) {
			t.Fatalf("%s would have to be replaced: %v", node.Key, changes)
		}
		if err := node.Handler.Update(t.Context(), p.Request(node), object, changes); err != nil {
			t.Fatalf("update %s (%v): %v", node.Key, changes, err)
		}
	}
	t.Fatalf("%s is still to be changed after %d updates: %v", node.Key, rounds, p.Diff(t, node))
}

// Repeat creates the same object again, as a run does that was killed before
// it knew the outcome. A kind that notices has to say so.
func (p *Platform) Repeat(t *testing.T, node *resource.Node) {
	t.Helper()
	if node.Handler.NotIdempotent || slices.Contains(p.IgnoresTokens, node.Handler.Name) {
		return
	}
	// AWS answers these as if it were the first time.
	silent := []string{"nat-gateway", "route-table", "vpc-endpoint", "instance", "listener", "registration", "certificate", "certificate-validation", "dns-record", "launch-template"}
	request, unconfirmed := p.Request(node), false
	request.Unconfirmed = func() { unconfirmed = true }
	id, err := node.Handler.Create(t.Context(), request)
	switch {
	case err != nil:
		t.Errorf("create %s again: %v", node.Key, err)
	case id != p.IDs[node.Key]:
		t.Errorf("create %s again made a second one: %s beside %s", node.Key, id, p.IDs[node.Key])
	case !unconfirmed && !slices.Contains(silent, node.Handler.Name):
		t.Errorf("create %s again: it is taken for new", node.Key)
	}
}

// retag changes a tag of the owner and expects it to arrive. Kinds without
// tags of their own pass it unchanged.
func (p *Platform) retag(t *testing.T, node *resource.Node) {
	t.Helper()
	before := p.Owner.Tags
	p.Owner.Tags = map[string]string{"team": "green + blue"}
	defer func() { p.Owner.Tags = before }()
	p.Settle(t, node)
	p.Owner.Tags = before
	p.Settle(t, node)
}

// Diff is what of a node its live object does not have.
func (p *Platform) Diff(t *testing.T, node *resource.Node) []resource.Change {
	t.Helper()
	return p.changes(node, p.mustFind(t, node))
}

func (p *Platform) changes(node *resource.Node, object resource.Object) []resource.Change {
	return node.Handler.Diff(node, object, p.IDs, p.Owner.StableTags(node.Key.String(), node.Key.Name))
}

// Delete deletes a node's object, waits until it is gone, and deletes it again.
func (p *Platform) Delete(t *testing.T, node *resource.Node) {
	t.Helper()
	if node.Handler.MakesNothing {
		delete(p.IDs, node.Key)
		return
	}
	record := resource.Record{Key: node.Key, Generation: 1, ID: p.IDs[node.Key]}
	remove := node.Handler.Delete
	if node.Handler.DeleteObserved != nil {
		object := p.mustFind(t, node)
		remove = func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
			err := node.Handler.DeleteObserved(ctx, c, record, object)
			if awsapi.IsInUse(err) {
				return node.Handler.Delete(ctx, c, record)
			}
			return err
		}
	}
	err := remove(t.Context(), p.Clients, record)
	if awsapi.IsInUse(err) && (node.Handler.Capacity || slices.Contains(p.held, node.Handler.Name)) {
		err = p.deleteReleased(t.Context(), node, record)
	}
	if err != nil && !awsapi.IsNotFound(err) {
		t.Fatalf("delete %s: %v", node.Key, err)
	}
	p.held = append(p.held, node.Handler.Holds.Kinds...)
	p.until(t, node, "gone", func(o resource.Object, there bool) bool {
		return !there || o.Status.Phase == resource.Gone
	})
	if err := node.Handler.Delete(t.Context(), p.Clients, record); err != nil && !awsapi.IsNotFound(err) {
		t.Errorf("delete %s again: %v", node.Key, err)
	}
	delete(p.IDs, node.Key)
}

// deleteReleased deletes, as the engine does, what AWS refuses to delete for a while: what has requests until they are done, and
// what something holds that was deleted.
func (p *Platform) deleteReleased(ctx context.Context, node *resource.Node, record resource.Record) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := node.Handler.Delete(ctx, p.Clients, record)
		if !awsapi.IsInUse(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(tick):
		}
	}
}

// Observe lists a node's kind, and gives the live object of its key.
func (p *Platform) find(t *testing.T, node *resource.Node) (resource.Object, bool) {
	t.Helper()
	objects, err := node.Handler.Observe(t.Context(), p.Clients.Snapshot(), p.Owner)
	if err != nil {
		t.Fatal(err)
	}
	objects = slices.DeleteFunc(objects, func(o resource.Object) bool {
		return o.Key != node.Key || o.Status.Phase == resource.Gone
	})
	if len(objects) > 1 {
		t.Errorf("%s is there %d times: %v", node.Key, len(objects), objects)
	}
	if len(objects) == 0 {
		return resource.Object{}, false
	}
	return objects[0], true
}

func (p *Platform) mustFind(t *testing.T, node *resource.Node) resource.Object {
	t.Helper()
	object := p.until(t, node, "listed", func(_ resource.Object, there bool) bool { return there })
	if object.ID != p.IDs[node.Key] || object.Generation != 1 {
		t.Errorf("%s is listed as %s of generation %d, want %s of generation 1", node.Key, object.ID, object.Generation, p.IDs[node.Key])
	}
	if want := p.Owner.StableTags(node.Key.String(), node.Key.Name)[awsapi.TagPlatform]; object.Tags[awsapi.TagPlatform] != want {
		t.Errorf("%s is listed with the tags %v", node.Key, maps.Clone(object.Tags))
	}
	return object
}

// until looks at a node's object until it is what the caller wants.
func (p *Platform) until(t *testing.T, node *resource.Node, what string, is func(o resource.Object, there bool) bool) resource.Object {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		object, there := p.find(t, node)
		if is(object, there) {
			return object
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s is not %s after %v: %+v", node.Key, what, patience, object.Status)
		case <-time.After(tick):
		}
	}
}
