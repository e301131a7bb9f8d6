package model_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	acm "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elb "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iam "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const region = "eu-west-1"

// cloud is a world in AWS's own time whose clock the test moves, with a load balancer in front of a target group, and subnets
// in three zones.
type cloud struct {
	*testing.T
	world       *world.World
	path        string
	now         time.Time
	subnets     []string
	targetGroup string
	sick        map[string]bool // instances that the load balancer finds unhealthy
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	return newCloudAt(t, "")
}

// newCloudAt keeps the world in a file.
func newCloudAt(t *testing.T, path string) *cloud {
	t.Helper()
	c := &cloud{T: t, path: path, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), sick: map[string]bool{}}
	c.open()
	c.update(func(tx *world.Tx) error {
		vpc, err := network.CreateVPC(tx, "10.0.0.0/16", nil)
		c.ok(err)
		for n, zone := range []string{"a", "b", "c"} {
			s, err := network.CreateSubnet(tx, vpc.ID, fmt.Sprintf("10.0.%d.0/24", n), region+zone, "", nil)
			c.ok(err)
			c.subnets = append(c.subnets, s.ID)
		}
		gateway, err := network.CreateInternetGateway(tx, nil)
		c.ok(err)
		c.ok(network.AttachInternetGateway(tx, gateway.ID, vpc.ID))
		g, err := elb.CreateTargetGroup(tx, elb.NewTargetGroup{Name: "web", Protocol: "HTTP", Port: new(80), VPCID: vpc.ID})
		c.ok(err)
		c.targetGroup = g.ID
		b, err := elb.CreateLoadBalancer(tx, elb.NewLoadBalancer{Name: "web", Subnets: c.subnets})
		c.ok(err)
		_, err = elb.CreateListener(tx, b.ID, elb.ListenerChange{Port: new(80), Protocol: new("HTTP"),
			Actions: []elb.Action{{Forward: &elb.Forward{TargetGroups: []elb.WeightedTargetGroup{{ARN: g.ID, Weight: 1}}}}}}, nil)
		c.ok(err)
		_, err = compute.CreateLaunchTemplate(tx, "web", compute.NewVersion{Data: compute.Parameters{ImageID: compute.Images(region)[2].ID, Type: "t3.micro"}}, "", nil)
		return err
	})
	c.run(5 * time.Minute) // the load balancer becomes active
	return c
}

// open opens the world's file, as a local cloud that is started again does.
func (c *cloud) open() {
	c.Helper()
	latency, err := world.ParseLatency("aws")
	c.ok(err)
	w, err := world.Open(c.path, world.Options{Now: func() time.Time { return c.now }, Latency: latency},
		slices.Concat(network.Kinds(), compute.Kinds(), iam.Kinds(), acm.Kinds(), elb.Kinds(), model.Kinds())...)
	c.ok(err)
	c.world = w
	c.Cleanup(func() { _ = w.Close() })
}

func (c *cloud) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// update changes the world, and lets the groups do what follows of that.
func (c *cloud) update(f func(*world.Tx) error) {
	c.Helper()
	c.ok(c.world.Update(region, f))
	c.work()
}

// refused wants a change to be refused with words that have the text in them.
func (c *cloud) refused(text string, f func(*world.Tx) error) {
	c.Helper()
	err := c.world.Update(region, f)
	var refusal *refuse.Error
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Code+": "+refusal.Message, text) {
		c.Errorf("got %v, want %q", err, text)
	}
}

// work lets the groups do what they can at this moment.
func (c *cloud) work() {
	c.Helper()
	for range 100 {
		changed := c.world.Changed()
		c.ok(c.world.Update(region, func(tx *world.Tx) error {
			model.Work(tx, c.health(tx))
			return nil
		}))
		select {
		case <-changed:
		default:
			return
		}
	}
	c.Fatal("the groups change something each time that they are asked")
}

func (c *cloud) health(tx *world.Tx) model.Health {
	return func(arn string) (all []model.TargetHealth) {
		for _, t := range elb.TargetsOf(tx, arn) {
			state := "healthy"
			if c.sick[t.InstanceID] {
				state = "unhealthy"
			}
			all = append(all, model.TargetHealth{InstanceID: t.InstanceID, State: state})
		}
		return all
	}
}

// run lets time pass, with all that is due in it.
func (c *cloud) run(d time.Duration) {
	c.Helper()
	for end := c.now.Add(d); ; {
		c.work()
		at, due := c.world.NextDue()
		if !due || at.After(end) {
			c.now = end
			c.work()
			return
		}
		if at.After(c.now) {
			c.now = at
		}
	}
}

// until lets time pass until something is so, and says how long that took.
func (c *cloud) until(what string, is func() bool) time.Duration {
	c.Helper()
	begun := c.now
	for !is() {
		if c.now.Sub(begun) > time.Hour {
			c.Fatalf("an hour later still not: %s; %v", what, c.states())
		}
		c.run(time.Second)
	}
	return c.now.Sub(begun)
}

// group makes a group of the zones, of so many instances, behind the load balancer, whose checks count.
func (c *cloud) group(least, most, desired int, change func(*model.Settings), hooks ...model.Hook) {
	c.Helper()
	s := model.Settings{Template: compute.TemplateRef{Name: "web"}, Min: least, Max: most, Subnets: c.subnets, TargetGroups: []string{c.targetGroup},
		HealthCheckType: "ELB", Grace: 120, Cooldown: 300, Distribution: "balanced-best-effort", DeletionProtection: "none"}
	if change != nil {
		change(&s)
	}
	c.update(func(tx *world.Tx) error {
		return model.CreateGroup(tx, "web", s, &desired, world.Tags{"own": "1", "other": "2"}, map[string]bool{"own": true}, hooks)
	})
}

func (c *cloud) view(f func(*world.Tx)) {
	c.Helper()
	c.ok(c.world.View(region, func(tx *world.Tx) error { f(tx); return nil }))
}

// instances are the group's, in the order in which they came.
func (c *cloud) instances() (all []*model.Instance) {
	c.view(func(tx *world.Tx) { all = model.InstancesOf(tx, "web") })
	return all
}

// serving are the IDs of those in service.
func (c *cloud) serving() (ids []string) {
	for _, i := range c.instances() {
		if i.State == model.InService {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// zones is how many are in service in each.
func (c *cloud) zones() map[string]int {
	zones := map[string]int{}
	for _, i := range c.instances() {
		if i.State == model.InService {
			zones[strings.TrimPrefix(i.Zone, region)]++
		}
	}
	return zones
}

func (c *cloud) wantZones(want map[string]int) {
	c.Helper()
	if got := c.zones(); !maps.Equal(got, want) {
		c.Errorf("in service: %v, want %v", got, want)
	}
}

func (c *cloud) states() (all []string) {
	for _, i := range c.instances() {
		all = append(all, i.ID+" "+i.State)
	}
	return all
}

// state is an instance's in the group, "" for one that isn't in it.
func (c *cloud) state(id string) string {
	for _, i := range c.instances() {
		if i.ID == id {
			return i.State
		}
	}
	return ""
}

// target is the state of an instance's registration: registered, draining, or none.
func (c *cloud) target(id string) (state string) {
	state = "none"
	c.view(func(tx *world.Tx) {
		for _, t := range elb.TargetsOf(tx, c.targetGroup) {
			if t.InstanceID == id {
				state = map[bool]string{true: "draining", false: "registered"}[t.Draining()]
			}
		}
	})
	return state
}

// machine is the state of the EC2 instance.
func (c *cloud) machine(id string) (state compute.State) {
	c.view(func(tx *world.Tx) {
		state = compute.Terminated
		if m, ok := world.Get[compute.Instance](tx, id); ok {
			state = m.State
		}
	})
	return state
}

// activities are the group's, the latest first.
func (c *cloud) activities() (all []*model.Activity) {
	c.view(func(tx *world.Tx) { all = model.ActivitiesOf(tx, "web") })
	return all
}

// activity is the latest of an instance whose description begins so.
func (c *cloud) activity(id, description string) *model.Activity {
	c.Helper()
	for _, a := range c.activities() {
		if a.Instance == id && strings.HasPrefix(a.Description, description) {
			return a
		}
	}
	c.Fatalf("%s has no activity %q", id, description)
	return nil
}

func (c *cloud) current() (g *model.Group) {
	c.Helper()
	c.view(func(tx *world.Tx) {
		var err error
		g, err = model.FindGroup(tx, "web")
		c.ok(err)
	})
	return g
}

// settled waits until what is desired serves and nothing is under way.
func (c *cloud) settled() time.Duration {
	c.Helper()
	return c.until("settled", func() bool {
		all := c.instances()
		return len(all) == c.current().Desired && len(c.serving()) == len(all) &&
			!slices.ContainsFunc(c.activities(), func(a *model.Activity) bool { return !a.Over() })
	})
}
