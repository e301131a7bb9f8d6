package drillkills

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// scenario is what a drill breaks.
type scenario struct {
	name string
	args []string
}

func scenarios() []scenario {
	return []scenario{
		{"instance", []string{"--scenario", fault.Instance}},
		{"process", []string{"--scenario", fault.Process}},
		{"zone", []string{"--scenario", fault.Zone}},
		{"zone-all", []string{"--scenario", fault.Zone, "--scope", fault.ScopeAll}},
		{"drain", []string{"--scenario", fault.Drain}},
	}
}

// nextCommands are those that must restore what a killed drill broke.
func nextCommands() map[string][]string {
	return map[string][]string{
		"up": {"up"}, "status": {"status"}, "down": {"down"}, "restore": {"failover-drill", "--restore"},
	}
}

// point is one moment of a drill, and the command that follows.
type point struct {
	scenario scenario
	kills.Point
	then string
}

// Reproduction is the command that runs this point alone.
func (p point) Reproduction() string {
	return fmt.Sprintf("go run ./resilience drill -scenario %s -then %s %s", p.scenario.name, p.then, p.Arguments())
}

// verdict is how a point went.
type verdict struct {
	point
	what    string // the call at which the drill was ended; "" where it ended before by itself
	journal bool   // the fault was journalled when the drill was ended
	took    time.Duration
	wrong   []string
	detail  string // what the binary said, where anything was wrong
}

// Good reports whether everything was as it should be.
func (v verdict) Good() bool { return len(v.wrong) == 0 }

// String is what went wrong at a point.
func (v verdict) String() string {
	return v.Problem(v.scenario.name+", then "+v.then, v.what, v.wrong, v.Reproduction(), v.detail)
}

// bench is what all points share.
type bench struct {
	*kills.Bench
	before string // the directory of a site on which the platform is up
}

// on does something on a site of its own on which the platform is up and healthy.
func (b *bench) on(ctx context.Context, v *verdict, do func(*lab.Site) error) error {
	return b.On(ctx, "point", b.before, lab.Options{}, v, func(site *lab.Site) error {
		// The health checks begin again.
		if err := kills.Well(site.Run(ctx, "up")); err != nil {
			return err
		}
		return do(site)
	})
}

// command is the drill's. The fault lasts a moment, and an error more or less is not the point.
func (s scenario) command() []string {
	return slices.Concat([]string{"failover-drill", "--duration", "500ms", "--rate", "10"}, s.args)
}

// rehearse runs a drill to its end and lists its calls.
func (b *bench) rehearse(ctx context.Context, s scenario) (calls []lab.Call, err error) {
	err = b.on(ctx, &verdict{}, func(site *lab.Site) error {
		site.Proxy.Set(nil)
		out, err := site.Run(ctx, s.command()...)
		if err == nil && out.Exit != 0 && out.Exit != 4 {
			err = fmt.Errorf("rehearse %s: %s", s.name, out)
		}
		calls = site.Proxy.Calls()
		return err
	})
	return calls, err
}

// run ends the drill at the point, runs the command that follows, and judges. An error is one of the bench itself.
func (b *bench) run(ctx context.Context, p point) (verdict, error) {
	v := verdict{point: p}
	err := b.on(ctx, &v, func(site *lab.Site) error { return v.judge(ctx, site) })
	return v, err
}

func (v *verdict) judge(ctx context.Context, site *lab.Site) error {
	if err := v.kill(ctx, site); err != nil {
		return err
	}
	journal := journal.Of(site.State())
	_, missing := os.Stat(journal.Path())
	v.journal = missing == nil
	within, cancel := context.WithTimeout(ctx, lab.TooLong)
	defer cancel()
	out, err := site.Run(within, nextCommands()[v.then]...)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	v.took = out.Took
	v.detail += out.String()
	// A platform whose target is on its way to health is not healthy yet, and status says so.
	if out.Exit != 0 && (v.then != "status" || out.Exit != 3) {
		v.wrong = append(v.wrong, fmt.Sprintf("the next command ends with %d", out.Exit))
	}
	if v.journal && !strings.Contains(out.Text, "was not restored") {
		v.wrong = append(v.wrong, "the next command doesn't say that it restores what a drill broke")
	}
	if _, err := os.Stat(journal.Path()); !errors.Is(err, fs.ErrNotExist) {
		v.wrong = append(v.wrong, "the journal is still there")
	}
	if v.then == "down" {
		v.wrong = append(v.wrong, site.Empty().All()...)
		return ctx.Err()
	}
	traces, err := tracesOf(site)
	if err != nil {
		return err
	}
	if v.wrong = append(v.wrong, traces...); len(v.wrong) > 0 {
		return nil
	}
	if err := untilHealthy(within, site); err != nil {
		v.wrong = append(v.wrong, err.Error())
	}
	v.wrong = append(v.wrong, site.Complete(ctx, lab.Shape{}).All()...)
	return ctx.Err()
}

// kill runs the drill and ends it at the point.
func (v *verdict) kill(ctx context.Context, site *lab.Site) error {
	ctx, cancel := context.WithTimeout(ctx, lab.TooLong)
	defer cancel()
	out, what, err := kills.Strike(ctx, site, v.Point, v.scenario.command()...)
	v.what = what
	if !out.Killed && out.Exit != 0 && out.Exit != 4 || out.Killed && what == "" {
		v.wrong = append(v.wrong, "the drill fails by itself")
		v.detail = out.String() + "\n"
	}
	return err
}

// tracesOf is what a drill left in the world.
func tracesOf(site *lab.Site) (traces []string, err error) {
	objects, err := site.Objects()
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		if mark := o.Tags[awsapi.TagDrill]; mark != "" {
			traces = append(traces, fmt.Sprintf("%s %s is marked %q", o.Kind, o.ID, mark))
		}
	}
	err = site.Cloud.World().View("us-east-1", func(tx *world.Tx) error {
		for _, i := range world.All[compute.Instance](tx) {
			if i.State != compute.Running && i.State != compute.Pending {
				traces = append(traces, fmt.Sprintf("instance %s is %s", i.ID, i.State))
			}
		}
		for _, acl := range world.All[network.NetworkACL](tx) {
			if !acl.Default {
				traces = append(traces, "there is network ACL "+acl.ID)
			}
		}
		return nil
	})
	return traces, err
}

// healthyWithin is how long the platform may take to be healthy once all is restored.
const healthyWithin = 2 * time.Minute

// untilHealthy waits until status finds nothing wrong.
func untilHealthy(ctx context.Context, site *lab.Site) error {
	ctx, cancel := context.WithTimeout(ctx, healthyWithin)
	defer cancel()
	for {
		out, err := site.Run(ctx, "status")
		if err == nil && out.Exit == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not healthy within %s: %s", healthyWithin, out)
		case <-time.After(time.Second):
		}
	}
}

// rows is the kill table: a row for each scenario and mode, and one for all.
func rows(verdicts []verdict) [][]string {
	rows := [][]string{{
		"scenario", "killed", "points", "not reached", "fault journalled", "restored by the next command", "wrong", "median of the next command", "longest",
	}}
	row := func(name, mode string, those []verdict) []string {
		var unreached, journalled, restored, wrong int
		var took []time.Duration
		for _, v := range those {
			if v.what == "" {
				unreached++
			}
			if len(v.wrong) > 0 {
				wrong++
			}
			if v.journal {
				journalled++
				if len(v.wrong) == 0 {
					restored++
				}
			}
			took = append(took, v.took)
		}
		cells := []string{name, mode}
		for _, n := range []int{len(those), unreached, journalled, restored, wrong} {
			cells = append(cells, fmt.Sprint(n))
		}
		return append(cells, lab.MedianAndLongest(took)...)
	}
	for _, s := range scenarios() {
		for _, m := range modes() {
			those := slices.DeleteFunc(slices.Clone(verdicts), func(v verdict) bool { return v.scenario.name != s.name || v.Mode != m })
			if len(those) > 0 {
				rows = append(rows, row(s.name, string(m), those))
			}
		}
	}
	return append(rows, row("all", "", verdicts))
}
