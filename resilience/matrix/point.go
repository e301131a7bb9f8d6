package matrix

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	*kills.Bench
	// before are the directories of sites on which a scenario's platform is up, by the scenario's name.
	before map[string]string
	// unseen is how long a new object is hidden with eventual consistency on, and a new role from EC2.
	unseen time.Duration
}

// prepare brings up what the scenarios begin with, so many at once.
func (b *bench) prepare(ctx context.Context, all []scenario, parallel int) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, s := range all {
		if s.from == nil {
			continue
		}
		group.Go(func() error {
			dir, err := b.Before(ctx, s.name, *s.from)
			mu.Lock()
			defer mu.Unlock()
			b.before[s.name] = dir
			return err
		})
	}
	return group.Wait()
}

// on does something on a site of its own for a point, with what its scenario begins with.
func (b *bench) on(ctx context.Context, p point, v *verdict, do func(*lab.Site) error) error {
	name := fmt.Sprintf("%s-%s-%s-%d", p.scenario.name, p.consistency, p.Mode, p.At)
	shape := p.scenario.to
	if p.scenario.during != nil {
		shape = *p.scenario.during
	}
	return b.On(ctx, name, b.before[p.scenario.name], lab.Options{Faults: p.consistency.faults(b.unseen, int64(p.At))}, v, func(site *lab.Site) error {
		if err := site.Configure(shape); err != nil {
			return err
		}
		return do(site)
	})
}

// rehearse runs a scenario to its end and counts what it could be ended at.
func (b *bench) rehearse(ctx context.Context, p point) (calls []lab.Call, writes int, err error) {
	err = b.on(ctx, p, &verdict{}, func(site *lab.Site) error {
		watch, err := site.WatchWrites(0, nil)
		if err != nil {
			return err
		}
		site.Proxy.Set(nil)
		if err = kills.Well(site.Run(ctx, p.scenario.command)); err != nil {
			err = fmt.Errorf("rehearse %s: %w", p.scenario.name, err)
		}
		err = errors.Join(err, watch.Close())
		writes, _ = watch.Seen()
		calls = site.Proxy.Calls()
		return err
	})
	return calls, writes, err
}

// run ends the process at the point, runs the command that follows, judges, takes everything down, and judges again. An
// error is one of the bench itself.
func (b *bench) run(ctx context.Context, p point) (verdict, error) {
	v := verdict{point: p}
	err := b.on(ctx, p, &v, func(site *lab.Site) error { return v.judge(ctx, b, site) })
	return v, err
}

func (v *verdict) judge(ctx context.Context, b *bench, site *lab.Site) error {
	if err := v.end(ctx, site); err != nil || v.manual {
		return err
	}
	if err := site.Configure(v.scenario.to); err != nil {
		return err
	}
	again, err := v.again(ctx, site, v.scenario.then)
	v.recovery = again.Took
	if err != nil || v.manual {
		return err
	}
	if v.scenario.then != "down" {
		// It is judged by what is, and not by what a caller sees late.
		if err := site.Cloud.SetFaults(faults.Config{}); err != nil {
			return err
		}
		v.Findings = site.Complete(ctx, v.scenario.to)
		if len(v.All()) > 0 {
			v.detail += again.String()
			return ctx.Err()
		}
		if err := site.Cloud.SetFaults(v.consistency.faults(b.unseen, int64(v.At))); err != nil {
			return err
		}
		if _, err := v.again(ctx, site, "down"); err != nil || v.manual {
			return err
		}
	}
	v.Findings = site.Empty()
	return ctx.Err()
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
