// Package kills is what the programs have in common that end the real binary at a moment of its run: which moments
// there are, which of them are tried, how the process is ended at one, and how all of them are run and told.
//
// What the binary is at when it is ended, and what must come of it, doesn't belong here: see packages matrix and
// drillkills.
package kills

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/resilience/lab"
)

// Flags are those of every such program. Each program adds its own, and its scenarios and modes.
type Flags struct {
	lab.Flags
	Scenario, Mode string

	At        int
	Operation string
	Changes   bool
	Delay     time.Duration
	Sample    int
	Seed      uint64
}

// Register adds the flags to a set. The texts say which scenarios and modes there are.
func (f *Flags) Register(set *flag.FlagSet, scenarios, modes string) {
	f.Flags.Register(set, "points", 4)
	set.StringVar(&f.Scenario, "scenario", "all", scenarios+", several of them with commas, or all")
	set.StringVar(&f.Mode, "mode", "all", modes+", several of them with commas, or all")
	set.IntVar(&f.At, "at", 0, "only the point with this number, from 1; 0 is every point")
	set.StringVar(&f.Operation, "operation", "", "with -at: count the calls of this operation alone, such as CreateVpc")
	set.BoolVar(&f.Changes, "changes", false, "only the calls that may change anything, each by its number among those of its operation")
	set.DurationVar(&f.Delay, "delay", -1, "from the reply to the end, in mode replied (default from 0 to 5ms, by point)")
	set.IntVar(&f.Sample, "sample", 0, "only so many points of each scenario, spread over modes and time; 0 is all")
	set.Uint64Var(&f.Seed, "seed", 1, "which points a sample takes")
}

// Strike runs a command and ends it at the point. what is the call, or the write, at which it was ended: "" where it
// ended by itself before, or hung until ctx's end.
func Strike(ctx context.Context, site *lab.Site, p Point, command ...string) (out lab.Outcome, what string, err error) {
	var process *lab.Process
	started := make(chan struct{})
	kill := func() { <-started; process.Kill() }
	var watch *lab.Writes
	if p.Mode == Written {
		if watch, err = site.WatchWrites(p.At, kill); err != nil {
			return out, "", err
		}
	} else {
		site.Proxy.Set(&lab.Trap{At: p.At, Operation: p.Operation, Moment: lab.Moment(p.Mode), Delay: p.Delay, Kill: kill})
	}
	if process, err = site.Start(ctx, command...); err != nil {
		return out, "", err
	}
	close(started)
	out, err = process.Wait()
	if watch != nil {
		err = errors.Join(err, watch.Close())
		_, what = watch.Seen()
	} else if hit := site.Proxy.Hit(); hit != nil {
		what = hit.Service + ":" + hit.Operation
	}
	site.Proxy.Set(nil)
	if !out.Killed {
		what = ""
	}
	return out, what, err
}

// Verdict is how a point went.
type Verdict interface {
	fmt.Stringer // what went wrong, and the command that runs the point alone
	Good() bool
}

// sayEvery is the time between two lines of progress.
const sayEvery = 20 * time.Second

// runAll runs points, so many at once, and returns their verdicts in the same order.
func runAll[P interface{ Reproduction() string }, V Verdict](ctx context.Context, points []P, parallel int, progress io.Writer, run func(context.Context, P) (V, error)) ([]V, error) {
	fmt.Fprintf(progress, "%d points, %d at once\n", len(points), parallel)
	verdicts := make([]V, len(points))
	began, said := time.Now(), time.Now()
	var mu sync.Mutex
	done, bad := 0, 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, p := range points {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v, err := run(ctx, p)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Reproduction(), err)
			}
			verdicts[i] = v
			mu.Lock()
			defer mu.Unlock()
			done++
			if !v.Good() {
				bad++
				fmt.Fprintln(progress, v)
			}
			if time.Since(said) >= sayEvery || done == len(points) {
				said = time.Now()
				fmt.Fprintf(progress, "%d of %d points after %s, %d wrong\n", done, len(points), time.Since(began).Round(time.Second), bad)
			}
			return nil
		})
	}
	return verdicts, group.Wait()
}

// report prints the table and each point that went wrong, and fails if any did.
func report[V Verdict](out io.Writer, verdicts []V, rows [][]string, markdown bool) error {
	if err := lab.Table(out, rows, markdown); err != nil {
		return err
	}
	bad := 0
	for _, v := range verdicts {
		if !v.Good() {
			bad++
			fmt.Fprintln(out, v)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d points went wrong", bad, len(verdicts))
	}
	return nil
}
