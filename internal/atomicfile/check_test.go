//go:build unix

package atomicfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// TestWrite_LeavesWhatIsNoRegularFile keeps devices, pipes and links as they are, and waits for none.
func TestWrite_LeavesWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	pipe, link, null := filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "null")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{link: filepath.Join(dir, "nowhere"), null: os.DevNull} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		pipe: "not a regular file", null: "not a regular file", link: "a link to a file that isn't there",
	} {
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		_, read := atomicfile.Read(path)
		_, create := atomicfile.Create(path, 0o600)
		for what, err := range map[string]error{"read": read, "create": create, "write": atomicfile.Write(path, []byte("{}"), 0o600)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: %v, want %q", what, filepath.Base(path), err, want)
			}
		}
		if after, err := os.Lstat(path); err != nil || after.Mode() != before.Mode() {
			t.Errorf("%s is %v now, %v; it was %v", filepath.Base(path), after, err, before.Mode())
		}
	}
}
