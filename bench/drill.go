package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/present/drillresult"
)

// drillOptions are the flags of `bench drill`.
type drillOptions struct {
	scenarios           []string
	runs, parallel      int
	rate, drainRate     int
	loadRate            int
	duration            time.Duration
	keep, configuration string
}

func drillFlags(args []string) (drillOptions, error) {
	var o drillOptions
	f := flag.NewFlagSet("drill", flag.ContinueOnError)
	scenario := f.String("scenario", "all", "the scenarios to run, with commas between them, all, or group: those for a platform with an Auto Scaling group")
	f.IntVar(&o.runs, "runs", 20, "how often each is run")
	f.IntVar(&o.parallel, "parallel", 3, "how many platforms, each in a local cloud of its own, are drilled at once")
	f.IntVar(&o.rate, "rate", 50, "requests a second, of the drill and as many of the prober")
	f.IntVar(&o.drainRate, "drain-rate", 200, "the same for the scenario drain")
	f.IntVar(&o.loadRate, "load-rate", 500, "requests a second of the run that measures the load's own CPU time; 0 for none")
	f.DurationVar(&o.duration, "duration", 0, "how long each fault lasts (default: the drill's own)")
	f.StringVar(&o.keep, "keep", "", "a directory for the documents of all runs")
	f.StringVar(&o.configuration, "configuration", "", "lines of YAML for the platforms (default: the built-in platform)")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	every := append(fault.Scenarios(), zoneAll)
	if *scenario == groupScenarios {
		*scenario = strings.Join([]string{fault.Instance, fault.Instance + kept, fault.Process, fault.Process + kept, fault.Zone, fault.Zone + kept, fault.Drain}, ",")
	}
	o.scenarios = strings.Split(*scenario, ",")
	if *scenario == "all" {
		o.scenarios = every
	}
	for _, s := range o.scenarios {
		if !slices.Contains(every, strings.TrimSuffix(s, kept)) {
			return o, fmt.Errorf("there is no scenario %q; there are %s, and with %s after it, with --keep-instance", s, strings.Join(every, ", "), kept)
		}
	}
	if f.NArg() > 0 || o.runs < 0 || o.parallel < 1 {
		return o, errors.New("usage: go run ./bench drill [-scenario all] [-runs 20] [-parallel 3] …")
	}
	return o, nil
}

// zoneAll is a zone that is cut off with the load balancer's node in it.
const zoneAll = fault.Zone + "-" + fault.ScopeAll

const (
	// kept follows the scenario of a drill that keeps an Auto Scaling group from replacing what it breaks.
	kept = "-keep"
	// groupScenarios stands for all scenarios that a group makes something else of.
	groupScenarios = "group"
)

// drilled is one drill that was run, and what the prober beside it saw.
type drilled struct {
	scenario string
	number   int
	document drillresult.Drill
	probed   probes
	// refused is how many requests the load balancer itself says to have failed
	// meanwhile, the drill's and the prober's.
	refused int
	// cpu is the drill's own time on processors, wall from its start to its end.
	cpu, wall time.Duration
	err       error
}

// drills runs each scenario again and again, with an independent prober beside
// it, and says how often what was predicted came true.
func drills(ctx context.Context, l *lab, args []string) (err error) {
	o, err := drillFlags(args)
	if err != nil {
		return err
	}
	var (
		mu   sync.Mutex
		done []drilled
	)
	jobs := make(chan drilled, o.runs*len(o.scenarios))
	for number := range o.runs {
		for _, scenario := range o.scenarios {
			jobs <- drilled{scenario: scenario, number: number + 1}
		}
	}
	close(jobs)
	platforms, running := errgroup.WithContext(ctx)
	for i := range min(o.parallel, max(len(jobs), 1)) {
		platforms.Go(func() (err error) {
			dir := filepath.Join(l.dir, fmt.Sprintf("cloud-%d", i+1))
			own := &lab{size: l.size, dir: dir, home: filepath.Join(dir, "home"), exe: l.exe, environment: l.environment}
			defer func() { err = errors.Join(err, own.close()) }()
			if err := own.up(running, "drill", o.configuration); err != nil {
				return err
			}
			for job := range jobs {
				if ctx.Err() != nil {
					return nil // what was run until now is told
				}
				rate := o.rate
				if job.scenario == fault.Drain {
					rate = o.drainRate
				}
				run := own.drill(running, job, o, rate, true)
				fmt.Fprintln(os.Stderr, run)
				mu.Lock()
				done = append(done, run)
				mu.Unlock()
			}
			return nil
		})
	}
	if err := platforms.Wait(); err != nil {
		return err
	}
	drillTable(o.scenarios, done)
	if o.loadRate > 0 && ctx.Err() == nil {
		return l.loadCPU(ctx, o)
	}
	return nil
}

// loadCPU measures what the load costs: one drill without a prober.
func (l *lab) loadCPU(ctx context.Context, o drillOptions) error {
	if err := l.up(ctx, "drill", o.configuration); err != nil {
		return err
	}
	run := l.drill(ctx, drilled{scenario: fault.Instance, number: 1}, o, o.loadRate, false)
	if run.err != nil {
		return run.err
	}
	return table([][]string{
		{"requests a second", "requests", "wall", "CPU time (user and system)", "of one core"},
		{
			strconv.Itoa(o.loadRate), strconv.Itoa(run.document.Overall.Total), fmt.Sprintf("%.1f s", run.wall.Seconds()),
			fmt.Sprintf("%.2f s", run.cpu.Seconds()), fmt.Sprintf("%.2f", run.cpu.Seconds()/run.wall.Seconds()),
		},
	})
}

// drill runs one drill on the lab's platform.
func (l *lab) drill(ctx context.Context, job drilled, o drillOptions, rate int, probe bool) (run drilled) {
	run = job
	// Drills take about as long as each other, and health checks come every 5 s:
	// the fault is to meet every phase of them.
	if run.err = pause(ctx, rand.N(5*time.Second)); run.err != nil {
		return run
	}
	url, err := l.url(ctx, "drill")
	if err != nil {
		run.err = err
		return run
	}
	before, err := l.failures(ctx, "drill")
	if err != nil {
		run.err = err
		return run
	}
	defer func() {
		after, err := l.failures(ctx, "drill")
		run.refused, run.err = after-before, errors.Join(run.err, err)
	}()
	if probe {
		var probing sync.WaitGroup
		prober, stop := context.WithCancel(ctx)
		probing.Go(func() { run.probed = probeUntil(prober, url, rate, requestTimeout) })
		defer func() {
			stop()
			probing.Wait()
		}()
	}
	what, keeps := strings.CutSuffix(run.scenario, kept)
	scenario, scope, scoped := strings.Cut(what, "-")
	args := []string{
		"failover-drill", "--scenario", scenario, "-o", "json", "--seed", strconv.Itoa(run.number),
		"--rate", strconv.Itoa(rate), "--request-timeout", requestTimeout.String(),
	}
	if scoped {
		args = append(args, "--scope", scope)
	}
	if keeps {
		args = append(args, "--keep-instance")
	}
	if o.duration > 0 {
		args = append(args, "--duration", o.duration.String())
	}
	var out, said bytes.Buffer
	command := l.command(ctx, "drill", args...)
	command.Stdout, command.Stderr = &out, &said
	begun := time.Now()
	failed := command.Run()
	run.wall = time.Since(begun)
	if command.ProcessState != nil {
		run.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	}
	if err := json.Unmarshal(out.Bytes(), &run.document); err != nil {
		run.err = fmt.Errorf("the drill's document: %w", err)
	}
	if run.document.Verdict == "" {
		run.err = fmt.Errorf("the drill was not run (%w): %s", failed, &out)
	}
	if o.keep != "" {
		run.err = errors.Join(run.err, os.MkdirAll(o.keep, 0o700),
			os.WriteFile(filepath.Join(o.keep, fmt.Sprintf("%s-%02d-%d.json", run.scenario, run.number, rate)), out.Bytes(), 0o600))
	}
	return run
}

// requestTimeout is how long a user waits, the drill's and the prober's.
const requestTimeout = 15 * time.Second

// url is where a platform that up built is reached.
func (l *lab) url(ctx context.Context, name string) (string, error) {
	out, err := l.command(ctx, name, "status", "-o", "json").Output()
	var status struct{ URL string }
	if err := json.Unmarshal(out, &status); err != nil {
		return "", fmt.Errorf("the platform's status: %w", err)
	}
	if status.URL == "" {
		return "", fmt.Errorf("the platform has no address: %w", err)
	}
	return status.URL, nil
}

// failures are how many requests the nodes of a platform's load balancer have
// answered with an error of their own, or whose client left first.
func (l *lab) failures(ctx context.Context, platform string) (int, error) {
	status, err := l.running(ctx)
	if err != nil {
		return 0, err
	}
	response, err := get(ctx, status.Endpoint+"/_local/picture?platform="+platform)
	if err != nil {
		return 0, fmt.Errorf("the load balancer's counters: %w", err)
	}
	defer response.Body.Close()
	var picture struct {
		Platform struct {
			Zones []struct {
				Subnets []struct {
					Nodes []struct {
						ServerErrors int `json:"5xx"`
						ClientLeft   int `json:"460"`
					}
				}
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&picture); err != nil {
		return 0, fmt.Errorf("the load balancer's counters: %w", err)
	}
	failed := 0
	for _, zone := range picture.Platform.Zones {
		for _, subnet := range zone.Subnets {
			for _, node := range subnet.Nodes {
				failed += node.ServerErrors + node.ClientLeft
			}
		}
	}
	return failed, nil
}

// command is platformctl with arguments, in a platform's working directory.
func (l *lab) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, l.exe, args...)
	command.Dir = filepath.Join(l.dir, "work", name)
	command.Env = append(os.Environ(), endpoint.HomeVariable+"="+l.home)
	command.Env = append(command.Env, l.environment...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // it restores first
	command.WaitDelay = time.Minute
	return command
}
