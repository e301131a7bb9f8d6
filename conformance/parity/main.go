// Command parity records a platform's whole life on AWS, and holds the recording against the local cloud.
//
//	go run ./conformance/parity record -target aws -minutes 60 -dollars 1 -out DIRECTORY
//	go run ./conformance/parity record -target endpoint -endpoint URL -minutes 60 -dollars 1 -scenarios none -out DIRECTORY
//	go run ./conformance/parity compare DIRECTORY [DIRECTORY]
//
// compare without a second recording records one of a local cloud with AWS's latency first. It ends with 0 where both
// are the same or differ as declared, with 1 where they differ otherwise, and with 2 where it can't tell.
// docs/verified.md says what is proved by this, and what it costs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/platformctl/platformctl/conformance/parity/compare"
	"github.com/platformctl/platformctl/conformance/parity/record"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/resilience/lab"
)

func main() {
	soft, hard, stop := interrupts()
	err := program{in: os.Stdin, out: os.Stdout, log: os.Stderr}.run(soft, hard, os.Args[1:])
	stop()
	var differs *differsError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &differs):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// interrupts gives a context that ends with the first interrupt, and one that ends with the second.
func interrupts() (soft, hard context.Context, stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	soft, endSoft := context.WithCancelCause(context.Background())
	hard, endHard := context.WithCancelCause(context.Background())
	go func() {
		<-signals
		endSoft(errors.New("interrupted"))
		<-signals
		endHard(errors.New("interrupted twice"))
	}()
	return soft, hard, func() { signal.Stop(signals) }
}

// program is this one, with its streams.
type program struct {
	in       io.Reader
	out, log io.Writer
}

// differsError says that the recordings differ in what isn't declared.
type differsError struct{ n int }

func (e *differsError) Error() string { return fmt.Sprintf("%d differences aren't declared", e.n) }

func (p program) run(soft, hard context.Context, args []string) error {
	switch {
	case len(args) > 0 && args[0] == "record":
		return p.record(soft, hard, args[1:])
	case len(args) > 0 && args[0] == "compare":
		return p.compare(soft, hard, args[1:])
	default:
		return errors.New("usage: go run ./conformance/parity record | compare [flags]; -h says which")
	}
}

func (p program) record(soft, hard context.Context, args []string) error {
	f := flag.NewFlagSet("record", flag.ContinueOnError)
	f.SetOutput(p.log)
	o := p.options()
	f.StringVar(&o.Target, "target", "", "aws, endpoint (what answers as AWS does, and carries no traffic), or local")
	f.StringVar(&o.Endpoint, "endpoint", "", "URL of the target endpoint")
	f.StringVar(&o.Out, "out", "", "a directory for the recording")
	f.StringVar(&o.Name, "name", o.Name, "the platform's name, which nothing may have yet")
	f.StringVar(&o.Region, "region", "", "where (default: as AWS's settings say; us-east-1 elsewhere)")
	f.StringVar(&o.Latency, "latency", o.Latency, "of the target local: fast, aws or aws/N")
	f.BoolVar(&o.Yes, "yes", false, "don't ask on AWS")
	minutes := f.Float64("minutes", 0, "the budget: when the run must be over, down included")
	dollars := f.String("dollars", "", "the budget: what the run may cost, by published prices")
	scenarios := f.String("scenarios", strings.Join(record.Scenarios(), ","), "what is drilled, or none")
	exe := f.String("exe", "", "this binary instead of one that is built now")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("record takes no arguments, but got %q", f.Args())
	}
	o.Budget = time.Duration(*minutes * float64(time.Minute))
	var err error
	if *dollars != "" {
		if o.Dollars, err = prices.ParseAmount(*dollars); err != nil {
			return fmt.Errorf("-dollars: %w", err)
		}
	}
	if *scenarios != "none" {
		o.Scenarios = strings.Split(*scenarios, ",")
	}
	return p.with(soft, hard, o, *exe)
}

// options are the defaults of a recording.
func (p program) options() record.Options {
	return record.Options{Name: "parity", Latency: "aws", In: p.in, Log: p.log, Environ: os.Environ(), Now: time.Now, Pause: pause}
}

// pause waits for d, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// with records with a binary, which is built where none is named. It is kept where something may be left.
func (p program) with(soft, hard context.Context, o record.Options, exe string) (err error) {
	if o.Region == "" && o.Target != record.TargetAWS {
		o.Region = "us-east-1"
	}
	if err := o.Check(); err != nil {
		return err
	}
	if exe != "" {
		if o.Exe, err = filepath.Abs(exe); err != nil {
			return err
		}
		return record.Run(soft, hard, o)
	}
	dir, err := os.MkdirTemp("", "platformctl-parity-exe-")
	if err != nil {
		return err
	}
	if o.Exe, err = lab.Build(soft, dir); err == nil {
		err = record.Run(soft, hard, o)
	}
	if errors.As(err, new(*record.LeftError)) {
		return err
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// localBudget is far more than a run of the local cloud takes, which costs nothing.
const localBudget = 4 * time.Hour

func (p program) compare(soft, hard context.Context, args []string) error {
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	f.SetOutput(p.log)
	o := compare.Options{}
	f.Float64Var(&o.Factor, "factor", 1.5, "how many times as long or short a time may be")
	f.Float64Var(&o.Within, "within", 15, "seconds by which a time may differ in any case")
	output := f.String("o", "text", "text or json")
	file := f.String("declared", "", "this file of declared differences instead of the kit's own")
	latency := f.String("latency", "aws", "of the local cloud, where no second recording is named")
	exe := f.String("exe", "", "this binary instead of one that is built now")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() < 1 || f.NArg() > 2 || *output != "text" && *output != "json" {
		return errors.New("usage: go run ./conformance/parity compare [flags] DIRECTORY [DIRECTORY]")
	}
	first, err := compare.Read(f.Arg(0))
	if err != nil {
		return err
	}
	dir := f.Arg(1)
	if dir == "" {
		local := p.options()
		local.Target, local.Latency, local.Budget, local.Dollars = record.TargetLocal, *latency, localBudget, 1000*prices.Dollar
		for _, s := range first.Run.Steps {
			if scenario, ok := strings.CutPrefix(s.Name, record.StepDrill); ok {
				local.Scenarios = append(local.Scenarios, scenario)
			}
		}
		local.Region = first.Run.Region
		local.Out = strings.TrimSuffix(filepath.Clean(f.Arg(0)), string(filepath.Separator)) + "-local-" + strconv.FormatInt(local.Now().Unix(), 10)
		if err := p.with(soft, hard, local, *exe); err != nil {
			return err
		}
		dir = local.Out
	}
	second, err := compare.Read(dir)
	if err != nil {
		return err
	}
	if o.Declared, err = declarations(*file); err != nil {
		return err
	}
	report, err := compare.Compare(first, second, o)
	if err != nil {
		return err
	}
	if *output == "json" {
		err = report.JSON(p.out)
	} else {
		err = report.Show(p.out)
	}
	if n := report.Undeclared(); err == nil && n > 0 {
		return &differsError{n}
	}
	return err
}

func declarations(file string) (compare.Declarations, error) {
	if file == "" {
		return compare.Declared()
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return compare.ParseDeclarations(string(text))
}
