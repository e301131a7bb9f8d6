// Package drillkills ends failover drills with kill -9 at every API call, and judges how the next command restores what
// the drill broke. How a process is ended at a moment is package kills'.
package drillkills

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// flags are those of the drill's kill table.
type flags struct {
	kills.Flags
	then string
}

func (f *flags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("drill", flag.ContinueOnError)
	f.Register(set, "instance, process, zone, zone-all (with the load balancer's node), drain", "unsent, acted, replied")
	set.StringVar(&f.then, "then", "", "up, status, down or restore: always this command next")
	err := lab.Parse(set, args, output, `The drill's kill table: runs failover-drill on a local cloud and ends it with kill -9 at every API call, before the
request leaves (unsent), after AWS has acted but before the reply arrives (acted), and after the reply (replied). Then
the next command, in turns up, status, down and failover-drill --restore, must restore what it broke first, by itself and
saying so: every instance runs, is registered and becomes healthy, every subnet has its network ACL, no object of the
drill, no tag of it and no journal is left; after down the world is a new account's.

`)
	if _, ok := nextCommands()[f.then]; err == nil && f.then != "" && !ok {
		err = fmt.Errorf("there is no -then %q", f.then)
	}
	return err
}

func modes() []kills.Mode { return []kills.Mode{kills.Unsent, kills.Acted, kills.Replied} }

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
	modes, err := kills.Choose(f.Mode, modes(), func(m kills.Mode) string { return string(m) })
	if err != nil {
		return err
	}
	before := "" // the directory of a site on which the platform is up
	return kills.Judge(ctx, &f.Flags, "drill", out, progress, rows, func(b *kills.Bench) (_ []point, err error) {
		if before, err = b.Before(ctx, "drill", lab.Shape{}); err != nil {
			return nil, err
		}
		return f.points(ctx, &bench{b, before}, chosen, modes)
	}, func(ctx context.Context, b *kills.Bench, p point) (verdict, error) {
		return (&bench{b, before}).run(ctx, p)
	})
}

// points rehearses the scenarios and lists their points. Commands that follow take turns.
func (f *flags) points(ctx context.Context, b *bench, chosen []scenario, modes []kills.Mode) (list []point, err error) {
	order := []string{"up", "status", "down", "restore"}
	for _, s := range chosen {
		moments := []kills.Moment{{At: f.At, Operation: f.Operation}}
		if f.At == 0 {
			calls, err := b.rehearse(ctx, s)
			if err != nil {
				return nil, err
			}
			moments = f.Moments(calls)
		}
		for i, p := range f.Spread(modes, moments, nil) {
			then := f.then
			if then == "" {
				then = order[i%len(order)]
			}
			list = append(list, point{scenario: s, then: then, Point: p})
		}
	}
	return list, nil
}
