package progress_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/present/terminal/terminaltest"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

var _ = flag.Bool("update", false, "write testdata again")

// run is an up of many instances, with a clock of its own.
type run struct {
	*progress.Progress
	clock time.Time
	steps []plan.Upcoming
	place map[string]int
}

func newRun(s terminal.Streams) *run {
	r := &run{clock: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC), place: map[string]int{}}
	r.Progress = progress.NewAt(s, "up shop", func() time.Time { return r.clock })
	return r
}

// step plans one more, after others.
func (r *run) step(key string, after ...string) {
	kind, name, _ := strings.Cut(key, "/")
	step := plan.Upcoming{Key: resource.Key{Kind: kind, Name: name}, Action: plan.Create}
	for _, need := range after {
		step.Needs = append(step.Needs, r.place[need])
	}
	r.place[key] = len(r.steps)
	r.steps = append(r.steps, step)
}

// large plans six zones and so many instances in each.
func (r *run) large(instances int) {
	r.step("vpc/main")
	r.step("target-group/web", "vpc/main")
	for _, zone := range "abcdef" {
		r.step(fmt.Sprintf("subnet/public-%c", zone), "vpc/main")
		r.step(fmt.Sprintf("nat-gateway/%c", zone), fmt.Sprintf("subnet/public-%c", zone))
		r.step(fmt.Sprintf("route-table/private-%c", zone), fmt.Sprintf("nat-gateway/%c", zone))
	}
	r.step("load-balancer/alb", "subnet/public-a", "subnet/public-b")
	r.step("listener/http", "load-balancer/alb", "target-group/web")
	for i := range instances {
		for _, zone := range "abcdef" {
			instance := fmt.Sprintf("instance/web-%c-%d", zone, i+1)
			r.step(instance, fmt.Sprintf("route-table/private-%c", zone))
			r.step(strings.Replace(instance, "instance", "registration", 1), instance, "listener/http")
		}
	}
	r.Plan(r.steps, time.Second)
}

// tell tells of an event, on all planned steps whose key begins so.
func (r *run) tell(what apply.EventType, prefix, detail string) {
	for _, step := range r.steps {
		if key := step.Key.String(); strings.HasPrefix(key, prefix) {
			r.Event(apply.Event{Type: what, Key: step.Key, Action: step.Action, Detail: detail, At: r.clock, Took: time.Second})
		}
	}
}

// A platform of six zones and two hundred objects at moments of its creation:
// what runs, what it waits for and what is next is in the window at any size,
// and no line is wrapped or scrolled away.
func TestProgress_ManyObjectsFitWindow(t *testing.T) {
	for _, size := range terminaltest.Sizes() {
		t.Run(size.String(), func(t *testing.T) {
			screen := terminaltest.New(t, size.Width, size.Height)
			r := newRun(terminal.Streams{Err: screen, Terminal: true, Color: true, Size: screen.Size})
			r.large(15)
			var seen strings.Builder
			look := func(what string) {
				r.Redraw()
				shown := screen.Screen()
				for name, lost := range map[string]bool{
					"a wrapped line":  screen.Wrapped > 0,
					"no head":         !strings.Contains(shown, "up shop"),
					"a hidden window": strings.Count(shown, "\n") > size.Height,
				} {
					if lost {
						t.Errorf("%s: %s:\n%s", what, name, shown)
					}
				}
				fmt.Fprintf(&seen, "# %s\n%s\n", what, strings.TrimRight(shown, "\n"))
			}

			r.Note("reading what is there")
			look("before the plan")
			for _, early := range []string{"vpc/", "target-group/", "subnet/"} {
				r.tell(apply.Started, early, "")
				r.tell(apply.Done, early, "")
			}
			r.tell(apply.Started, "nat-gateway/", "")
			r.tell(apply.Started, "load-balancer/", "")
			r.clock = r.clock.Add(61 * time.Second)
			r.tell(apply.Waiting, "nat-gateway/", "pending")
			r.tell(apply.Waiting, "load-balancer/", "provisioning")
			look("gateways and the load balancer come")

			r.tell(apply.Done, "nat-gateway/", "")
			r.tell(apply.Started, "route-table/", "")
			r.tell(apply.Done, "route-table/", "")
			r.tell(apply.Started, "instance/", "")
			r.clock = r.clock.Add(12 * time.Second)
			r.tell(apply.Waiting, "instance/", "pending")
			r.tell(apply.Done, "instance/web-c", "")
			r.tell(apply.Waiting, "instance/web-e-7", "Server.InternalError: it is started once more")
			look("instances come")

			r.tell(apply.Done, "load-balancer/", "")
			r.tell(apply.Started, "listener/", "")
			r.tell(apply.Done, "listener/", "")
			r.tell(apply.Started, "registration/web-c", "")
			for i := range 9 {
				r.tell(apply.Waiting, fmt.Sprintf("registration/web-c-%d", i+1), fmt.Sprintf("attempt %d: Elb.RegistrationInProgress", i))
			}
			r.tell(apply.Erred, "instance/web-f-2", "InsufficientInstanceCapacity: we currently do not have sufficient t3.micro capacity in the Availability Zone you requested")
			look("an instance fails")

			screen.Resize(max(size.Width/2, 30), size.Height/2)
			look("in a window half as large")

			r.Stop()
			fmt.Fprintf(&seen, "# at the end\n%s\n", strings.TrimRight(screen.Screen(), "\n"))
			testenv.Golden(t, size.String()+".txt", seen.String())
		})
	}
}
