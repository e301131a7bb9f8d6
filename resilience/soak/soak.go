// Package soak is the soak: random sequences of steps with the real binary on one local cloud, for long, each step
// compared with a model of what must be there.
//
// What a seed's steps are is in plan.go, how one is done in run.go and drift.go, and how it is judged in check.go.
package soak

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/resilience/lab"
)

// flags are those of the soak.
type flags struct {
	lab.Flags
	seeds, steps int
	from         uint64
	atMost       time.Duration
	tell         bool
}

func (f *flags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("soak", flag.ContinueOnError)
	f.Register(set, "seeds", 2)
	set.IntVar(&f.seeds, "seeds", 4, "how many seeds")
	set.Uint64Var(&f.from, "from", 1, "the first seed; one that failed is repeated with -from N -seeds 1")
	set.IntVar(&f.steps, "steps", 30, "steps of each seed, besides those at its end")
	set.DurationVar(&f.atMost, "at-most", 0, "begin no other seed after so long; 0 begins all")
	set.BoolVar(&f.tell, "tell", false, "tell each step as it is done")
	err := lab.Parse(set, args, output, `The soak: for each seed a random sequence of steps with the real binary on one local cloud. Up with random configurations,
down, status and plan; kill -9 of the binary at any call or write of its state, and of the local cloud; Ctrl-C; throttling,
failures, resets, lost replies and late answers that come and go; drift behind its back, states that are lost, things of
others in the way, two runs at once. After each step the world, the state and the exit code are compared with a model. In the
end all must be gone but what others made, which must be as it was.

`)
	if err == nil && (f.seeds < 1 || f.steps < 1 || f.Parallel < 1) {
		err = errors.New("soak takes one seed, one step and one at once at least")
	}
	return err
}

// servesCloud is the argument with which this program is the local cloud of a site, see lab.Options.Apart.
const servesCloud = "cloud"

// Run is the program.
func Run(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) > 0 && args[0] == servesCloud {
		return lab.ServeApart(ctx, args[1:], os.Stdin, out)
	}
	var f flags
	if err := f.parse(args, progress); err != nil {
		return err
	}
	return f.In(ctx, progress, "soak", func(dir, exe string) (bool, error) {
		total, bad, err := f.run(ctx, exe, dir, progress)
		if err == nil {
			err = lab.Table(out, total.table(), f.Markdown)
		}
		if err == nil && bad > 0 {
			err = fmt.Errorf("%d of %d seeds went wrong", bad, total.seeds)
		}
		return bad > 0, err
	})
}

// run runs the seeds.
func (f *flags) run(ctx context.Context, exe, dir string, progress io.Writer) (total tally, bad int, err error) {
	this, err := os.Executable()
	if err != nil {
		return total, 0, err
	}
	began := time.Now()
	total.counts = map[string]int{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.Parallel)
	for i := range f.seeds {
		seed := f.from + uint64(i)
		group.Go(func() error {
			if ctx.Err() != nil || f.atMost > 0 && time.Since(began) > f.atMost {
				return ctx.Err()
			}
			r := &soaking{seed: seed, dir: filepath.Join(dir, fmt.Sprint(seed)), tally: tally{seeds: 1, counts: map[string]int{}}, options: lab.Options{
				Exe: exe, Apart: []string{this, "soak", servesCloud},
			}}
			if f.tell {
				r.tell = func(line string) { fmt.Fprintf(progress, "seed %d: %s\n", seed, line) }
			}
			wrong, err := r.run(ctx, f.steps)
			if ctx.Err() != nil {
				return ctx.Err() // it was ended, so what it found says nothing
			}
			if err != nil {
				wrong = append(wrong, "the soak itself: "+err.Error())
			}
			mu.Lock()
			defer mu.Unlock()
			total.add(r.tally)
			if len(wrong) == 0 {
				fmt.Fprintf(progress, "seed %d: %d steps, all as it should be, after %s\n", seed, r.steps, time.Since(began).Round(time.Second))
				return os.RemoveAll(r.dir)
			}
			bad++
			fmt.Fprintf(progress, "seed %d went wrong at step %d:\n  %s\n  %s\n  go run ./resilience soak -from %d -seeds 1 -steps %d\n", seed, r.steps,
				strings.Join(r.told, "\n  "), strings.ReplaceAll(strings.Join(wrong, "\n"), "\n", "\n  "), seed, f.steps)
			return nil
		})
	}
	err = group.Wait()
	total.took = time.Since(began)
	return total, bad, err
}

// tally counts what was done.
type tally struct {
	seeds, steps int
	took         time.Duration
	counts       map[string]int // by what it was
}

func (t *tally) add(other tally) {
	t.seeds += other.seeds
	t.steps += other.steps
	for what, n := range other.counts {
		t.counts[what] += n
	}
}

func (t *tally) table() [][]string {
	rows := [][]string{{"what", "how often"},
		{"seeds", fmt.Sprint(t.seeds)}, {"steps", fmt.Sprint(t.steps)}, {"minutes", fmt.Sprintf("%.0f", t.took.Minutes())}}
	for _, what := range slices.Sorted(maps.Keys(t.counts)) {
		rows = append(rows, []string{what, fmt.Sprint(t.counts[what])})
	}
	return rows
}
