// Package state keeps the local index of what a platform consists of: a small
// versioned JSON document, written durably before and after every step, its
// last good copy, and the lock that keeps two runs apart. It holds no secrets,
// and it can be lost: the objects' tags say the same. What a run makes of it is
// not decided here.
//
// # Versions
//
// A state file of any version that ever was released can be read for ever.
// testdata has one of each, v1.json and so on, and tests hold them to that.
// Such a file is never changed once its version is released. Whatever changes
// the form of the document, be it one more field, makes a new version, because
// a program that doesn't know the field would drop it: raise Version, add a
// file with every field set as testdata/v<Version>.json, and teach decode to
// read the versions before. A file of a newer version is refused, never
// guessed at.
package state

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

// Version is the schema that this program writes. It reads all up to it.
const Version = 2

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
	// Made says who made the platform what it is. Nil where no up has begun, or where
	// the state is of version 1. It is replaced as a whole, never changed.
	Made *Made `json:"made,omitempty"`

	// Applied is the configuration that the last successful up made the platform of, as
	// provision writes and reads it: 64 KB at the most. Version 1 had none, nor Refused of a record.
	Applied json.RawMessage `json:"applied,omitempty"`

	// UnknownUntil is set where the file was lost: until then calls may have
	// been made that the records don't tell of. It is not written.
	UnknownUntil time.Time `json:"-"`
}

// Made is where the last up was run, and what it went by.
type Made struct {
	// Directory is its working directory, and Config its configuration file, both as
	// absolute paths. Config is "" for the built-in platform.
	Directory string `json:"directory"`
	Config    string `json:"config"`
	// Settings are the variables and flags that set a key, such as PLATFORMCTL_WEB_INSTANCES,
	// each with a digest of its value: what it was isn't kept.
	Settings map[string]string `json:"settings,omitempty"`
}

// Known reports whether the document tells of anything: of an object, or of one that
// there was.
func (d *Document) Known() bool { return len(d.Records) > 0 || len(d.Retired) > 0 }

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
	for i := range d.Records {
		if r := &d.Records[i]; r.ID == id && r.Key == key {
			return *r, true
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

// damaged is what is wrong with text that doesn't hold a whole document.
type damaged struct{ err error }

func (e *damaged) Error() string { return fmt.Sprintf("it is damaged (%v)", e.err) }
func (e *damaged) Unwrap() error { return e.err }

// decode reads a document of any version up to Version. The error of a document
// that isn't whole is a *damaged.
func decode(data []byte) (*Document, error) {
	doc := &Document{}
	err := json.Unmarshal(data, doc)
	version := doc.Version
	if err != nil {
		// Also of a document that is cut off, or whose form is not known here.
		version = readHead(data).Version
	}
	if version > Version {
		return nil, fmt.Errorf("it has version %d and was written by a newer platformctl; this one reads up to version %d: use the newer one", version, Version)
	}
	if err == nil {
		err = doc.check()
	}
	if err != nil {
		return nil, &damaged{err}
	}
	doc.Version = Version // in which it is written again
	if doc.Applied != nil {
		var compact bytes.Buffer
		if err := json.Compact(&compact, doc.Applied); err != nil {
			return nil, &damaged{err}
		}
		doc.Applied = compact.Bytes()
	}
	return doc, nil
}

// readHead reads the document's plain members, as far as the text can be read.
func readHead(data []byte) Document {
	var head Document
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return head
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		// What is of another type is left out, as if it were not there.
		switch name {
		case "version":
			_ = json.Unmarshal(value, &head.Version)
		case "platform":
			_ = json.Unmarshal(value, &head.Platform)
		case "target":
			_ = json.Unmarshal(value, &head.Target)
		case "region":
			_ = json.Unmarshal(value, &head.Region)
		}
	}
	return head
}

// check says how a document can't be one that this program wrote.
func (d *Document) check() error {
	switch {
	case d.Version < 1:
		return errors.New("it has no version")
	case d.Incarnation == "":
		return errors.New("it has no incarnation")
	}
	for i, r := range d.Records {
		if r.Key.Kind == "" || r.Key.Name == "" || r.Generation < 1 {
			return fmt.Errorf("record %d has no key or no generation", i+1)
		}
	}
	return nil
}

// Mismatch is the error of a state that is whole, and of something else than is worked on.
type Mismatch struct {
	// Field is "platform", "target", "region" or "account"; Have is the state's value of it, Want that of the run.
	Field, Have, Want string
	// Platform is the state's.
	Platform string
}

// Error names both values.
func (e *Mismatch) Error() string {
	if e.Field == "account" {
		return fmt.Sprintf("it belongs to account %q, but these credentials are of account %q", e.Have, e.Want)
	}
	return fmt.Sprintf("it belongs to %s %q, but this run is for %s %q", e.Field, e.Have, e.Field, e.Want)
}

// mismatch explains how a document, or what is left of one, is not of the
// platform that is worked on. The account is checked by BindAccount, once AWS
// has said which it is.
func (d *Document) mismatch(want Identity, whole bool) error {
	for _, f := range []struct{ name, have, want string }{
		{"platform", d.Platform, want.Platform},
		{"target", d.Target, want.Target},
		{"region", d.Region, want.Region},
	} {
		if f.have != f.want && (whole || f.have != "") {
			return &Mismatch{Field: f.name, Have: f.have, Want: f.want, Platform: d.Platform}
		}
	}
	return nil
}
