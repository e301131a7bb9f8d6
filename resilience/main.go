// Command resilience does to the real binary what must not harm it, on a local cloud of its own, and says how it fared.
//
//	go run ./resilience matrix [flags]   end it with kill -9 at every API call
//	go run ./resilience drill [flags]    end a failover drill with kill -9 at every API call
//	go run ./resilience faults [flags]   throttle, fail, reset and lose calls
//	go run ./resilience soak [flags]     all of that and more, at random, for long
//	go run ./resilience hostile [flags]  send its local cloud what means it ill
//
// Each is a package below this one (matrix, drillkills, faultrun, soak, hostile), and says with -h what its flags are. What they
// share is in packages kills and lab. They work in temporary directories, stop what they start, print a table (as Markdown with
// -markdown) and end with 1 where anything was not as it should be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/resilience/drillkills"
	"github.com/platformctl/platformctl/resilience/faultrun"
	"github.com/platformctl/platformctl/resilience/hostile"
	"github.com/platformctl/platformctl/resilience/matrix"
	"github.com/platformctl/platformctl/resilience/soak"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// subcommand is one of the programs: its arguments, its result, and what it says meanwhile.
type subcommand func(ctx context.Context, args []string, out, progress io.Writer) error

func subcommands() map[string]subcommand {
	return map[string]subcommand{"drill": drillkills.Run, "faults": faultrun.Run, "hostile": hostile.Run, "matrix": matrix.Run, "soak": soak.Run}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	all := subcommands()
	if len(args) == 0 || all[args[0]] == nil {
		return fmt.Errorf("usage: go run ./resilience %s [flags]", strings.Join(slices.Sorted(maps.Keys(all)), " | "))
	}
	return all[args[0]](ctx, args[1:], out, progress)
}
