package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// TestWrite_ReplacesFileWhileRead replaces a file while somebody reads it, who has the old
// content to the end.
func TestWrite_ReplacesFileWhileRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.json")
	for _, content := range []string{"old", "new"} {
		if err := atomicfile.Write(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := atomicfile.Read(path)
		if err != nil || string(got) != content {
			t.Fatalf("read %q, %v, want %q", got, err, content)
		}
	}
	if err := atomicfile.SyncDirectory(dir); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, "shop.json")
}

func TestPending_IsInvisibleUntilReplaced(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.json")
	given := write(t, path)
	if _, err := atomicfile.Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read before it was in its place: %v", err)
	}
	if err := given.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}

	kept := write(t, path)
	if err := kept.CloseAtomicallyReplace(); err != nil {
		t.Fatal(err)
	}
	if err := kept.Cleanup(); err != nil {
		t.Fatal(err)
	}
	if got, err := atomicfile.Read(path); err != nil || string(got) != "{}" {
		t.Errorf("read %q, %v", got, err)
	}
	onlyFile(t, dir, "shop.json")
}

func write(t *testing.T, path string) *atomicfile.Pending {
	t.Helper()
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	return file
}

func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("the directory has %v, %v, want %s alone", entries, err, name)
	}
}
