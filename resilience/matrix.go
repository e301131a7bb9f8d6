package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/resilience/lab"
)

// matrixFlags are those of the crash matrix.
type matrixFlags struct {
	scenario, mode, consistency string

	at        int
	operation string
	changes   bool
	delay     time.Duration
	unseen    time.Duration
	sample    int
	seed      uint64
	parallel  int
	exe       string
	keep      bool
	markdown  bool
}

func (f *matrixFlags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("matrix", flag.ContinueOnError)
	set.SetOutput(output)
	set.Usage = func() {
		fmt.Fprint(output, `The crash matrix: runs the real binary on a local cloud and ends it with kill -9 at every API call, before the request
leaves (unsent), after AWS has acted but before the reply arrives (acted), and after the reply (replied), as well as
whenever it writes its state (written). Then the same command must do, by itself: the world holds one of each object,
the state says the same, the page comes from every instance, and after down the world is a new account's.

`)
		set.PrintDefaults()
	}
	set.StringVar(&f.scenario, "scenario", "all", "up, grow (changes and replacements), roll (instances replaced zone by zone), roll-roll (another page in between), shrink, down, up-down (up is ended, down follows), down-up, up-grow (the configuration is changed in between), several of them with commas, or all")
	set.StringVar(&f.mode, "mode", "all", "unsent, acted, replied, written, several of them with commas, or all")
	set.StringVar(&f.consistency, "consistency", "all", "eventual consistency: off, on (a new object is unseen), late (in addition each caller's sight of it, of changes and of references varies) or all")
	set.IntVar(&f.at, "at", 0, "only the point with this number, from 1; 0 is every point")
	set.StringVar(&f.operation, "operation", "", "with -at: count the calls of this operation alone, such as CreateVpc")
	set.BoolVar(&f.changes, "changes", false, "only the calls that may change anything, each by its number among those of its operation")
	set.DurationVar(&f.delay, "delay", -1, "from the reply to the end, in mode replied (default from 0 to 5ms, by point)")
	set.DurationVar(&f.unseen, "unseen", 5*time.Second, "how long a new object is unseen, with eventual consistency on")
	set.IntVar(&f.sample, "sample", 0, "only so many points of each scenario and consistency, spread over modes and time; 0 is all")
	set.Uint64Var(&f.seed, "seed", 1, "which points a sample takes")
	set.IntVar(&f.parallel, "parallel", 4, "points at once; each of them mostly waits")
	set.StringVar(&f.exe, "exe", "", "this binary instead of one that is built now")
	set.BoolVar(&f.keep, "keep", false, "keep the directories of points that went wrong")
	set.BoolVar(&f.markdown, "markdown", false, "print the table as Markdown")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("matrix takes no arguments, but got %q", set.Args())
	}
	return nil
}

// matrix is the subcommand.
func matrix(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	var f matrixFlags
	if err := f.parse(args, progress); err != nil {
		return err
	}
	verdicts, err := f.run(ctx, progress)
	if err != nil {
		return err
	}
	if err := table(out, rows(verdicts), f.markdown); err != nil {
		return err
	}
	bad := 0
	for _, v := range verdicts {
		if !v.good() {
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
func (f *matrixFlags) run(ctx context.Context, progress io.Writer) (verdicts []verdict, err error) {
	chosen, err := choose(f.scenario, scenarios(), func(s scenario) string { return s.name })
	if err != nil {
		return nil, err
	}
	modes, err := choose(f.mode, modes(), func(m mode) string { return string(m) })
	if err != nil {
		return nil, err
	}
	consistencies, err := choose(f.consistency, consistencies(), func(c consistency) string { return string(c) })
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "platformctl-matrix-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir, exe: f.exe, keep: f.keep, unseen: f.unseen}
	defer func() {
		if f.keep && slices.ContainsFunc(verdicts, func(v verdict) bool { return !v.good() }) {
			fmt.Fprintln(progress, "kept:", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if b.exe == "" {
		b.exe, err = lab.Build(ctx, dir)
	} else {
		b.exe, err = filepath.Abs(b.exe)
	}
	if err != nil {
		return nil, err
	}
	if err := b.prepare(ctx, chosen); err != nil {
		return nil, err
	}
	points, err := f.points(ctx, b, chosen, modes, consistencies)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(progress, "%d points, %d at once\n", len(points), f.parallel)
	return all(ctx, b, points, f.parallel, progress)
}

// points rehearses the scenarios and lists their points.
func (f *matrixFlags) points(ctx context.Context, b *bench, chosen []scenario, modes []mode, consistencies []consistency) ([]point, error) {
	// A rehearsal takes a minute with eventual consistency, so they run at once, too.
	var bases []point
	for _, c := range consistencies {
		for _, s := range chosen {
			bases = append(bases, point{scenario: s, consistency: c})
		}
	}
	lists := make([][]point, len(bases))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.parallel)
	for i, base := range bases {
		group.Go(func() error {
			calls, writes := []moment{{f.at, f.operation}}, []moment{{at: f.at}}
			if f.at == 0 {
				var err error
				if calls, writes, err = f.moments(ctx, b, base); err != nil {
					return err
				}
			}
			lists[i] = sample(f.spread(base, modes, calls, writes), f.sample, f.seed)
			return nil
		})
	}
	err := group.Wait()
	return slices.Concat(lists...), err
}

// moments rehearses a scenario and lists the calls, and the events of the state, at which it can be ended.
func (f *matrixFlags) moments(ctx context.Context, b *bench, base point) (calls, writes []moment, err error) {
	made, events, err := b.rehearse(ctx, base)
	if calls = every(made); f.changes {
		calls = changes(made)
	}
	for at := range events {
		writes = append(writes, moment{at: at + 1})
	}
	return calls, writes, err
}

// spread lists a scenario's points in all modes.
func (f *matrixFlags) spread(base point, modes []mode, calls, writes []moment) (list []point) {
	for _, m := range modes {
		these := calls
		if m == written {
			these = writes
		}
		for i, moment := range these {
			p := base
			p.mode, p.moment = m, moment
			if m == mode(lab.Replied) {
				if p.delay = f.delay; p.delay < 0 {
					p.delay = delayAt(i)
				}
			}
			list = append(list, p)
		}
	}
	return list
}

// sample takes n points, one at random of each n-th part of the list, in which they are in the order of mode and time.
func sample[T any](list []T, n int, seed uint64) []T {
	if n == 0 || n >= len(list) {
		return list
	}
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // which points are tried is no secret, but must come again
	taken := make([]T, n)
	for i := range taken {
		from, to := i*len(list)/n, (i+1)*len(list)/n
		taken[i] = list[from+random.IntN(to-from)]
	}
	return taken
}

// sayEvery is the time between two lines of progress.
const sayEvery = 20 * time.Second

// all runs points, so many at once, and returns their verdicts in the same order.
func all(ctx context.Context, b *bench, points []point, parallel int, progress io.Writer) ([]verdict, error) {
	verdicts := make([]verdict, len(points))
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
			v, err := b.run(ctx, p)
			if err != nil {
				return fmt.Errorf("%s: %w", p.reproduction(), err)
			}
			verdicts[i] = v
			mu.Lock()
			defer mu.Unlock()
			done++
			if !v.good() {
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

// String is what went wrong at a point.
func (v verdict) String() string {
	found := v.All()
	if v.manual {
		found = append(found, "the same command doesn't do")
	}
	text := fmt.Sprintf("%s, eventual consistency %s, %s at %d (%s): %s\n  %s", v.scenario.name, v.consistency, v.mode, v.at,
		orNever(v.what), strings.Join(found, "; "), v.reproduction())
	if v.detail != "" {
		text += "\n    " + strings.ReplaceAll(strings.TrimSpace(v.detail), "\n", "\n    ")
	}
	return text
}

func orNever(what string) string {
	if what == "" {
		return "it ended by itself before"
	}
	return what
}
