package apply

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// journal is how a run meets the state. The order of durability is in its three
// verbs, each of which returns when all is on disk: a call that makes or deletes
// something is intended before it is sent; what AWS has answered is recorded before
// anything is waited for; and an object is forgotten once it is certain that it isn't
// there. So a run that is killed at any moment leaves nothing that the next one
// doesn't find.
type journal struct{ store *state.Store }

// intend writes what the next call is about to do: make an object, where the record
// has no ID yet, or delete one. It sets the moment from which AWS may be late.
func (j journal) intend(record *resource.Record) error {
	record.Since = time.Now().UTC()
	return j.store.Put(*record)
}

// record writes what is known of objects that are there, all in one write.
func (j journal) record(records ...resource.Record) error {
	return j.update(records, (*state.Document).Put)
}

// forget drops records of objects that are not there, or of intents that came to
// nothing. Of a name that was used again, the state has the successor's record by now,
// which stays.
func (j journal) forget(records ...resource.Record) error {
	return j.update(records, func(d *state.Document, r resource.Record) {
		if known, ok := d.Find(r.Key, r.ID); !ok || r.Intent() || known.Generation == r.Generation {
			d.Remove(r)
		}
	})
}

func (j journal) update(records []resource.Record, change func(*state.Document, resource.Record)) error {
	if len(records) == 0 {
		return nil
	}
	return j.store.Update(func(d *state.Document) {
		for _, r := range records {
			change(d, r)
		}
	})
}

// refused notes with which code AWS refused what a key's intents are for.
func (j journal) refused(key resource.Key, code string) error {
	return j.store.Update(func(d *state.Document) {
		for i := range d.Records {
			if r := &d.Records[i]; r.Key == key && r.Intent() {
				r.Refused = code
			}
		}
	})
}

// find is the record of an object.
func (j journal) find(key resource.Key, id string) (found resource.Record, ok bool) {
	j.store.Read(func(d *state.Document) { found, ok = d.Find(key, id) })
	return found, ok
}

// knows says whether there is any record of a key.
func (j journal) knows(key resource.Key) (known bool) {
	j.store.Read(func(d *state.Document) {
		known = slices.ContainsFunc(d.Records, func(r resource.Record) bool { return r.Key == key })
	})
	return known
}

// token is the client token of a key's generation.
func (j journal) token(key resource.Key, generation int) (token string) {
	j.store.Read(func(d *state.Document) { token = d.Token(key, generation) })
	return token
}
