package kills

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/platformctl/platformctl/resilience/lab"
)

// Judge tries the points that list gives, prints the table, and fails if any went wrong. list may bring up in the
// directory what they begin with.
func Judge[P interface{ Reproduction() string }, V Verdict](ctx context.Context, f *Flags, name string, out, progress io.Writer, rows func([]V) [][]string,
	list func(b *Bench) ([]P, error), run func(context.Context, *Bench, P) (V, error),
) error {
	var verdicts []V
	err := f.In(ctx, progress, name, func(dir, exe string) (bool, error) {
		b := &Bench{dir: dir, exe: exe, keep: f.Keep}
		points, err := list(b)
		if err != nil {
			return false, err
		}
		verdicts, err = runAll(ctx, points, f.Parallel, progress, func(ctx context.Context, p P) (V, error) { return run(ctx, b, p) })
		return slices.ContainsFunc(verdicts, func(v V) bool { return !v.Good() }), err
	})
	if err != nil {
		return err
	}
	return report(out, verdicts, rows(verdicts), f.Markdown)
}

// Bench is what all points of a program share.
type Bench struct {
	dir, exe string
	keep     bool // the directories of points that went wrong
}

// Before brings up a platform, and returns the directory of the site that it is on.
func (b *Bench) Before(ctx context.Context, name string, shape lab.Shape) (dir string, err error) {
	if dir, err = os.MkdirTemp(b.dir, "before-"+name+"-"); err != nil {
		return "", err
	}
	site, err := lab.Open(ctx, lab.Options{Exe: b.exe, Dir: dir})
	if err != nil {
		return "", err
	}
	if err = site.Configure(shape); err == nil {
		err = Well(site.Run(ctx, "up"))
	}
	return dir, errors.Join(err, site.Close())
}

// Well is an error where a command that must do didn't end with 0.
func Well(out lab.Outcome, err error) error {
	if err == nil && out.Exit != 0 {
		err = errors.New(out.String())
	}
	return err
}

// On does something on a site of its own, which goes on from the directory before, if that isn't "". The site's own
// directory goes, unless -keep is set and the verdict v, which do may change, is that anything is wrong.
func (b *Bench) On(ctx context.Context, name, before string, o lab.Options, v interface{ Good() bool }, do func(*lab.Site) error) (err error) {
	if o.Dir, err = os.MkdirTemp(b.dir, name+"-"); err != nil {
		return err
	}
	if before != "" {
		if err := os.CopyFS(o.Dir, os.DirFS(before)); err != nil {
			return err
		}
	}
	o.Exe = b.exe
	site, err := lab.Open(ctx, o)
	if err != nil {
		return err
	}
	err = errors.Join(do(site), site.Close())
	if !b.keep || v.Good() {
		err = errors.Join(err, os.RemoveAll(o.Dir))
	}
	return err
}
