// Package faultrun is the fault run: up, up again and down with the real binary while the local cloud throttles, fails,
// resets and loses calls, and what that costs.
package faultrun

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/resilience/lab"
)

// flags are those of the fault run.
type flags struct {
	lab.Flags
	seeds                            int
	first                            int64
	throttled, failing, resets, lost float64
}

func (f *flags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("faults", flag.ContinueOnError)
	f.Register(set, "seeds", 2)
	set.IntVar(&f.seeds, "seeds", 5, "how many seeds")
	set.Int64Var(&f.first, "seed", 1, "the first seed; one that failed is repeated with -seed N -seeds 1")
	set.Float64Var(&f.throttled, "throttled", 0.30, "share of calls that are throttled")
	set.Float64Var(&f.failing, "failing", 0.10, "share of calls that end in a server error")
	set.Float64Var(&f.resets, "resets", 0.05, "share of calls whose connection is reset before they arrive")
	set.Float64Var(&f.lost, "lost", 0.05, "share of calls that are carried out, and whose reply is lost")
	err := lab.Parse(set, args, output, `The fault run: up, up again and down with the real binary, while the local cloud throttles calls, fails, resets
connections before calls arrive and loses replies of calls that were carried out. Each seed hits other calls. All must end
well, with one of each object and then none; what that cost is compared with the same commands without faults.

`)
	if err == nil && (f.seeds < 1 || f.Parallel < 1) {
		err = errors.New("faults takes one seed at least, and one at once at least")
	}
	return err
}

// The commands of a fault run, as its table names them.
const (
	firstUp  = "up"
	secondUp = "up, again"
	lastDown = "down"
)

// cost is what one command took.
type cost struct {
	requests int
	took     time.Duration
}

// faultRun is what came of one seed.
type faultRun struct {
	costs    map[string]cost
	findings lab.Findings
}

// Run is the program.
func Run(ctx context.Context, args []string, out, progress io.Writer) error {
	var f flags
	if err := f.parse(args, progress); err != nil {
		return err
	}
	return f.In(ctx, progress, "faults", func(dir, exe string) (bool, error) {
		plain, err := f.seed(ctx, exe, filepath.Join(dir, "plain"), faults.Config{})
		if err != nil {
			return false, fmt.Errorf("without faults: %w", err)
		}
		runs, bad, err := f.run(ctx, exe, dir, progress)
		if err == nil {
			err = lab.Table(out, faultsTable(plain, runs), f.Markdown)
		}
		if err == nil && bad > 0 {
			err = fmt.Errorf("%d things were not as they should be", bad)
		}
		return bad > 0, err
	})
}

// run runs the seeds, and counts what was not as it should be.
func (f *flags) run(ctx context.Context, exe, dir string, progress io.Writer) (runs []faultRun, bad int, err error) {
	var mu sync.Mutex
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(f.Parallel)
	for i := range f.seeds {
		seed := f.first + int64(i)
		group.Go(func() error {
			run, err := f.seed(together, exe, filepath.Join(dir, fmt.Sprint(seed)), faults.Config{
				Seed: seed, ThrottleRate: f.throttled, ErrorRate: f.failing, ResetRate: f.resets, LostReplyRate: f.lost,
			})
			if err != nil {
				run.findings.Wrong = append(run.findings.Wrong, err.Error())
			}
			mu.Lock()
			defer mu.Unlock()
			runs = append(runs, run)
			for _, problem := range run.findings.All() {
				bad++
				fmt.Fprintf(progress, "seed %d: %s (go run ./resilience faults -seed %d -seeds 1)\n", seed, problem, seed)
			}
			fmt.Fprintf(progress, "seed %d: up %s, again %s, down %s\n", seed, run.costs[firstUp].took.Round(100*time.Millisecond),
				run.costs[secondUp].took.Round(100*time.Millisecond), run.costs[lastDown].took.Round(100*time.Millisecond))
			return together.Err()
		})
	}
	err = group.Wait()
	return runs, bad, err
}

// seed runs the commands once, on a site of their own.
func (f *flags) seed(ctx context.Context, exe, dir string, config faults.Config) (run faultRun, err error) {
	run.costs = map[string]cost{}
	site, err := lab.Open(ctx, lab.Options{Exe: exe, Dir: dir, Faults: config})
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	shape := lab.Shape{}
	if err := site.Configure(shape); err != nil {
		return run, err
	}
	for _, command := range []struct{ name, verb string }{{firstUp, "up"}, {secondUp, "up"}, {lastDown, "down"}} {
		site.Proxy.Set(nil) // counts from none
		outcome, err := site.Run(ctx, command.verb, "-o", "json")
		if err != nil {
			return run, err
		}
		run.costs[command.name] = cost{len(site.Proxy.Calls()), outcome.Took}
		if outcome.Exit != 0 {
			return run, fmt.Errorf("%s: %s", command.name, outcome)
		}
		found := site.Empty()
		if command.verb == "up" {
			found = site.Complete(ctx, shape)
		}
		run.findings.Duplicates = append(run.findings.Duplicates, found.Duplicates...)
		run.findings.LeftOver = append(run.findings.LeftOver, found.LeftOver...)
		run.findings.Wrong = append(run.findings.Wrong, found.Wrong...)
	}
	return run, nil
}

// faultsTable has a line for each command.
func faultsTable(plain faultRun, runs []faultRun) [][]string {
	duplicates, left, ended := 0, 0, 0
	for _, run := range runs {
		duplicates += len(run.findings.Duplicates)
		left += len(run.findings.LeftOver)
		if len(run.findings.Wrong) == 0 {
			ended++
		}
	}
	rows := [][]string{{"Command", "Seeds that ended well", "Requests, without faults", "Requests, median", "Overhead", "Time, without faults", "Time, median", "Longest", "Duplicates", "Left over"}}
	for _, name := range []string{firstUp, secondUp, lastDown} {
		var requests []int
		var took []time.Duration
		for _, run := range runs {
			if c, ok := run.costs[name]; ok {
				requests, took = append(requests, c.requests), append(took, c.took)
			}
		}
		if len(requests) == 0 {
			continue
		}
		slices.Sort(requests)
		middle := len(requests) / 2
		rows = append(rows, slices.Concat([]string{
			name, fmt.Sprintf("%d of %d", ended, len(runs)),
			fmt.Sprint(plain.costs[name].requests), fmt.Sprint(requests[middle]),
			fmt.Sprintf("%.2f", float64(requests[middle])/float64(plain.costs[name].requests)),
			lab.Seconds(plain.costs[name].took),
		}, lab.MedianAndLongest(took), []string{fmt.Sprint(duplicates), fmt.Sprint(left)}))
	}
	return rows
}
