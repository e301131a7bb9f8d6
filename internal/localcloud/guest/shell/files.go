package shell

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/interp"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
)

// files are those of the instance. No path, and no symbolic link, leads out of its root.
type files struct {
	root   *os.Root
	budget *budget
	source *sources
}

// sources are the files that scripts are about to source: what is read of them is prepared.
type sources struct {
	mu    sync.Mutex
	names []string
}

// expect notes the name of a file that is about to be sourced.
func (s *sources) expect(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, path.Base(name))
}

// take reports whether a file is one of them.
func (s *sources) take(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.names, path.Base(name))
	if i >= 0 {
		s.names = slices.Delete(s.names, i, i+1)
	}
	return i >= 0
}

// textFile is a text in place of a file.
type textFile struct {
	nothing
	text io.Reader
}

func (f textFile) Read(p []byte) (int, error) { return f.text.Read(p) }

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
	if step, ok := strings.CutPrefix(name, stepPath); ok {
		return nothing{}, f.step(ctx, step)
	}
	if asked, ok := strings.CutPrefix(name, patternPath); ok {
		return nothing{}, f.pattern(ctx, asked)
	}
	if name == outputPath {
		return f.output(ctx), nil
	}
	if name == "/dev/null" {
		return nothing{}, nil
	}
	if err := f.budget.listed(0); err != nil {
		return nil, err
	}
	if err := f.room(name, flag); err != nil {
		f.budget.fills("")
		return nil, &fs.PathError{Op: "sh:", Path: name, Err: err} // the interpreter shows it as it is
	}
	file, err := f.root.OpenFile(Inside(name), flag, mode.Perm())
	if err != nil {
		return nil, err
	}
	inBudget := counted{file, f.budget}
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 || !f.source.take(name) {
		return inBudget, nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(inBudget, mostText+1))
	if err != nil {
		return nil, err
	}
	ready, err := prepared(string(text))
	if err != nil {
		return nil, f.budget.refuse(err)
	}
	return textFile{text: strings.NewReader(ready)}, nil
}

// room takes the disk's for a file that is to be made.
func (f files) room(name string, flag int) error {
	if flag&os.O_CREATE == 0 {
		return nil
	}
	if _, err := f.root.Stat(Inside(name)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.budget.disk.Take(disk.Block)
}

// step asks the budget. what is how often variables stand in the word, and whether it replaces parts of one.
func (f files) step(ctx context.Context, what string) error {
	times, rest, _ := strings.Cut(what, "/")
	replaces, pattern, _ := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(times, 10, 32)
	length, errLength := strconv.ParseInt(pattern, 10, 32)
	if err != nil || errLength != nil {
		return fs.ErrNotExist
	}
	return f.budget.step(interp.HandlerCtx(ctx).Env, n, replaces == "true", length)
}

func (f files) stat(ctx context.Context, name string, follow bool) (fs.FileInfo, error) {
	if follow {
		return f.root.Stat(Inside(at(ctx, name)))
	}
	return f.root.Lstat(Inside(at(ctx, name)))
}

func (f files) readDir(ctx context.Context, name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(f.root.FS(), Inside(at(ctx, name)))
	if met := f.budget.listed(len(list)); met != nil {
		return nil, met
	}
	return list, err
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
