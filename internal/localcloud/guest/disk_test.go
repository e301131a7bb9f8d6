package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
)

// TestGuest_CopiesFillItsDiskAlone has user data whose few lines would take 120 MiB of this machine.
func TestGuest_CopiesFillItsDiskAlone(t *testing.T) {
	var data strings.Builder
	fmt.Fprintf(&data, "#cloud-config\nwrite_files:\n- path: /a\n  content: %s\nruncmd:\n", strings.Repeat("a", 3<<20))
	for i := range 40 {
		fmt.Fprintf(&data, "- cp /a /%d\n", i)
	}
	g := open(t, options(t, nginx.Program{}, data.String()))
	g.Start()
	if err := g.Booted(t.Context()); !disk.IsFull(err) {
		t.Errorf("booted with %v", err)
	}
	if want := "cp: error writing '/39': No space left on device"; !strings.Contains(g.Console(), want) {
		t.Errorf("the console doesn't say %q", want)
	}
	if size, err := sizeOf(g.root()); err != nil || size > disk.Size {
		t.Errorf("it takes %d bytes, %v", size, err)
	}
}

// TestGuest_DirectoriesFillItsDisk has files that are small, below directories that aren't there yet: user data of 20 KB, once
// it is packed, would make millions.
func TestGuest_DirectoriesFillItsDisk(t *testing.T) {
	g := open(t, options(t, nginx.Program{}, ""))
	hole := filepath.Join(g.root(), "hole")
	if err := errors.Join(os.MkdirAll(g.root(), 0o755), os.WriteFile(hole, nil, 0o600), os.Truncate(hole, disk.Size-10*disk.Block)); err != nil {
		t.Fatal(err)
	}
	file := func(depth int) []cloudinit.File {
		return []cloudinit.File{{Path: strings.Repeat("/d", depth) + "/f", Owner: "root:root", Mode: 0o644, Content: []byte("x")}}
	}
	for _, tt := range []struct {
		depth int
		want  string
	}{
		{8, "[Errno 28] No space left on device: '/d/d/d/d/d/d/d/d/f'"}, // 9 blocks are left, and the text has some bytes more
		{7, ""}, {101, "a file below 101 directories: not simulated"},
	} {
		if err := g.writeFiles(file(tt.depth), false); (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("below %d: %v, want %q", tt.depth, err, tt.want)
		}
	}
	if size, err := sizeOf(g.root()); err != nil || size > disk.Size {
		t.Errorf("it takes %d bytes, %v", size, err)
	}
}

// sizeOf is what an instance's files and directories take, in bytes.
func sizeOf(root string) (size int64, err error) {
	err = fs.WalkDir(os.DirFS(root), ".", func(_ string, entry fs.DirEntry, err error) error {
		if info, err := entry.Info(); err == nil {
			size += (info.Size() + disk.Block - 1) / disk.Block * disk.Block
		}
		return err
	})
	return size, err
}
