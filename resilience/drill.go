package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/resilience/lab"
)

// drillFlags are those of the drill's kill table.
type drillFlags struct {
	scenario, mode string

	at        int
	operation string
	changes   bool
	then      string
	sample    int
	seed      uint64
	parallel  int
	exe       string
	keep      bool
	markdown  bool
}

func (f *drillFlags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("drill", flag.ContinueOnError)
	set.SetOutput(output)
	set.Usage = func() {
		fmt.Fprint(output, `The drill's kill table: runs failover-drill on a local cloud and ends it with kill -9 at every API call, before the
request leaves (unsent), after AWS has acted but before the reply arrives (acted), and after the reply (replied). Then
the next command, in turns up, status, down and failover-drill --restore, must undo the fault first, by itself and
saying so: every instance runs, is registered and becomes healthy, every subnet has its network ACL, no object of the
drill, no tag of it and no journal is left; after down the world is a new account's.

`)
		set.PrintDefaults()
	}
	set.StringVar(&f.scenario, "scenario", "all", "instance, process, zone, zone-all (with the load balancer's node), drain, several of them with commas, or all")
	set.StringVar(&f.mode, "mode", "all", "unsent, acted, replied, several of them with commas, or all")
	set.IntVar(&f.at, "at", 0, "only the point with this number, from 1; 0 is every point")
	set.StringVar(&f.operation, "operation", "", "with -at: count the calls of this operation alone, such as StopInstances")
	set.BoolVar(&f.changes, "changes", false, "only the calls that may change anything, each by its number among those of its operation")
	set.StringVar(&f.then, "then", "", "up, status, down or restore: always this command next")
	set.IntVar(&f.sample, "sample", 0, "only so many points of each scenario, spread over modes and time; 0 is all")
	set.Uint64Var(&f.seed, "seed", 1, "which points a sample takes")
	set.IntVar(&f.parallel, "parallel", 4, "points at once; each of them mostly waits")
	set.StringVar(&f.exe, "exe", "", "this binary instead of one that is built now")
	set.BoolVar(&f.keep, "keep", false, "keep the directories of points that went wrong")
	set.BoolVar(&f.markdown, "markdown", false, "print the table as Markdown")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("drill takes no arguments, but got %q", set.Args())
	}
	if _, ok := nextCommands()[f.then]; f.then != "" && !ok {
		return fmt.Errorf("there is no -then %q", f.then)
	}
	return nil
}

// drillKills is the subcommand.
func drillKills(ctx context.Context, args []string, out, progress io.Writer) error {
	var f drillFlags
	if err := f.parse(args, progress); err != nil {
		return err
	}
	verdicts, err := f.run(ctx, progress)
	if err != nil {
		return err
	}
	if err := table(out, drillRows(verdicts), f.markdown); err != nil {
		return err
	}
	bad := 0
	for _, v := range verdicts {
		if len(v.wrong) > 0 {
			bad++
			fmt.Fprintln(out, v)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d points went wrong", bad, len(verdicts))
	}
	return nil
}

// run runs all points that the flags ask for.
func (f *drillFlags) run(ctx context.Context, progress io.Writer) (_ []drillVerdict, err error) {
	scenarios, err := choose(f.scenario, drillScenarios(), func(s drillScenario) string { return s.name })
	if err != nil {
		return nil, err
	}
	modes, err := choose(f.mode, []mode{mode(lab.Unsent), mode(lab.Acted), mode(lab.Replied)}, func(m mode) string { return string(m) })
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "platformctl-drill-")
	if err != nil {
		return nil, err
	}
	b := &drillBench{dir: dir, exe: f.exe, keep: f.keep}
	defer func() {
		if !f.keep {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if b.exe == "" {
		b.exe, err = lab.Build(ctx, dir)
	} else {
		b.exe, err = filepath.Abs(b.exe)
	}
	if err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	var points []drillPoint
	for _, s := range scenarios {
		moments := []moment{{f.at, f.operation}}
		if f.at == 0 {
			calls, err := b.rehearse(ctx, s)
			if err != nil {
				return nil, err
			}
			if moments = every(calls); f.changes {
				moments = changes(calls)
			}
		}
		points = append(points, f.points(s, modes, moments)...)
	}
	fmt.Fprintf(progress, "%d points, %d at once\n", len(points), f.parallel)
	return b.all(ctx, points, f.parallel, progress)
}

// points are a scenario's. Commands that follow take turns.
func (f *drillFlags) points(s drillScenario, modes []mode, moments []moment) []drillPoint {
	var list []drillPoint
	for _, m := range modes {
		for i, at := range moments {
			p := drillPoint{scenario: s, mode: m, moment: at}
			if m == mode(lab.Replied) {
				p.delay = delayAt(i)
			}
			list = append(list, p)
		}
	}
	list = sample(list, f.sample, f.seed)
	order := []string{"up", "status", "down", "restore"}
	for i := range list {
		if list[i].then = f.then; f.then == "" {
			list[i].then = order[i%len(order)]
		}
	}
	return list
}

// all runs points, so many at once, and returns their verdicts in the same order.
func (b *drillBench) all(ctx context.Context, points []drillPoint, parallel int, progress io.Writer) ([]drillVerdict, error) {
	verdicts := make([]drillVerdict, len(points))
	began := time.Now()
	var mu sync.Mutex
	done, bad := 0, 0
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, p := range points {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v, err := b.run(ctx, p)
			if err != nil {
				return fmt.Errorf("%s: %w", p.reproduction(), err)
			}
			verdicts[i] = v
			mu.Lock()
			defer mu.Unlock()
			if done++; len(v.wrong) > 0 {
				bad++
				fmt.Fprintln(progress, v)
			}
			if done%10 == 0 || done == len(points) {
				fmt.Fprintf(progress, "%d of %d points after %s, %d wrong\n", done, len(points), time.Since(began).Round(time.Second), bad)
			}
			return nil
		})
	}
	return verdicts, group.Wait()
}

// String is what went wrong at a point.
func (v drillVerdict) String() string {
	text := fmt.Sprintf("%s, %s at %d (%s), then %s: %s\n  %s", v.scenario.name, v.mode, v.at, orNever(v.what), v.then,
		strings.Join(v.wrong, "; "), v.reproduction())
	if v.detail != "" {
		text += "\n    " + strings.ReplaceAll(strings.TrimSpace(v.detail), "\n", "\n    ")
	}
	return text
}
