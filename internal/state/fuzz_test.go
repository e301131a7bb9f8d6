package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// FuzzOpen puts anything in the state's place, and in its copy's. It is read,
// or refused, or kept: never is there a panic, and never is anything lost.
func FuzzOpen(f *testing.F) {
	whole, err := os.ReadFile(golden(Version))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(whole), string(whole[:300]), "", "\x00\x00", "{}", "[]", "null", `{"version": 3}`, `{"version": -1}`, `{"version": 1e3, "platf`,
		`{"version": 1, "platform": "mall"`, `{"version": 1, "incarnation": "i", "records": [{"key": "/", "generation": 1}]}`, `{"version":1}{"version":3}`,
		`{"VERSION": 1, "version": 99}`,
	} {
		f.Add(seed, string(whole), true)
		f.Add(seed, seed, false)
	}
	identity := sample().Identity
	f.Fuzz(func(t *testing.T, file, copied string, own bool) {
		dir := t.TempDir()
		if own {
			dir = filepath.Join(dir, Directory)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, "shop.json")
		write(t, path, file)
		write(t, SparePath(path), copied)
		store, err := Open(path, identity)
		if text(t, path) != file || text(t, SparePath(path)) != copied {
			t.Fatal("opening a state changed something")
		}
		if err != nil {
			if !errors.As(err, new(*Unreadable)) {
				t.Fatalf("got %T: %v", err, err)
			}
			return
		}
		if err := store.Put(record("vpc", "main", 7)); err != nil {
			t.Fatal(err)
		}
		// What was there is in its copy, or kept.
		kept := SparePath(path)
		if found := store.Damage(); found != nil {
			kept = found.Kept
		}
		if text(t, kept) != file {
			t.Errorf("what the file held is lost")
		}
		again, err := Open(path, identity)
		if err != nil || again.Damage() != nil {
			t.Fatalf("what was written can't be read: %v, %v", err, again.Damage())
		}
		want, got := store.Document(), again.Document()
		want.UnknownUntil = got.UnknownUntil
		for _, doc := range []*Document{&want, &got} {
			if len(doc.Records) != len(store.Document().Records) {
				t.Errorf("%d records, want %d", len(doc.Records), len(store.Document().Records))
			}
			doc.Records = nil // they are written in order
			if len(doc.Retired) == 0 {
				doc.Retired = nil
			}
		}
		if diff := testenv.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
