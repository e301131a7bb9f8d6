package world

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Staleness is how late AWS's servers learn of what others of them did. The zero value is
// a world in which all know all at once.
// Source: Amazon EC2 Developer Guide, "Eventual consistency in the Amazon EC2 API"; IAM
// User Guide, "Changes that I make are not always immediately visible".
type Staleness struct {
	// Describe is how long calls that read don't see a new object.
	Describe time.Duration
	// Reference is how long calls that change something don't know a new object that they
	// name.
	Reference time.Duration
	// Change is how long calls that read see an object as it was before a change, or
	// before its end.
	Change time.Duration
	// Vary gives every object, on every server, a time of its own between none and those,
	// by the seed. Otherwise all servers take that long.
	Vary bool
	Seed int64
}

// servers is how many answer the calls of each operation.
const servers = 3

// Front is the world as one of the servers knows it that answer API calls. What isn't an
// API call sees the world itself, by [World.View] and [World.Update].
type Front struct {
	w      *World
	server int
}

// fronts counts the calls of each operation.
type fronts struct {
	mu    sync.Mutex
	calls map[string]int
}

func (f *fronts) reset() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = map[string]int{}
}

// Front is the server that answers the next call of an operation, such as
// "ec2:CreateVpc". Which one depends on the seed and on how many calls of the operation
// there were.
func (w *World) Front(operation string) Front {
	late := w.Switches().Staleness
	if late == (Staleness{}) {
		return Front{w: w}
	}
	w.fronts.mu.Lock()
	defer w.fronts.mu.Unlock()
	w.fronts.calls[operation]++
	return Front{w, 1 + int(share(late.Seed, operation, w.fronts.calls[operation])*servers)}
}

// View runs a call that reads a region.
func (f Front) View(region string, call func(*Tx) error) error {
	return f.w.View(region, func(tx *Tx) error {
		tx.server = f.server
		return call(tx)
	})
}

// Update runs a call that may change a region. See [World.Update].
func (f Front) Update(region string, call func(*Tx) error) error {
	return f.w.Update(region, func(tx *Tx) error {
		tx.server = f.server
		return call(tx)
	})
}

// LookUp returns the object of that ID as the server knows it that answers the call. What
// the call itself has made or changed it knows.
func LookUp[T any, P entity[T]](tx *Tx, id string) (P, bool) {
	o := tableOf[T, P](tx).lookUp(tx, id)
	return o, o != nil
}

func (t *table[T, P]) lookUp(tx *Tx, id string) *T {
	o := t.get(tx.region, id)
	if tx.server == 0 {
		return o
	}
	if tx.log == nil {
		return t.seen(tx, id)
	}
	if o == nil || t.kind.KnownAtOnce {
		return o
	}
	if _, own := tx.log.changed[change{t, tx.region, id}]; !own && tx.tooNew(P(o).Base(), tx.Switches().Staleness.Reference, "reference") {
		return nil
	}
	return o
}

// seen is the object as a call that reads sees it: as it was some time ago.
func (t *table[T, P]) seen(tx *Tx, id string) *T {
	p := t.partitions[tx.region]
	if p == nil {
		return nil
	}
	late := tx.Switches().Staleness
	o := p.byID[id]
	for _, v := range p.past[id] {
		if tx.now.Sub(v.until) < tx.staleness(P(v.object).Base().Serial, late.Change, "change") {
			o = v.object
			break
		}
	}
	if o != nil && tx.tooNew(P(o).Base(), late.Describe, "describe") {
		return nil
	}
	return o
}

// allSeen are the objects that a call that reads sees, in the order of their creation.
func (t *table[T, P]) allSeen(tx *Tx) []*T {
	p := t.partitions[tx.region]
	if p == nil {
		return nil
	}
	if tx.server == 0 {
		return slices.Clone(p.order)
	}
	var list []*T
	for _, o := range p.order {
		if o = t.seen(tx, P(o).Base().ID); o != nil {
			list = append(list, o)
		}
	}
	for id := range p.past {
		if p.byID[id] == nil {
			if o := t.seen(tx, id); o != nil {
				list = t.with(list, o)
			}
		}
	}
	return list
}

func (t *table[T, P]) basesSeen(tx *Tx) []*Object {
	var list []*Object
	for _, o := range t.allSeen(tx) {
		list = append(list, P(o).Base())
	}
	return list
}

// version is what an object was until a time.
type version[T any] struct {
	until  time.Time
	object *T
}

// remember keeps what an object was before a change, for as long as anybody may see it.
func (t *table[T, P]) remember(tx *Tx, id string, before *T) {
	late := tx.Switches().Staleness.Change
	if late == 0 || before == nil || t.kind.KnownAtOnce {
		return
	}
	p := t.partitions[tx.region]
	if p.past == nil {
		p.past = map[string][]version[T]{}
	}
	for id, versions := range p.past {
		versions = slices.DeleteFunc(slices.Clone(versions), func(v version[T]) bool { return tx.now.Sub(v.until) >= late })
		if p.past[id] = versions; len(versions) == 0 {
			delete(p.past, id)
		}
	}
	old := p.past[id]
	if len(old) > 0 && old[len(old)-1].until.Equal(tx.now) {
		return // of the same moment only what was before it counts
	}
	p.past[id] = append(slices.Clip(old), version[T]{tx.now, before})
	tx.log.undo = append(tx.log.undo, func() { p.past[id] = old })
}

// tooNew reports whether the call's server hasn't heard of an object yet.
func (tx *Tx) tooNew(o *Object, late time.Duration, of string) bool {
	return tx.now.Sub(o.Created) < tx.staleness(o.Serial, late, of)
}

// staleness is how late the call's server learns of an object.
func (tx *Tx) staleness(serial int64, most time.Duration, of string) time.Duration {
	if tx.server == 0 || most == 0 {
		return 0
	}
	late := tx.Switches().Staleness
	if !late.Vary {
		return most
	}
	return time.Duration(share(late.Seed, fmt.Sprint(of, tx.server), int(serial)) * float64(most))
}

// share draws a number from 0 up to 1 by a seed, what it is for, and a number.
func share(seed int64, what string, n int) float64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", seed, what, n))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53) // 53 bits, all that a float64 holds
}
