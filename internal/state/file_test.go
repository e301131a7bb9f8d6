package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

// grown is a state file with two objects, of which its copy knows the first.
func grown(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "shop.json")
	store := open(t, path)
	for _, r := range []resource.Record{record("vpc", "main", 1), record("subnet", "a", 1)} {
		if err := store.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestBackup_IsOneWriteOld checks it after every write, also of another run: what
// the copy doesn't know is the last write alone.
func TestBackup_IsOneWriteOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.json")
	before := ""
	for range 3 {
		store := open(t, path)
		for i := range 3 {
			if err := store.Put(record("vpc", "main", i+1)); err != nil {
				t.Fatal(err)
			}
			if before != "" && text(t, SparePath(path)) != before {
				t.Fatalf("the copy holds %s, want what the file held before: %s", text(t, SparePath(path)), before)
			}
			before = text(t, path)
		}
	}
}

// TestBackup_IsSeparateFile makes sure that what is written into the one doesn't
// damage the other, also after a run that was killed between making the copy
// and replacing the file.
func TestBackup_IsSeparateFile(t *testing.T) {
	path := grown(t)
	store := open(t, path)
	if err := keepSpare(path); err != nil {
		t.Fatal(err)
	}
	write(t, SparePath(path)+".new", "of a run that was killed")
	if err := store.Put(record("vpc", "main", 2)); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
		t.Errorf("beside the state and its copy there are %v, %v", entries, err)
	}
	write(t, path, "garbage")
	if len(open(t, path).Document().Records) != 2 {
		t.Error("the copy was damaged with the file")
	}
}

func TestRepair_DamagedFileFromBackup(t *testing.T) {
	whole := text(t, grown(t))
	for name, damage := range map[string]string{
		"empty": "", "zeros": strings.Repeat("\x00", 4096), "truncated": whole[:len(whole)/2], "garbage": "\x7fELF\x02", "a list": "[]",
		"no version": `{}`, "a bad key": strings.Replace(whole, "vpc/main", "vpc", 1), "no incarnation": strings.Replace(whole, "incarnation", "in", 1),
		"no generation": strings.Replace(whole, `"generation": 1`, `"generation": 0`, 1), "twice": whole + whole,
	} {
		t.Run(name, func(t *testing.T) {
			path := grown(t)
			incarnation := open(t, path).Document().Incarnation
			write(t, path, damage)
			moment := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, moment, moment); err != nil {
				t.Fatal(err)
			}

			store := open(t, path)
			doc := store.Document()
			if _, ok := doc.Find(resource.Key{Kind: "vpc", Name: "main"}, "vpc-1"); !ok || len(doc.Records) != 1 || doc.Incarnation != incarnation {
				t.Fatalf("the state is not that of the copy: %+v", doc)
			}
			if !doc.UnknownUntil.Equal(moment) {
				t.Errorf("calls may be unknown until %v, want the file's time %v", doc.UnknownUntil, moment)
			}
			found := store.Damage()
			if found == nil || !found.Spare || found.Kept != "" || !strings.Contains(found.String(), "Going on from its last good copy, "+SparePath(path)) {
				t.Fatalf("damage %v", found)
			}
			if text(t, path) != damage {
				t.Error("opening a state changed its file")
			}

			if err := store.Repair(); err != nil {
				t.Fatal(err)
			}
			kept := store.Damage().Kept
			if !strings.HasPrefix(kept, path+".damaged-") || !strings.Contains(store.Damage().String(), kept) || text(t, kept) != damage {
				t.Errorf("%s is not the damaged file, or is not told of in %q", kept, store.Damage())
			}
			again := open(t, path)
			if again.Damage() != nil || len(again.Document().Records) != 1 || again.Document().Incarnation != incarnation {
				t.Errorf("the repaired state is %+v, %v", again.Document(), again.Damage())
			}
			if err := again.Repair(); err != nil || again.Document().Serial != doc.Serial+1 {
				t.Errorf("repairing what is whole wrote something: %v", err)
			}
		})
	}
}

// TestRepair_KeepsDamagedFiles damages a state twice within a second.
func TestRepair_KeepsDamagedFiles(t *testing.T) {
	path := grown(t)
	for _, damage := range []string{"", `{"version": 1`} {
		write(t, path, damage)
		if err := open(t, path).Repair(); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, "the third")
	now := time.Now()
	first, err := setAside(path, now)
	if err != nil {
		t.Fatal(err)
	}
	second, err := setAside(path, now)
	if err != nil || first == second {
		t.Fatalf("kept as %s, then as %s, %v", first, second, err)
	}
	kept, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(kept) != 4 {
		t.Errorf("kept are %v, %v", kept, err)
	}
}

func TestRepair_DamagedFileWithoutBackup(t *testing.T) {
	// In the place of a state whatever is there is one; elsewhere it must look like one.
	dir := t.TempDir()
	own := filepath.Join(dir, Directory, "shop.json")
	if err := os.Mkdir(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, damage := range map[string]string{
		own: "garbage", filepath.Join(dir, "a.json"): "", filepath.Join(dir, "b.json"): `{"version": 1, "platform": "shop", "reg`,
	} {
		write(t, path, damage)
		store := open(t, path)
		if found := store.Damage(); found == nil || found.Spare || !strings.Contains(found.String(), "from the objects' tags alone") {
			t.Errorf("%s: damage %v", path, found)
		}
		if err := store.Put(record("vpc", "main", 1)); err != nil {
			t.Fatal(err)
		}
		if kept := store.Damage().Kept; text(t, kept) != damage || len(open(t, path).Document().Records) != 1 {
			t.Errorf("%s: %s holds %q", path, kept, text(t, kept))
		}
	}
}

func TestRepair_MissingFileFromBackup(t *testing.T) {
	path := grown(t)
	incarnation := open(t, path).Document().Incarnation
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	store := open(t, path)
	doc := store.Document()
	if len(doc.Records) != 1 || doc.Incarnation != incarnation || time.Since(doc.UnknownUntil) > time.Minute {
		t.Errorf("state %+v", doc)
	}
	if found := store.Damage(); found == nil || !strings.Contains(found.String(), path+" is missing. Going on from its last good copy") {
		t.Errorf("damage %v", found)
	}
	if err := store.Repair(); err != nil || store.Damage().Kept != "" {
		t.Errorf("repairing kept %q, %v", store.Damage().Kept, err)
	}
	if open(t, path).Damage() != nil {
		t.Error("it was not repaired")
	}
}

func TestBackup_OfAnotherPlatform(t *testing.T) {
	path := grown(t)
	mall := Identity{Platform: "mall", Target: "local", Region: "us-east-1"}
	var unreadable *Unreadable
	write(t, path, "") // whose it was can't be seen, but by the copy
	if _, err := Open(path, mall); !errors.As(err, &unreadable) || unreadable.Path != SparePath(path) {
		t.Errorf("error %v, want that the copy is another platform's", err)
	}
	// Without the file, a copy of another platform is nothing to this one.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	store, err := Open(path, mall)
	if err != nil || store.Damage() != nil || len(store.Document().Records) > 0 {
		t.Errorf("state %+v, %v", store, err)
	}
	// But what a newer version wrote is not passed over.
	write(t, SparePath(path), `{"version": 99}`)
	if _, err := Open(path, mall); !errors.As(err, &unreadable) || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("error %v", err)
	}
}

func TestBackup_DamagedIsIgnored(t *testing.T) {
	path := grown(t)
	write(t, SparePath(path), "garbage")
	if store := open(t, path); store.Damage() != nil || len(store.Document().Records) != 2 {
		t.Errorf("a whole state with a damaged copy is %+v, %v", store.Document(), store.Damage())
	}
	write(t, path, "")
	if found := open(t, path).Damage(); found == nil || found.Spare {
		t.Errorf("damage %v", found)
	}
}

// TestBackup_RemovedRatherThanStale makes links impossible.
func TestBackup_RemovedRatherThanStale(t *testing.T) {
	path := grown(t)
	if err := os.MkdirAll(filepath.Join(SparePath(path)+".new", "occupied"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Put(record("vpc", "main", 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(SparePath(path)); !os.IsNotExist(err) {
		t.Errorf("a copy is there that knows nothing of the last two writes: %v", err)
	}
}

func TestErrors_NameStateFile(t *testing.T) {
	cause := &fs.PathError{Op: "write", Path: "/d/.shop.json123", Err: syscall.ENOSPC}
	unwritable := &Unwritable{"shop.json", cause}
	if got := unwritable.Error(); got != "the state can't be written to shop.json: no space left on device" || !errors.Is(unwritable, syscall.ENOSPC) {
		t.Error(got)
	}
	link := &os.LinkError{Op: "link", Old: "a", New: "b", Err: syscall.EROFS}
	if got := (&Unwritable{"shop.json", link}).Error(); got != "the state can't be written to shop.json: read-only file system" {
		t.Error(got)
	}
	// A directory in the state's place.
	dir := t.TempDir()
	_, err := Open(dir, shop)
	if err == nil || err.Error() != "state file "+dir+": is a directory" {
		t.Error(err)
	}
	// A file in the place of the state's directory.
	file := filepath.Join(dir, "file")
	write(t, file, "")
	if _, err := Acquire(filepath.Join(file, "shop.json"), Holder{}); !errors.As(err, new(*Unwritable)) || !strings.Contains(err.Error(), "shop.lock: not a directory") {
		t.Error(err)
	}
}
