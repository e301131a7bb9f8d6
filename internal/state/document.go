// Package state keeps the local index of what a platform consists of: a small
// versioned JSON document, written durably after every step, and the lock that
// keeps two runs apart. It holds no secrets, and it can be lost: the objects'
// tags say the same.
package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

// Version is the schema that this program writes. It reads all up to it.
const Version = 1

// Identity says whose state a document is.
type Identity struct {
	Platform string `json:"platform"`
	Target   string `json:"target"`
	Account  string `json:"account"`
	Region   string `json:"region"`
}

// Document is the state file.
type Document struct {
	Version int `json:"version"`
	Identity
	// Incarnation is random for each platform from its first up to its down.
	// Client tokens are made from it, so that the tokens of a platform that
	// was taken down are not used again.
	Incarnation string `json:"incarnation"`
	// Serial counts the writes.
	Serial  int               `json:"serial"`
	Updated time.Time         `json:"updated"`
	Records []resource.Record `json:"records"`
	// Retired is the highest generation that was ever deleted of a key, so that
	// an object that comes back doesn't come with a token that AWS knows as
	// that of a deleted one.
	Retired map[string]int `json:"retired,omitempty"`
}

// Intent is the record of the creation of a key's generation whose outcome is
// not known.
func (d *Document) Intent(key resource.Key, generation int) (resource.Record, bool) {
	i := d.find(resource.Record{Key: key, Generation: generation})
	if i < 0 {
		return resource.Record{}, false
	}
	return d.Records[i], true
}

// Find is the record of a key's object with an ID.
func (d *Document) Find(key resource.Key, id string) (resource.Record, bool) {
	for _, r := range d.Records {
		if r.Key == key && r.ID == id {
			return r, true
		}
	}
	return resource.Record{}, false
}

// Latest is the highest generation that there ever was of a key; 0 where there
// was none.
func (d *Document) Latest(key resource.Key) int {
	latest := d.Retired[key.String()]
	for _, r := range d.Records {
		if r.Key == key {
			latest = max(latest, r.Generation)
		}
	}
	return latest
}

// Put adds a record, or replaces the one of the same object. The record of an
// object takes the place of the intent to make it.
func (d *Document) Put(record resource.Record) {
	if !record.Intent() {
		d.delete(resource.Record{Key: record.Key, Generation: record.Generation})
	}
	if i := d.find(record); i >= 0 {
		d.Records[i] = record
		return
	}
	d.Records = append(d.Records, record)
}

// Remove forgets an object, or an intent, but not that there was its
// generation.
func (d *Document) Remove(record resource.Record) {
	if !d.delete(record) {
		return
	}
	if d.Retired == nil {
		d.Retired = map[string]int{}
	}
	key := record.Key.String()
	d.Retired[key] = max(record.Generation, d.Retired[key])
}

func (d *Document) delete(record resource.Record) bool {
	i := d.find(record)
	if i >= 0 {
		d.Records = slices.Delete(d.Records, i, i+1)
	}
	return i >= 0
}

// Token is the client token of a key's generation: the same before and after a
// crash, and never that of another platform. 32 hexadecimal digits suit every
// AWS API.
func (d *Document) Token(key resource.Key, generation int) string {
	sum := sha256.Sum256([]byte(d.Incarnation + "\x00" + key.String() + "\x00" + strconv.Itoa(generation)))
	return hex.EncodeToString(sum[:16])
}

// find is the place of a record: of an object by its ID, since there can be
// several copies of one generation; of an intent by its generation.
func (d *Document) find(record resource.Record) int {
	return slices.IndexFunc(d.Records, func(r resource.Record) bool {
		return r.Key == record.Key && r.ID == record.ID && (!r.Intent() || r.Generation == record.Generation)
	})
}

// encode writes the document with its records in the order of their keys, so
// that two states can be compared by eye.
func (d *Document) encode() ([]byte, error) {
	out := *d
	out.Records = slices.SortedFunc(slices.Values(d.Records), func(a, b resource.Record) int {
		if c := resource.CompareKeys(a.Key, b.Key); c != 0 {
			return c
		}
		return cmp.Or(a.Generation-b.Generation, cmp.Compare(a.ID, b.ID))
	})
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the state: %w", err)
	}
	return append(data, '\n'), nil
}

// decode reads a document of any version up to Version.
func decode(data []byte) (*Document, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("it is damaged (%w)", err)
	}
	switch {
	case head.Version < 1:
		return nil, fmt.Errorf("it has no version, so it is not a state file of platformctl")
	case head.Version > Version:
		return nil, fmt.Errorf("it has version %d and was written by a newer platformctl; this one reads up to version %d: use the newer one", head.Version, Version)
	}
	doc := &Document{}
	if err := json.Unmarshal(data, doc); err != nil {
		return nil, fmt.Errorf("it is damaged (%w)", err)
	}
	return doc, nil
}

// mismatch explains how a document is not of the platform that is worked on.
// The account is checked by BindAccount, once AWS has said which it is.
func (d *Document) mismatch(want Identity) error {
	for _, f := range []struct{ name, have, want string }{
		{"platform", d.Platform, want.Platform},
		{"target", d.Target, want.Target},
		{"region", d.Region, want.Region},
	} {
		if f.have != f.want {
			return fmt.Errorf("it belongs to %s %q, but this run is for %s %q", f.name, f.have, f.name, f.want)
		}
	}
	return nil
}
