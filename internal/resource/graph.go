package resource

import (
	"errors"
	"fmt"
	"slices"
)

// Ref is a promise of another object's ID. Only Add makes one, so whatever a
// spec refers to was added before it, and a graph can't hold a cycle. The zero
// Ref refers to nothing.
type Ref struct{ key Key }

// Key is the key of the object that is referred to.
func (r Ref) Key() Key { return r.key }

// IsZero reports whether the reference refers to nothing.
func (r Ref) IsZero() bool { return r.key.IsZero() }

// Spec is the desired side of an object: plain data, and the references in it.
type Spec interface {
	// Refs lists every reference that the spec holds. Reading one through
	// IDs that is not listed here panics.
	Refs() []Ref
}

// Node is one object that a platform should have.
type Node struct {
	Key     Key
	Handler Handler
	Spec    Spec
	// Needs are the objects that must be ready before this one is touched:
	// the spec's own references and the edges that hold no data.
	Needs []Key
	// Batch is with which others the node is replaced, where not all are at once;
	// "" is none. See Graph.InBatch.
	Batch string
}

// Graph is what a platform should be. The zero value is the empty platform.
type Graph struct {
	nodes []*Node
	index map[Key]*Node
	errs  []error
}

// Add puts an object into the graph and returns the reference to it. The
// references in after hold no data: they only say what must be ready first.
// A mistake (a name used twice, a reference of another graph) is kept, and
// returned by Err.
func Add[S Spec, L any](g *Graph, kind Kind[S, L], name string, spec S, after ...Ref) Ref {
	key := Key{Kind: kind.Name, Name: name}
	if g.index == nil {
		g.index = map[Key]*Node{}
	}
	if g.index[key] != nil {
		g.errs = append(g.errs, fmt.Errorf("%s is in the graph twice", key))
		return Ref{key}
	}
	node := &Node{Key: key, Handler: kind.Handler(), Spec: spec}
	for _, ref := range slices.Concat(spec.Refs(), after) {
		switch {
		case ref.IsZero():
		case g.index[ref.key] == nil:
			g.errs = append(g.errs, fmt.Errorf("%s refers to %s, which is not in the graph", key, ref.key))
		case !slices.Contains(node.Needs, ref.key):
			node.Needs = append(node.Needs, ref.key)
		}
	}
	g.index[key] = node
	g.nodes = append(g.nodes, node)
	return Ref{key}
}

// InBatch puts nodes into a batch. Of nodes that are to be replaced, those of one
// batch are done with before the next batch begins: the new ones ready, the old
// ones gone. The batches come in the order in which the graph has their nodes.
func (g *Graph) InBatch(batch string, refs ...Ref) {
	for _, ref := range refs {
		if node := g.index[ref.key]; node != nil {
			node.Batch = batch
		}
	}
}

// Nodes are the graph's nodes, each after everything that it needs.
func (g *Graph) Nodes() []*Node { return g.nodes }

// Node is the node of a key, nil where the graph has none.
func (g *Graph) Node(key Key) *Node { return g.index[key] }

// Ref refers to a node of the graph; the zero Ref where it has none of that key.
func (g *Graph) Ref(key Key) Ref {
	if g.index[key] == nil {
		return Ref{}
	}
	return Ref{key}
}

// Err is the mistakes made while the graph was built.
func (g *Graph) Err() error { return errors.Join(g.errs...) }

// Unknown stands for the ID of an object that has yet to be made.
const Unknown = "(not made yet)"

// IDs resolves references to the IDs that AWS gave.
type IDs struct {
	ids   map[Key]string
	named []Ref
}

// ResolveFor gives a spec the IDs of what it refers to, and of nothing else.
func ResolveFor(spec Spec, ids map[Key]string) IDs {
	return IDs{ids: ids, named: spec.Refs()}
}

// Of is the ID of the object behind a reference: "" for the zero reference,
// Unknown while the object has yet to be made. It panics where the spec did
// not name the reference, because the engine could not have ordered the two.
func (r IDs) Of(ref Ref) string {
	if ref.IsZero() {
		return ""
	}
	if !slices.Contains(r.named, ref) {
		panic(fmt.Sprintf("the spec reads %s without naming it in Refs", ref.key))
	}
	if id := r.ids[ref.key]; id != "" {
		return id
	}
	return Unknown
}

// All is Of for several references, in their order.
func (r IDs) All(refs []Ref) []string {
	ids := make([]string, 0, len(refs))
	for _, ref := range refs {
		ids = append(ids, r.Of(ref))
	}
	return ids
}
