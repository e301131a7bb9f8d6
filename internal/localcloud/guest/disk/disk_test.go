package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// fill makes a file of a size that takes no room here.
func fill(t *testing.T, root, name string, size int64) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(root, 0o700), os.WriteFile(filepath.Join(root, name), nil, 0o600), os.Truncate(filepath.Join(root, name), size)); err != nil {
		t.Fatal(err)
	}
}

func TestDisk_EndsWithENOSPC(t *testing.T) {
	root := t.TempDir()
	fill(t, root, "a", Size-3*Block) // with its directory two blocks are left
	d := New(root)
	d.Measure()
	if err := d.Take(Block); err != nil {
		t.Errorf("a block of two: %v", err)
	}
	var to bytes.Buffer
	n, err := d.Write(&to, make([]byte, Block+1))
	if n != Block || to.Len() != Block || !errors.Is(err, syscall.ENOSPC) || err.Error() != "No space left on device" {
		t.Errorf("wrote %d of %d: %v", n, Block+1, err)
	}
	if err := d.Take(1); !IsFull(err) {
		t.Errorf("one byte more: %v", err)
	}
	if err := os.Remove(filepath.Join(root, "a")); err != nil {
		t.Fatal(err)
	}
	d.Measure()
	if err := errors.Join(d.Take(Size-Block), d.Take(0)); err != nil {
		t.Errorf("once the file is gone: %v", err)
	}
}

// Empty files take room, too: else an instance could make as many as it likes.
func TestDisk_CountsEmptyFiles(t *testing.T) {
	root := t.TempDir()
	for i := range 9 {
		fill(t, root, fmt.Sprint(i), 0)
	}
	d := New(root)
	d.Measure()
	if err := d.Take(Size - 10*Block); err != nil {
		t.Error(err)
	}
	if err := d.Take(1); !IsFull(err) {
		t.Errorf("nine empty files take no room: %v", err)
	}
}

func TestDisk_LendsHalf(t *testing.T) {
	root := t.TempDir()
	fill(t, root, "full", Size-11*Block)
	fill(t, root, "log", 2*Block)
	d := New(root) // 8 blocks are left
	most, err := d.Lend([]string{"/log", "/../new"})
	if err != nil || most != 2*Block { // half of the 7 that are left beside the new one: 2 for it, none for both
		t.Errorf("lent %d, %v", most, err)
	}
	free := func() int64 { d.mu.Lock(); defer d.mu.Unlock(); return d.free }
	left := free()
	if left != 5*Block {
		t.Errorf("%d bytes are left", left)
	}
	fill(t, root, "new", most) // they grow
	fill(t, root, "log", most)
	if d.Measure(); free() < left {
		t.Errorf("%d bytes are left once the files have grown, %d were promised", free(), left)
	}
	if err := os.Truncate(filepath.Join(root, "log"), 0); err != nil {
		t.Fatal(err)
	}
	if d.Measure(); free() != 5*Block {
		t.Errorf("%d bytes are left while the log may grow again", free())
	}
	if d.Return(); free() != 7*Block {
		t.Errorf("%d bytes are left at the end", free())
	}
}

func TestDisk_LendsNothingWhereItIsFull(t *testing.T) {
	root := t.TempDir()
	fill(t, root, "full", Size)
	fill(t, root, "log", 5*Block)
	d := New(root)
	if most, err := d.Lend([]string{"log"}); err != nil || most != 5*Block {
		t.Errorf("a log that is there: %d, %v", most, err)
	}
	if _, err := d.Lend([]string{"log", "more"}); !IsFull(err) || err.Error() != "open /more: No space left on device" {
		t.Errorf("a log that isn't there: %v", err)
	}
}

func TestLevel(t *testing.T) {
	for _, tt := range []struct {
		sizes []int64
		room  int64
		want  int64
	}{
		{nil, 1 << 20, Block},
		{[]int64{0}, 0, Block},
		{[]int64{0}, 1 << 20, 1 << 20},
		{[]int64{0, 0}, 1 << 20, 1 << 19},
		{[]int64{1 << 20, 0}, 1 << 20, 1 << 20},
		{[]int64{1 << 20, 0}, 3 << 20, 2 << 20},
		{[]int64{1 << 20, 2 << 20}, 0, 1 << 20},
		{[]int64{0}, Block + 1, Block},
	} {
		if got := level(tt.sizes, tt.room); got != tt.want {
			t.Errorf("%v with %d: got %d, want %d", tt.sizes, tt.room, got, tt.want)
		}
	}
}
