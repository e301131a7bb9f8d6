package record

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/conformance/parity/intercept"
	"github.com/platformctl/platformctl/conformance/parity/scrub"
	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
)

// The names of steps. Those of drills are StepDrill and the scenario.
const (
	stepPlan    = "plan"
	stepUp      = "up"
	StepDrill   = "drill-"
	stepUpAgain = "up-again"
	stepDown    = "down"
	stepList    = "list"
)

// Run records a run into o.Out. At the end of ctx, or of the budget, it goes to down at once, and returns an error that
// says so beside the recording of what was done. Only the end of hard, which a second Ctrl-C may be, ends down as well.
func Run(ctx, hard context.Context, o Options) (err error) {
	if err := o.Check(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "platformctl-parity-")
	if err != nil {
		return err
	}
	r := &runner{Options: o, work: work, run: trace.Run{Target: o.Target, Region: o.Region}}
	defer func() { err = errors.Join(err, r.end(err)) }()
	if err := r.open(ctx); err != nil {
		return err
	}
	limit, err := r.before(ctx)
	if err != nil {
		return err
	}
	return r.life(ctx, hard, limit)
}

// runner is a run under way.
type runner struct {
	Options
	work    string // the directory in which the program works; it stays where anything may be left
	program program
	proxy   *intercept.Proxy
	cloud   *localCloud // nil but with TargetLocal
	scrub   *scrub.Scrubber
	writer  *trace.Writer
	current atomic.Value // the name of the step that is under way

	mu   sync.Mutex
	run  trace.Run
	left bool // something may be there that down has not taken down
}

// open starts all that the run needs, and touches nothing of an account.
func (r *runner) open(ctx context.Context) (err error) {
	r.scrub = scrub.New(config.Default().Network.CIDR, r.private()...)
	if r.writer, err = trace.Create(r.Out); err != nil {
		return err
	}
	o := intercept.Options{Exchange: r.record, Now: r.Now}
	if o.Transport, err = transport(r.Environ); err != nil {
		return err
	}
	home := filepath.Join(r.work, "home")
	at := r.Endpoint
	if r.Target == TargetLocal {
		if r.cloud, err = startCloud(ctx, r.Exe, home, r.Latency, r.Now); err != nil {
			return err
		}
		at, o.Traffic, r.run.Latency = r.cloud.endpoint, r.cloud.address, r.Latency
	}
	if at != "" {
		if o.Upstream, err = parse(at); err != nil {
			return err
		}
	}
	if r.proxy, err = intercept.Start(context.WithoutCancel(ctx), o); err != nil {
		return err
	}
	bundle := filepath.Join(r.work, "authority.pem")
	if err := os.WriteFile(bundle, r.proxy.Certificate(), 0o600); err != nil {
		return err
	}
	r.program = program{exe: r.Exe, dir: r.work, env: environment(r.Options, r.proxy, bundle, home), log: r.Log, now: r.Now}
	if r.run.Version, err = r.program.version(ctx); err != nil {
		return err
	}
	return r.program.configure(r.Name, r.Region)
}

// private are names that tell of whose machine this is.
func (r *runner) private() (names []string) {
	for _, pair := range r.Environ {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "USER", "LOGNAME", "USERNAME", "HOSTNAME", "COMPUTERNAME", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN":
			names = append(names, value)
		}
	}
	return names
}

// step runs a command and keeps what came of it.
func (r *runner) step(ctx context.Context, name string, args ...string) (trace.Step, error) {
	fmt.Fprintf(r.Log, "\n--- %s: platformctl %s\n", name, strings.Join(args, " "))
	r.current.Store(name)
	step, err := r.program.run(ctx, name, args...)
	kept := step
	if step.Document != nil {
		kept.Document = json.RawMessage(r.scrub.JSON(string(step.Document)))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.run.Steps = append(r.run.Steps, kept)
	return step, errors.Join(err, r.writer.Run(r.run))
}

// planned is what the kit reads in the document of plan.
type planned struct {
	Account string
	Region  string
	Cost    struct{ After *json.Number }
	Summary struct{ Create, Update, Replace, Delete, Keep int }
}

// before finds out what there is and what it will cost, and asks. It returns how long the run may work until it goes down.
func (r *runner) before(ctx context.Context) (limit time.Duration, err error) {
	step, err := r.step(ctx, stepPlan, "plan")
	if err != nil {
		return 0, err
	}
	var plan planned
	if err := json.Unmarshal(step.Document, &plan); err != nil {
		return 0, fmt.Errorf("read the plan: %w", err)
	}
	if there := plan.Summary; there.Keep+there.Update+there.Replace+there.Delete > 0 {
		return 0, fmt.Errorf("a platform %q is there already, and a run takes its own down: choose another -name", r.Name)
	}
	if plan.Cost.After == nil {
		return 0, fmt.Errorf("what the platform costs in %s isn't known, so no budget can be kept", plan.Region)
	}
	each, err := hourly(plan.Cost.After.String())
	if err != nil {
		return 0, err
	}
	limit, most, err := r.budget(each)
	if err != nil {
		return 0, err
	}
	r.run.Region = plan.Region
	fmt.Fprintf(r.Log, "account %s, region %s: %d objects, %s for each hour that has begun, traffic not included\n"+
		"after %s the run goes down, wherever it is; it costs %s at the most\n"+
		"should this process be killed, take all down with:\n  %s\n",
		plan.Account, plan.Region, plan.Summary.Create, each.Exact(), limit.Round(time.Second), most.Exact(), r.takeDown())
	if r.Target != TargetAWS || r.Yes {
		return limit, nil
	}
	fmt.Fprintf(r.Log, "Type the platform's name, %s, to begin: ", r.Name)
	answer, err := bufio.NewReader(r.In).ReadString('\n')
	if strings.TrimSpace(answer) != r.Name {
		return 0, errors.Join(errors.New("not confirmed; nothing was made"), err)
	}
	return limit, nil
}

// takeDown is the command that takes down what a killed run leaves.
func (r *runner) takeDown() string {
	if r.Target != TargetAWS {
		return "(nothing: what stands in AWS's place charges nothing)"
	}
	return fmt.Sprintf("cd %s && %s down -c %s --yes", r.work, r.Exe, configuration)
}

// life makes the platform, works with it and takes it down.
func (r *runner) life(ctx, hard context.Context, limit time.Duration) error {
	// One cause for the end of the budget, another for an interrupt: both end in down.
	working, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		r.Pause(working, limit)
		cancel(fmt.Errorf("the budget ended after %s", limit.Round(time.Second)))
	}()
	r.left = true
	failed := r.works(working)
	_, err := r.step(hard, stepDown, "down", "--yes")
	if err != nil && hard.Err() == nil {
		fmt.Fprintf(r.Log, "down failed, and is tried once more: %v\n", err)
		_, err = r.step(hard, stepDown, "down", "--yes")
	}
	if err == nil {
		err = r.nothingLeft(hard)
	}
	if err != nil {
		return errors.Join(failed, &LeftError{r.takeDown(), err})
	}
	r.left = false
	return failed
}

// LeftError says that something may be left that costs money.
type LeftError struct {
	Command string // takes it down
	Err     error
}

// Error implements error.
func (e *LeftError) Error() string {
	return fmt.Sprintf("something may be left and cost money; take it down with\n  %s\n%v", e.Command, e.Err)
}

// Unwrap is what failed.
func (e *LeftError) Unwrap() error { return e.Err }

// works does all that lies between the first object and down. It ends with the first failure.
func (r *runner) works(ctx context.Context) error {
	up := []string{"up", "--yes"}
	if r.Target == TargetEndpoint {
		up = append(up, "--no-probe")
	}
	if _, err := r.step(ctx, stepUp, up...); err != nil {
		return err
	}
	for _, scenario := range r.Scenarios {
		if err := r.drill(ctx, scenario); err != nil {
			return err
		}
	}
	_, err := r.step(ctx, stepUpAgain, up...)
	return err
}

// A drill refuses a platform that isn't steady, and breaks nothing: after the one before it, the agent of an instance
// that was started again takes its time. It is tried again so often, with so long between.
const (
	triesOfDrill = 20
	betweenTries = 15 * time.Second
)

// drill drills a scenario. Of its tries, the last one is the step.
func (r *runner) drill(ctx context.Context, scenario string) error {
	for try := 1; ; try++ {
		// A seed, so that another run breaks the same.
		step, err := r.step(ctx, StepDrill+scenario, "failover-drill", "--scenario", scenario, "--seed", "1")
		if err == nil || try == triesOfDrill || failureOf(step.Document).Error.Code != exit.CodeUnsteady || ctx.Err() != nil {
			return err
		}
		r.mu.Lock()
		r.run.Steps = r.run.Steps[:len(r.run.Steps)-1]
		r.mu.Unlock()
		r.Pause(ctx, betweenTries)
	}
}

// nothingLeft asks by tags alone, whatever the state of the run says.
func (r *runner) nothingLeft(ctx context.Context) error {
	step, err := r.step(ctx, stepList, "list")
	if err != nil {
		return err
	}
	var list struct {
		Platforms []struct{ Name, Region string }
	}
	if err := json.Unmarshal(step.Document, &list); err != nil {
		return fmt.Errorf("read the list of platforms: %w", err)
	}
	for _, p := range list.Platforms {
		if p.Name == r.Name && p.Region == r.run.Region {
			return fmt.Errorf("tags say that there still is something of %s", p.Name)
		}
	}
	return nil
}

// end ends what the run began, and writes down why it was cut short.
func (r *runner) end(failed error) (err error) {
	if failed != nil && r.writer != nil {
		r.run.Ended = r.scrub.Text(failed.Error())
		err = r.writer.Run(r.run)
	}
	if r.proxy != nil {
		err = errors.Join(err, r.proxy.Close())
	}
	if r.cloud != nil {
		err = errors.Join(err, r.cloud.stop())
	}
	if r.writer != nil {
		err = errors.Join(err, r.writer.Close())
	}
	if r.left {
		fmt.Fprintln(r.Log, "kept:", r.work)
		return err
	}
	return errors.Join(err, os.RemoveAll(r.work))
}
