// Package matrix is the crash matrix: it ends the real binary with kill -9 at every API call and every write of its
// state, in the middle of every scenario, and judges what the next command makes of it.
//
// Scenarios, and what must come of a killed run, belong here. How a process is ended at a moment is package kills'.
package matrix

import (
	"context"
	"flag"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// flags are those of the crash matrix.
type flags struct {
	kills.Flags
	consistency string
	unseen      time.Duration
}

func (f *flags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("matrix", flag.ContinueOnError)
	f.Register(set,
		"up, grow (changes and replacements), roll (instances replaced zone by zone), roll-roll (another page in between), shrink, down, up-down (up is ended, down follows), down-up, up-grow (the configuration is changed in between), https-on, domain-change, scaled-up, fixed-to-scaled, scaled-roll, scaled-to-fixed, scaled-down, logs-on, logs-off, logs-down, monitored-up, monitored-grow, monitored-off, monitored-down, https-off",
		"unsent, acted, replied, written")
	set.StringVar(&f.consistency, "consistency", "all", "eventual consistency: off, on (a new object is unseen), late (in addition each caller's sight of it, of changes and of references varies) or all")
	set.DurationVar(&f.unseen, "unseen", 5*time.Second, "how long a new object is unseen, with eventual consistency on")
	return lab.Parse(set, args, output, `The crash matrix: runs the real binary on a local cloud and ends it with kill -9 at every API call, before the request
leaves (unsent), after AWS has acted but before the reply arrives (acted), and after the reply (replied), as well as
whenever it writes its state (written). Then the same command must do, by itself: the world holds one of each object,
the state says the same, the page comes from every instance, and after down the world is a new account's.

`)
}

// Run is the program.
func Run(ctx context.Context, args []string, out, progress io.Writer) error {
	var f flags
	if err := f.parse(args, progress); err != nil {
		return err
	}
	chosen, err := kills.Choose(f.Scenario, scenarios(), func(s scenario) string { return s.name })
	if err != nil {
		return err
	}
	modes, err := kills.Choose(f.Mode, []kills.Mode{kills.Unsent, kills.Acted, kills.Replied, kills.Written}, func(m kills.Mode) string { return string(m) })
	if err != nil {
		return err
	}
	consistencies, err := kills.Choose(f.consistency, []consistency{"off", "on", "late"}, func(c consistency) string { return string(c) })
	if err != nil {
		return err
	}
	before := map[string]string{}
	return kills.Judge(ctx, &f.Flags, "matrix", out, progress, rows, func(b *kills.Bench) ([]point, error) {
		all := &bench{b, before, f.unseen}
		if err := all.prepare(ctx, chosen, f.Parallel); err != nil {
			return nil, err
		}
		return f.points(ctx, all, chosen, modes, consistencies)
	}, func(ctx context.Context, b *kills.Bench, p point) (verdict, error) {
		return (&bench{b, before, f.unseen}).run(ctx, p)
	})
}

// points rehearses the scenarios and lists their points.
func (f *flags) points(ctx context.Context, b *bench, chosen []scenario, modes []kills.Mode, consistencies []consistency) ([]point, error) {
	// A rehearsal takes a minute with eventual consistency, so they run at once, too.
	var bases []point
	for _, c := range consistencies {
		for _, s := range chosen {
			bases = append(bases, point{scenario: s, consistency: c})
		}
	}
	lists := make([][]point, len(bases))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.Parallel)
	for i, base := range bases {
		group.Go(func() error {
			calls, writes := []kills.Moment{{At: f.At, Operation: f.Operation}}, []kills.Moment{{At: f.At}}
			if f.At == 0 {
				made, events, err := b.rehearse(ctx, base)
				if err != nil {
					return err
				}
				calls, writes = f.Moments(made), kills.Writes(events)
			}
			for _, p := range f.Spread(modes, calls, writes) {
				lists[i] = append(lists[i], point{base.scenario, base.consistency, p})
			}
			return nil
		})
	}
	err := group.Wait()
	return slices.Concat(lists...), err
}
