package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

var shop = Identity{Platform: "shop", Target: "local", Region: "us-east-1"}

func open(t *testing.T, path string) *Store {
	t.Helper()
	store, err := Open(path, shop)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func record(kind, name string, generation int) resource.Record {
	return resource.Record{
		Key: resource.Key{Kind: kind, Name: name}, Generation: generation, ID: fmt.Sprintf("%s-%d", kind, generation), Needs: []string{"vpc/vpc-1"},
		Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

func TestStore_RoundTrips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "shop.json")
	store := open(t, path)
	if _, err := os.Stat(filepath.Dir(path)); !os.IsNotExist(err) {
		t.Error("opening a state wrote something")
	}
	if err := store.BindAccount("123456789012"); err != nil {
		t.Fatal(err)
	}
	needsNothing, unknown := record("vpc", "main", 1), record("address", "nat-a", 1)
	needsNothing.Needs, unknown.Needs = []string{}, nil
	for _, r := range []resource.Record{record("subnet", "a", 2), record("subnet", "a", 1), needsNothing, unknown} {
		if err := store.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Update(func(d *Document) { d.Remove(record("subnet", "a", 1)) }); err != nil {
		t.Fatal(err)
	}
	want := store.Document()
	got := open(t, path).Document()
	for _, r := range []resource.Record{record("subnet", "a", 2), needsNothing, unknown} {
		if found, ok := got.Find(r.Key, r.ID); !ok || !reflect.DeepEqual(found, r) {
			t.Errorf("read %+v, want %+v", found, r)
		}
	}
	want.Records, got.Records = nil, nil
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Incarnation == "" || got.Account != "123456789012" || got.Serial != 5 {
		t.Errorf("read %+v", got)
	}
}

func TestStore_FileModeIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "shop.json")
	if err := open(t, path).Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	// One that others could read is closed to them by the next write.
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Put(record("vpc", "main", 2)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestStore_BatchesConcurrentUpdates(t *testing.T) {
	store := open(t, filepath.Join(t.TempDir(), "shop.json"))
	var writes [][]byte
	begun, gate := make(chan struct{}, 1), make(chan struct{})
	store.write = func(_ string, data []byte) error {
		writes = append(writes, data) // one at a time, or the race detector objects
		if len(writes) == 1 {
			close(begun)
		}
		<-gate
		return nil
	}
	const updates = 50
	var changed, all sync.WaitGroup
	update := func(name string) {
		changed.Add(1)
		all.Go(func() {
			err := store.Update(func(d *Document) {
				d.Put(record("subnet", name, 1))
				changed.Done()
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	update("first")
	<-begun
	for i := range updates {
		update(fmt.Sprint(i))
	}
	changed.Wait() // all others have changed the document while the first is written
	close(gate)
	all.Wait()
	if len(writes) != 2 {
		t.Errorf("%d updates during a write made %d more, want 1", updates, len(writes)-1)
	}
	last, err := decode(writes[len(writes)-1])
	if err != nil || len(last.Records) != updates+1 {
		t.Errorf("the last write holds %d records, %v, want %d", len(last.Records), err, updates+1)
	}
}

func TestStore_UpdateWaitsForDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.json")
	store := open(t, path)
	if err := store.Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	full, good := errors.New("no space left on device"), store.write
	store.write = func(string, []byte) error { return full }
	var unwritable *Unwritable
	if err := store.Put(record("vpc", "main", 2)); !errors.As(err, &unwritable) || !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("the error of a failed write is %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("a failed write left %s, %v", after, err)
	}
	// The next write holds what the failed one did not.
	store.write = good
	if err := store.Put(record("vpc", "main", 3)); err != nil {
		t.Fatal(err)
	}
	if doc := open(t, path).Document(); len(doc.Records) != 3 {
		t.Errorf("%d records, want 3", len(doc.Records))
	}
}

// TestStore_WritesAtomically reads the file while it is replaced.
func TestStore_WritesAtomically(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.json")
	store := open(t, path)
	if err := store.Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			if err := store.Put(record("subnet", strings.Repeat("a", i*50+1), 1)); err != nil {
				t.Error(err)
			}
		}
	}()
	for reads := 0; ; reads++ {
		if _, err := Open(path, shop); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(entries) != 2 {
				t.Errorf("beside the state and its copy there are %v, %v", entries, err)
			}
			if reads == 0 {
				t.Error("nothing was read meanwhile")
			}
			return
		default:
		}
	}
}

func TestStore_SortsRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.json")
	store := open(t, path)
	for _, r := range []resource.Record{record("vpc", "main", 1), record("subnet", "b", 1), record("subnet", "a", 2), record("subnet", "a", 1)} {
		if err := store.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range open(t, path).Document().Records {
		got = append(got, fmt.Sprintf("%s@%d", r.Key, r.Generation))
	}
	if diff := testenv.Diff([]string{"subnet/a@1", "subnet/a@2", "subnet/b@1", "vpc/main@1"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpen_UnreadableFile(t *testing.T) {
	good := func(change func(map[string]any)) string {
		doc := map[string]any{"version": 1, "platform": "shop", "target": "local", "region": "us-east-1", "incarnation": "i", "records": []any{}}
		change(doc)
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	set := func(key string, value any) string { return good(func(doc map[string]any) { doc[key] = value }) }
	for name, test := range map[string]struct{ text, want string }{
		"not ours":       {`{"a": 1}`, "it is not a state file of platformctl (it has no version)"},
		"a list":         {`[]`, "it is not a state file of platformctl (json: cannot unmarshal array"},
		"YAML":           {"name: shop\n", "it is not a state file of platformctl (invalid character"},
		"newer":          {set("version", 3), "it has version 3 and was written by a newer platformctl; this one reads up to version 2: use the newer one"},
		"newer, changed": {`{"version": 7, "records": {"otherwise": true}}`, "it has version 7"},
		"newer, cut off": {`{"version": 7, "rec`, "it has version 7"},
		"mall, cut off":  {`{"version": 1, "platform": "mall", "tar`, `it belongs to platform "mall", but this run is for platform "shop"`},
		"platform":       {set("platform", "mall"), `it belongs to platform "mall", but this run is for platform "shop"`},
		"target":         {set("target", "aws"), `it belongs to target "aws", but this run is for target "local"`},
		"region":         {set("region", "eu-west-1"), `it belongs to region "eu-west-1", but this run is for region "us-east-1"`},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "shop.json")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path, shop)
			var unreadable *Unreadable
			if !errors.As(err, &unreadable) || unreadable.Path != path {
				t.Fatalf("error %v, want an Unreadable with the path", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want %q in it", err, test.want)
			}
		})
	}
	path := filepath.Join(t.TempDir(), "shop.json")
	if err := os.WriteFile(path, []byte(good(func(map[string]any) {})), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestBind_RefusesOtherAccount(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.json")
	store := open(t, path)
	if err := store.BindAccount("123456789012"); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	err := open(t, path).BindAccount("210987654321")
	var unreadable *Unreadable
	if !errors.As(err, &unreadable) || !strings.Contains(err.Error(), `account "123456789012", but these credentials are of account "210987654321"`) {
		t.Errorf("error %v", err)
	}
}

func TestStore_Clear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.json")
	store := open(t, path)
	if err := store.Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	if err := store.Put(record("vpc", "main", 2)); err != nil { // so that there is a copy
		t.Fatal(err)
	}
	for range 2 { // also where there is no file any more
		if err := store.Clear(); err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) > 0 {
			t.Errorf("there are still %v, %v", entries, err)
		}
	}
	if records := store.Document().Records; len(records) > 0 {
		t.Errorf("records left: %v", records)
	}
	// A platform that is made again never repeats the tokens of the old one.
	key := resource.Key{Kind: "vpc", Name: "main"}
	old, fresh := store.Document(), open(t, path).Document()
	if old.Token(key, 1) == fresh.Token(key, 1) {
		t.Error("the new platform has the old one's client tokens")
	}
}

func TestDocument_Token(t *testing.T) {
	doc := Document{Incarnation: "a"}
	vpc, subnet := resource.Key{Kind: "vpc", Name: "main"}, resource.Key{Kind: "subnet", Name: "main"}
	other := Document{Incarnation: "b"}
	tokens := map[string]bool{doc.Token(vpc, 1): true, doc.Token(vpc, 2): true, doc.Token(subnet, 1): true, other.Token(vpc, 1): true}
	if len(tokens) != 4 {
		t.Errorf("different objects share a token: %v", tokens)
	}
	if first, again := doc.Token(vpc, 1), doc.Token(vpc, 1); first != again || len(first) != 32 {
		t.Errorf("tokens %q and %q, want the same 32 digits", first, again)
	}
}

func TestStore_WithoutFile(t *testing.T) {
	store := open(t, "")
	if err := store.Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	if len(store.Document().Records) != 1 || store.Path() != "" {
		t.Errorf("state %+v at %q", store.Document(), store.Path())
	}
	if err := store.Clear(); err != nil {
		t.Fatal(err)
	}
}

func TestStore_DocumentIsCopy(t *testing.T) {
	store := open(t, "")
	if err := store.Put(record("vpc", "main", 1)); err != nil {
		t.Fatal(err)
	}
	doc := store.Document()
	doc.Records[0].ID = "other"
	store.Read(func(d *Document) {
		if d.Records[0].ID == "other" {
			t.Error("changing a copy changed the state")
		}
	})
}

func TestStore_DistinguishesCopiesOfOneGeneration(t *testing.T) {
	var doc Document
	intent := record("vpc", "main", 1)
	intent.ID = ""
	doc.Put(intent)
	first, second := record("vpc", "main", 1), record("vpc", "main", 1)
	second.ID = "vpc-copy"
	doc.Put(first)
	if len(doc.Records) != 1 {
		t.Errorf("the object did not take the place of its intent: %v", doc.Records)
	}
	doc.Put(second)
	doc.Remove(second)
	if found, ok := doc.Find(first.Key, first.ID); !ok || len(doc.Records) != 1 {
		t.Errorf("removing a copy left %v, %v", found, doc.Records)
	}
	doc.Remove(first)
	if latest := doc.Latest(first.Key); latest != 1 {
		t.Errorf("the generation that was there is forgotten: %d", latest)
	}
}
