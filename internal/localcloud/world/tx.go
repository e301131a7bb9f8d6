package world

import (
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Tx is a transaction: a view of one region at one moment. It is valid only inside
// the function that it was given to.
type Tx struct {
	w      *World
	region string
	now    time.Time
	log    *log // nil in a read-only transaction
	server int  // of those that answer API calls; 0 for what isn't an API call
}

// log is what a transaction has done so far, in all regions.
type log struct {
	changed map[change]struct{}
	undo    []func()
}

type change struct {
	table      anyTable
	region, id string
}

// Now is the world's time, in UTC.
func (tx *Tx) Now() time.Time { return tx.now }

// Region is the region that the transaction sees.
func (tx *Tx) Region() string { return tx.region }

// In is the same transaction seeing another region. Global services such as IAM keep
// their objects in region "".
func (tx *Tx) In(region string) *Tx {
	other := *tx
	other.region = region
	return &other
}

// Regions lists the regions that hold any object, sorted.
func (tx *Tx) Regions() []string {
	var names []string
	for _, t := range tx.w.tables {
		names = append(names, t.regions()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Switches are the faults that are switched on at the moment.
func (tx *Tx) Switches() Switches { return tx.w.Switches() }

// Duration says how long a step takes in the world's latency model.
func (tx *Tx) Duration(step Step) time.Duration { return tx.w.duration(step) }

// NewID makes an ID as AWS does: the prefix, then 17 hexadecimal digits.
func (tx *Tx) NewID(prefix string) string { return prefix + "-0" + tx.Hex(16) }

// Hex makes a random string of hexadecimal digits.
func (tx *Tx) Hex(digits int) string {
	b := make([]byte, (digits+1)/2)
	if _, err := io.ReadFull(tx.w.options.Random, b); err != nil {
		panic(fmt.Sprintf("world: read random bytes: %v", err)) // crypto/rand never fails
	}
	return hex.EncodeToString(b)[:digits]
}

// UUID makes a UUID of version 4, by which some services name their objects.
func (tx *Tx) UUID() string {
	id := tx.Hex(32)
	return strings.Join([]string{id[:8], id[8:12], "4" + id[13:16], "a" + id[17:20], id[20:]}, "-")
}

// NewObject makes the embedded part of a new object with a new ID.
func (tx *Tx) NewObject(prefix string, tags Tags) Object {
	return tx.NamedObject(tx.NewID(prefix), tags)
}

// NamedObject makes the embedded part of a new object whose ID is a name or an ARN.
func (tx *Tx) NamedObject(id string, tags Tags) Object {
	tx.mustWrite()
	tx.w.serial++
	return Object{ID: id, Region: tx.region, Serial: tx.w.serial, Created: tx.now, Tags: tags}
}

func (tx *Tx) mustWrite() {
	if tx.log == nil {
		panic("world: change inside View") // a programming error
	}
}

func (tx *Tx) rollback() {
	for _, undo := range slices.Backward(tx.log.undo) {
		undo()
	}
}
