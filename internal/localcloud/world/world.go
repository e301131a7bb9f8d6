package world

import (
	"container/heap"
	"crypto/rand"
	"fmt"
	"io"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Options say how a world behaves. The zero value is a fast world with AWS's quotas
// and the machine's clock.
type Options struct {
	Now     func() time.Time // the clock; nil means time.Now
	Random  io.Reader        // for IDs; nil means crypto/rand
	Latency Latency          // how long things take
	Quotas  Quotas           // those that aren't AWS's defaults
	Hurried bool             // steps that traffic meets go by the latency, too
}

// World is all regions of one account. It is safe for use by many goroutines.
type World struct {
	options  Options
	switches atomic.Pointer[Switches]
	quotas   atomic.Pointer[Quotas]
	limits   []Quota // of all kinds
	latency  atomic.Pointer[Latency]
	fronts   fronts
	failures []int // how many objects each of the switches' failures has met

	mu      sync.RWMutex
	db      *bolt.DB // nil: in memory only
	tables  []anyTable
	byType  map[reflect.Type]anyTable
	serial  int64
	due     schedule
	changed chan struct{} // closed and replaced at each change
}

// Open opens the world in the file at path, or a new one where there is none. With
// path "" the world lives in memory only. The kinds are all that the file holds:
// objects of others are refused, so that none is lost unnoticed.
func Open(path string, options Options, kinds ...AnyKind) (*World, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Random == nil {
		options.Random = rand.Reader
	}
	w := &World{options: options, byType: map[reflect.Type]anyTable{}, changed: make(chan struct{})}
	w.switches.Store(&Switches{})
	w.SetQuotas(options.Quotas)
	w.SetLatency(options.Latency)
	for _, kind := range append(kinds, tokenKind()) {
		t := kind.newTable()
		if _, twice := w.byType[t.objectType()]; twice {
			return nil, fmt.Errorf("open world: kind %s is listed twice", t.name())
		}
		if name := hidden(t.objectType()); name != "" {
			return nil, fmt.Errorf("open world: kind %s has a field %s of its own, so the object's isn't stored", t.name(), name)
		}
		w.tables = append(w.tables, t)
		w.limits = append(w.limits, kind.About().Quotas...)
		w.byType[t.objectType()] = t
	}
	if path == "" {
		return w, nil
	}
	if err := w.load(path); err != nil {
		return nil, err
	}
	return w, nil
}

// hidden is the name of a field of Object that a type hides with one of its own; "" where there is none.
func hidden(t reflect.Type) string {
	for field := range reflect.TypeFor[Object]().Fields() {
		if own, ok := t.FieldByName(field.Name); ok && len(own.Index) == 1 {
			return field.Name
		}
	}
	return ""
}

// Close ends the world. The file is complete at any moment, so nothing is lost without.
func (w *World) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.db == nil {
		return nil
	}
	return w.db.Close()
}

// Update runs a function that may change a region. When the function returns an error
// nothing of what it did remains, and Update returns that error. When Update returns
// nil, the change survives the end of the process, however sudden.
func (w *World) Update(region string, f func(*Tx) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if err := w.settle(now); err != nil {
		return err
	}
	return w.update(region, now, f)
}

// View runs a function that reads a region.
func (w *World) View(region string, f func(*Tx) error) error {
	now := w.now()
	w.mu.RLock()
	if w.due.overdue(now) {
		w.mu.RUnlock()
		w.mu.Lock()
		err := w.settle(now)
		w.mu.Unlock()
		if err != nil {
			return err
		}
		w.mu.RLock()
	}
	defer w.mu.RUnlock()
	return f(&Tx{w: w, region: region, now: now})
}

// update runs f with the lock held and keeps or undoes what it did.
func (w *World) update(region string, now time.Time, f func(*Tx) error) (err error) {
	tx := &Tx{w: w, region: region, now: now, log: &log{changed: map[change]struct{}{}}}
	kept := false
	defer func() {
		if !kept { // also when f panics
			tx.rollback()
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if len(tx.log.changed) == 0 {
		kept = true
		return nil
	}
	if err := w.save(tx.log); err != nil {
		return err
	}
	kept = true
	for c := range tx.log.changed {
		w.schedule(c.table, c.table.base(c.region, c.id))
	}
	close(w.changed)
	w.changed = make(chan struct{})
	return nil
}

// settle carries out what is due by now, in the order of time.
func (w *World) settle(now time.Time) error {
	for w.due.overdue(now) {
		next := heap.Pop(&w.due).(appointment)
		if next.stale() {
			continue
		}
		err := w.update(next.region, next.at, func(tx *Tx) error {
			next.table.settle(tx, next.id)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// NextDue is when the next object changes by itself; false when none will.
func (w *World) NextDue() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.due) > 0 && w.due[0].stale() {
		heap.Pop(&w.due)
	}
	if len(w.due) == 0 {
		return time.Time{}, false
	}
	return w.due[0].at, true
}

// Changed gives a channel that is closed at the next change of any object. Take it
// before reading, so that no change falls in between.
func (w *World) Changed() <-chan struct{} {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.changed
}

// Settle carries out what is due and does nothing else: for a caller that waits for
// NextDue and then wants Changed to fire.
func (w *World) Settle() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settle(w.now())
}

func (w *World) now() time.Time { return w.options.Now().UTC().Round(0) }
