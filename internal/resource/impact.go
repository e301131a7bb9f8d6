package resource

// Impact is what users of a platform notice of a change to it.
type Impact struct {
	What string `json:"what"`
	// Seconds are for how long, at least and at most. Zeros: it has no end of its own, as that of an address that goes.
	Seconds [2]float64 `json:"seconds"`
}

// Transition is what becomes of an object that is there.
type Transition[S Spec, L any] struct {
	// Spec is nil where the object is deleted and nothing takes its place.
	Spec *S
	Live L
	// Changes are how Live differs from Spec.
	Changes []Change
	// Replaced says that another object takes its place; else the changes are made in place.
	Replaced bool
	// DependentsReplaced says that something that depends on the object is replaced, too.
	DependentsReplaced bool
}

// impact is nil-safe, and without the types.
func (k Kind[S, L]) impact(node *Node, object Object, t Transition[Spec, any]) []Impact {
	if k.Impact == nil {
		return nil
	}
	typed := Transition[S, L]{
		Live: object.Live.(L), Changes: t.Changes, Replaced: t.Replaced, DependentsReplaced: t.DependentsReplaced,
	}
	if node != nil {
		spec := node.Spec.(S)
		typed.Spec = &spec
	}
	return k.Impact(typed)
}
