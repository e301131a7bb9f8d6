// Package disk bounds what one instance keeps in files of this machine. All that writes for the instance asks it first:
// scripts, cloud-init, and the logs of an nginx of this machine, which grow by themselves.
//
// It knows sizes alone. Which files belong to the instance is its root directory's to say.
package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Size is what an instance's files may take all together, in bytes. A file takes whole blocks, and so does a directory.
const (
	Size  = 64 << 20
	Block = 4 << 10
)

// full is what AWS's instances say of a full disk: the text of ENOSPC, as the C library has it.
type full struct{}

// Error implements error.
func (full) Error() string { return "No space left on device" }

// Unwrap makes it an ENOSPC.
func (full) Unwrap() error { return syscall.ENOSPC }

// ErrFull says that the disk is full. It is an ENOSPC, in the C library's words.
var ErrFull error = full{}

// IsFull reports whether an error says that the disk is full.
func IsFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }

// Disk is an instance's. Its methods may be called at any time from any goroutine.
type Disk struct {
	root string

	mu   sync.Mutex
	free int64 // at most this is left
	lent loan
}

// loan is room that files of a program grow into without asking.
type loan struct {
	files []string // by their paths in the instance
	most  int64    // size of each, at most
}

// New is the disk of the instance whose files lie in root, which need not be there yet.
func New(root string) *Disk { return &Disk{root: root} }

// Measure finds out what is free, after files were removed or cut short.
func (d *Disk) Measure() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.measure()
}

func (d *Disk) measure() {
	d.free = Size
	root, err := os.OpenRoot(d.root)
	if err != nil {
		return // there is nothing yet
	}
	defer root.Close()
	// What can't be read has no size.
	_ = fs.WalkDir(root.FS(), ".", func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		d.free -= Block
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			d.free -= blocks(info.Size()) - Block
		}
		return nil
	})
	for _, size := range sizes(root, d.lent.files) {
		d.free -= max(0, d.lent.most-size)
	}
}

// blocks is what a file of a size takes.
func blocks(size int64) int64 { return max(1, (size+Block-1)/Block) * Block }

// Take takes room for a file of n bytes, or for n bytes more of one. It is ErrFull where there isn't so much.
func (d *Disk) Take(n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.take(n)
}

// TakeFile takes room for a file that is to be written at a path below root, and for the directories that it lacks. The
// error is Take's.
func (d *Disk) TakeFile(root *os.Root, name string, size int) error {
	room := int64(size) + Block
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := root.Stat(dir); err == nil {
			break
		}
		room += Block
	}
	return d.Take(room)
}

func (d *Disk) take(n int64) error {
	if n > d.free {
		return ErrFull
	}
	d.free -= n
	return nil
}

// Write writes to a file of the instance. As on a disk, what there is room for is written of a text that is too long.
func (d *Disk) Write(to io.Writer, p []byte) (n int, err error) {
	d.mu.Lock() // also while it writes, so that no measure misses what was taken
	defer d.mu.Unlock()
	room := min(int64(len(p)), max(0, d.free))
	d.free -= room
	if n, err = to.Write(p[:room]); err == nil && n < len(p) {
		err = ErrFull
	}
	return n, err
}

// Lend lets a program append to files, given by their paths in the instance, and returns the size to which each may
// grow. All of them together get half of what is free. The error is Make's. What was lent before comes back.
func (d *Disk) Lend(files []string) (most int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lent = loan{}
	have, err := d.make(files)
	if err != nil {
		return 0, err
	}
	d.lent = loan{files, level(have, max(0, d.free/2))}
	for _, size := range have {
		d.free -= max(0, d.lent.most-size)
	}
	return d.lent.most, nil
}

// Make takes room for those of some files, given by their paths in the instance, that a program would have to make. The
// error is an *fs.PathError with ErrFull where there is no room.
func (d *Disk) Make(files []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.make(files)
	return err
}

func (d *Disk) make(files []string) (have []int64, err error) {
	d.measure()
	root, err := os.OpenRoot(d.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, name := range files {
		if _, err := root.Stat(relative(name)); errors.Is(err, fs.ErrNotExist) {
			if err := d.take(Block); err != nil {
				return nil, &fs.PathError{Op: "open", Path: path.Clean("/" + name), Err: err}
			}
		}
	}
	return sizes(root, files), nil
}

// relative is a path of the instance as its root takes it.
func relative(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// Return ends what was lent.
func (d *Disk) Return() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lent = loan{}
	d.measure()
}

// level is the size to which files of these sizes can all grow with so much room, in whole blocks. It is at least one: a
// program has files of its own beside.
func level(sizes []int64, room int64) int64 {
	if len(sizes) == 0 {
		return Block
	}
	sorted := slices.Sorted(slices.Values(sizes))
	sum := int64(0)
	for i, size := range sorted {
		sum += size
		to := (room + sum) / int64(i+1) // if no other grows
		if i+1 == len(sorted) || to <= sorted[i+1] {
			return max(1, to/Block) * Block
		}
	}
	return Block
}

// sizes are those of files in a root, 0 where there is none.
func sizes(root *os.Root, files []string) (all []int64) {
	for _, name := range files {
		size := int64(0)
		if info, err := root.Stat(relative(name)); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
		all = append(all, size)
	}
	return all
}
