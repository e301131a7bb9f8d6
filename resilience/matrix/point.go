package matrix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// verdict is how a point went.
type verdict struct {
	point
	what     string // the call, or the write, at which the process was ended; "" where it ended before by itself
	manual   bool   // the same command didn't do
	recovery time.Duration
	lab.Findings
	detail string // what the binary said, where anything was wrong
}

// Good reports whether everything was as it should be.
func (v verdict) Good() bool { return !v.manual && len(v.All()) == 0 }

// String is what went wrong at a point.
func (v verdict) String() string {
	found := v.All()
	if v.manual {
		found = append(found, "the same command doesn't do")
	}
	where := fmt.Sprintf("%s, eventual consistency %s", v.scenario.name, v.consistency)
	return v.Problem(where, v.what, found, v.Reproduction(), v.detail)
}

// bench is what all points share.
type bench struct {
	dir string // temporary
	exe string
	// before are the directories of sites on which a scenario's platform is up, by the scenario's name.
	before map[string]string
	keep   bool // the directories of points that went wrong
	// unseen is how long a new object is hidden with eventual consistency on, and a new role from EC2.
	unseen time.Duration
}

// prepare brings up what the scenarios begin with, so many at once.
func (b *bench) prepare(ctx context.Context, all []scenario, parallel int) error {
	b.before = map[string]string{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, s := range all {
		if s.from == nil {
			continue
		}
		dir := filepath.Join(b.dir, "before-"+s.name)
		b.before[s.name] = dir
		group.Go(func() error { return b.bringUp(ctx, s, dir) })
	}
	return group.Wait()
}

// bringUp brings up what a scenario begins with, in a site of that directory.
func (b *bench) bringUp(ctx context.Context, s scenario, dir string) error {
	site, err := lab.Open(ctx, lab.Options{Exe: b.exe, Dir: dir})
	if err != nil {
		return err
	}
	err = site.Configure(*s.from)
	if err == nil {
		var up lab.Outcome
		if up, err = site.Run(ctx, "up"); err == nil && up.Exit != 0 {
			err = fmt.Errorf("prepare %s: %s", s.name, up)
		}
	}
	return errors.Join(err, site.Close())
}

// open opens a site of its own for a point, with what its scenario begins with.
func (b *bench) open(ctx context.Context, p point) (site *lab.Site, dir string, err error) {
	if dir, err = os.MkdirTemp(b.dir, fmt.Sprintf("%s-%s-%s-%d-", p.scenario.name, p.consistency, p.Mode, p.At)); err != nil {
		return nil, "", err
	}
	if before := b.before[p.scenario.name]; before != "" {
		if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
			return nil, dir, err
		}
	}
	site, err = lab.Open(ctx, lab.Options{Exe: b.exe, Dir: dir, Faults: p.consistency.faults(b.unseen, int64(p.At))})
	if err != nil {
		return nil, dir, err
	}
	shape := p.scenario.to
	if p.scenario.during != nil {
		shape = *p.scenario.during
	}
	return site, dir, site.Configure(shape)
}

// rehearse runs a scenario to its end and counts what it could be ended at.
func (b *bench) rehearse(ctx context.Context, p point) (calls []lab.Call, writes int, err error) {
	site, dir, err := b.open(ctx, p)
	if site != nil {
		defer func() { err = errors.Join(err, site.Close(), os.RemoveAll(dir)) }()
	}
	if err != nil {
		return nil, 0, err
	}
	watch, err := site.WatchWrites(0, nil)
	if err != nil {
		return nil, 0, err
	}
	site.Proxy.Set(nil)
	out, err := site.Run(ctx, p.scenario.command)
	if err == nil && out.Exit != 0 {
		err = fmt.Errorf("rehearse %s: %s", p.scenario.name, out)
	}
	err = errors.Join(err, watch.Close())
	writes, _ = watch.Seen()
	return site.Proxy.Calls(), writes, err
}

// run ends the process at the point, runs the command that follows, judges, takes everything down, and judges again. An
// error is one of the bench itself.
func (b *bench) run(ctx context.Context, p point) (v verdict, err error) {
	v.point = p
	site, dir, err := b.open(ctx, p)
	if site != nil {
		defer func() {
			err = errors.Join(err, site.Close())
			if !b.keep || v.Good() {
				err = errors.Join(err, os.RemoveAll(dir))
			}
		}()
	}
	if err != nil {
		return v, err
	}
	if err := v.end(ctx, site); err != nil || v.manual {
		return v, err
	}
	if err := site.Configure(p.scenario.to); err != nil {
		return v, err
	}
	again, err := v.again(ctx, site, p.scenario.then)
	v.recovery = again.Took
	if err != nil || v.manual {
		return v, err
	}
	if p.scenario.then != "down" {
		// It is judged by what is, and not by what a caller sees late.
		if err := site.Cloud.SetFaults(faults.Config{}); err != nil {
			return v, err
		}
		v.Findings = site.Complete(ctx, p.scenario.to)
		if len(v.All()) > 0 {
			v.detail += again.String()
			return v, ctx.Err()
		}
		if err := site.Cloud.SetFaults(p.consistency.faults(b.unseen, int64(p.At))); err != nil {
			return v, err
		}
		if _, err := v.again(ctx, site, "down"); err != nil || v.manual {
			return v, err
		}
	}
	v.Findings = site.Empty()
	return v, ctx.Err()
}

// end runs the command and ends it at the point. A command that isn't ended must end well.
func (v *verdict) end(ctx context.Context, site *lab.Site) error {
	ctx, cancel := context.WithTimeout(ctx, lab.TooLong)
	defer cancel()
	out, what, err := kills.Strike(ctx, site, v.Point, v.scenario.command)
	v.what = what
	switch {
	case !out.Killed && out.Exit != 0:
		v.manual, v.detail = true, out.String()
	case out.Killed && what == "":
		v.manual, v.detail = true, "it hangs: "+out.String()
	}
	return err
}

// again runs a command that must do without anybody's help.
func (v *verdict) again(ctx context.Context, site *lab.Site, command string) (lab.Outcome, error) {
	within, cancel := context.WithTimeout(ctx, lab.TooLong)
	defer cancel()
	out, err := site.Run(within, command)
	if err != nil && ctx.Err() == nil && within.Err() != nil {
		err = nil // it hangs, which is its fault and not the bench's
	}
	if err == nil && out.Exit != 0 {
		v.manual = true
		v.detail += out.String()
	}
	return out, err
}
