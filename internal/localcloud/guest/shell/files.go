package shell

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"mvdan.cc/sh/v3/interp"
)

// files are those of the instance. No path, and no symbolic link, leads out of its root.
type files struct{ root *os.Root }

// Inside is an absolute path of the instance relative to its root.
func Inside(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return "."
	}
	return name
}

// at resolves a path of the script.
func at(ctx context.Context, name string) string {
	if !path.IsAbs(name) {
		name = path.Join(interp.HandlerCtx(ctx).Dir, name)
	}
	return name
}

// nothing is the null device: it reads as empty and takes all.
type nothing struct{}

func (nothing) Read([]byte) (int, error)    { return 0, io.EOF }
func (nothing) Write(b []byte) (int, error) { return len(b), nil }
func (nothing) Close() error                { return nil }

func (f files) open(ctx context.Context, name string, flag int, mode os.FileMode) (io.ReadWriteCloser, error) {
	name = at(ctx, name)
	if name == "/dev/null" {
		return nothing{}, nil
	}
	return f.root.OpenFile(Inside(name), flag, mode.Perm())
}

func (f files) stat(ctx context.Context, name string, follow bool) (fs.FileInfo, error) {
	if follow {
		return f.root.Stat(Inside(at(ctx, name)))
	}
	return f.root.Lstat(Inside(at(ctx, name)))
}

func (f files) readDir(ctx context.Context, name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(f.root.FS(), Inside(at(ctx, name)))
}

// access asks what root may do: all, but execute what nobody may execute.
func (f files) access(ctx context.Context, name string, mode interp.AccessMode) error {
	info, err := f.root.Stat(Inside(at(ctx, name)))
	if err != nil {
		return err
	}
	if mode&interp.AccessExec != 0 && info.Mode()&0o111 == 0 {
		return fs.ErrPermission
	}
	return nil
}
