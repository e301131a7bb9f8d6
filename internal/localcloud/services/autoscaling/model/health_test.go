package model_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func stop(id string) func(*world.Tx) error {
	return func(tx *world.Tx) error { _, err := compute.Stop(tx, []string{id}); return err }
}

func suspend(resume bool, processes ...string) func(*world.Tx) error {
	return func(tx *world.Tx) error { return model.Suspend(tx, "web", processes, resume) }
}

// launchFirst is a maintenance policy of 100/110.
func launchFirst(s *model.Settings) {
	s.Maintenance = model.Maintenance{MinHealthy: new(100), MaxHealthy: new(110)}
}

func TestHealth_AStoppedInstanceIsReplacedWithinTheGrace(t *testing.T) {
	for title, settings := range map[string]func(*model.Settings){"terminates beside": nil, "launches first": launchFirst} {
		t.Run(title, func(t *testing.T) {
			c := newCloud(t)
			c.group(0, 4, 3, settings)
			c.settled()
			id := c.serving()[0]
			c.update(stop(id))
			took := c.until("replaced", func() bool { return strings.HasPrefix(c.state(id), "Terminating") || c.state(id) == "" })
			if took < 9*time.Second || took > 100*time.Second {
				t.Errorf("noticed after %s", took)
			}
			if a := c.activity(id, "Terminating EC2 instance: "+id); !strings.Contains(a.Cause, "taken out of service in response to an EC2 health check indicating it has been terminated or stopped.") {
				t.Errorf("cause %s", a.Cause)
			}
			// What replaces it comes beside: a maintenance policy doesn't hold for what was stopped.
			fresh := c.instances()[len(c.instances())-1]
			if a := c.activity(fresh.ID, "Launching"); !strings.Contains(a.Cause, "launched in response to an unhealthy instance needing to be replaced.") {
				t.Errorf("cause %s", a.Cause)
			}
			c.settled()
			c.wantZones(map[string]int{"a": 1, "b": 1, "c": 1})
			if c.machine(id) != compute.Terminated || c.state(id) != "" {
				t.Errorf("the stopped one is %s, %s", c.machine(id), c.state(id))
			}
		})
	}
}

func TestHealth_TheLoadBalancersChecksCountAfterTheGrace(t *testing.T) {
	c := newCloud(t)
	c.group(0, 4, 3, nil)
	c.settled()
	id := c.serving()[0]
	c.sick[id] = true
	c.until("marked", func() bool { return !c.instances()[0].Healthy })
	if after := c.now.Sub(c.instances()[0].InServiceAt); after < 120*time.Second || after > 181*time.Second {
		t.Errorf("marked %s after it was in service", after)
	}
	c.until("leaving", func() bool { return c.state(id) == model.Terminating })
	if c.target(id) != "draining" || len(c.instances()) != 4 {
		t.Errorf("its target: %s; %v", c.target(id), c.states())
	}
	if a := c.activity(id, "Terminating"); !strings.Contains(a.Cause, "in response to an ELB system health check failure.") {
		t.Errorf("cause %s", a.Cause)
	}
	c.settled()
	c.wantZones(map[string]int{"a": 1, "b": 1, "c": 1})
}

func TestHealth_ChecksOfEC2AloneLeaveTheLoadBalancersOut(t *testing.T) {
	c := newCloud(t)
	c.group(0, 4, 1, func(s *model.Settings) { s.HealthCheckType = "EC2" })
	c.settled()
	id := c.serving()[0]
	c.sick[id] = true
	c.run(10 * time.Minute)
	if c.state(id) != model.InService {
		t.Errorf("it is %s", c.state(id))
	}
}

func TestHealth_WithLaunchFirstAnUnhealthyOneServesUntilAnotherIsWarm(t *testing.T) {
	c := newCloud(t)
	c.group(0, 4, 3, func(s *model.Settings) { launchFirst(s); s.Warmup = new(60) })
	c.settled()
	id := c.serving()[0]
	c.sick[id] = true
	c.until("another comes", func() bool { return len(c.instances()) == 4 })
	if c.state(id) != model.InService || c.target(id) != "registered" {
		t.Errorf("meanwhile it is %s, its target: %s", c.state(id), c.target(id))
	}
	fresh := c.instances()[3].ID
	c.until("leaving", func() bool { return c.state(id) == model.Terminating })
	for _, i := range c.instances() {
		if i.ID == fresh && c.now.Sub(i.InServiceAt) < time.Minute {
			t.Errorf("it left %s after the other was in service", c.now.Sub(i.InServiceAt))
		}
	}
	c.settled()
	c.wantZones(map[string]int{"a": 1, "b": 1, "c": 1})
}

func TestHealth_WhereAllAreUnhealthyATenthIsReplacedAtATime(t *testing.T) {
	c := newCloud(t)
	c.group(0, 12, 10, nil)
	c.settled()
	for _, id := range c.serving() {
		c.sick[id] = true
	}
	c.run(4 * time.Minute)
	if n := len(c.serving()); n < 9 {
		t.Errorf("%d serve: %v", n, c.states())
	}
	if c.until("all are replaced", func() bool {
		for _, id := range c.serving() {
			if c.sick[id] {
				return false
			}
		}
		return len(c.serving()) == 10
	}) > time.Hour {
		t.Error("not within an hour")
	}
}

// With launch first, too, all of a small group are replaced, one after the other: those that wait for their turn keep none.
func TestHealth_WithLaunchFirstAllThatAreUnhealthyAreReplacedInTurn(t *testing.T) {
	c := newCloud(t)
	c.group(0, 4, 2, func(s *model.Settings) { launchFirst(s); s.Warmup = new(60) })
	c.settled()
	for _, id := range c.serving() {
		c.sick[id] = true
	}
	most := 0
	if c.until("all are replaced", func() bool {
		most = max(most, len(c.instances()))
		return len(c.serving()) == 2 && !slices.ContainsFunc(c.serving(), func(id string) bool { return c.sick[id] })
	}) > time.Hour {
		t.Error("not within an hour")
	}
	if most > 3 {
		t.Errorf("there were %d at once", most)
	}
}

func TestSetHealth_ReplacesWhatAUserFindsUnhealthy(t *testing.T) {
	c := newCloud(t)
	c.group(0, 4, 2, nil)
	c.settled()
	ids := c.serving()
	c.update(func(tx *world.Tx) error { return model.SetHealth(tx, ids[0], "Unhealthy", true) }) // within the grace
	c.update(func(tx *world.Tx) error { return model.SetHealth(tx, ids[1], "Unhealthy", false) })
	c.until("leaving", func() bool { return c.state(ids[1]) != model.InService })
	if c.state(ids[0]) != model.InService {
		t.Errorf("the grace isn't respected: %s", c.state(ids[0]))
	}
	if a := c.activity(ids[1], "Terminating"); !strings.Contains(a.Cause, "in response to a user health-check.") {
		t.Errorf("cause %s", a.Cause)
	}
	c.refused("AutoScalingGroup name not found - null", func(tx *world.Tx) error { return model.UpdateGroup(tx, "none", func(*model.Settings) {}, nil) })
	c.refused("Instance Id not found - No managed instance found for instance ID: i-0", func(tx *world.Tx) error { return model.SetHealth(tx, "i-0", "Healthy", false) })
}

func TestSuspend_HasTheEffectOfEachProcess(t *testing.T) {
	t.Run("HealthCheck", func(t *testing.T) {
		c := newCloud(t)
		c.group(0, 4, 2, nil)
		c.settled()
		id := c.serving()[0]
		c.update(suspend(false, "HealthCheck"))
		c.update(stop(id))
		c.run(5 * time.Minute)
		if i := c.instances()[0]; !i.Healthy || i.State != model.InService {
			t.Errorf("it is %s, %s", i.HealthStatus(), i.State)
		}
	})
	t.Run("ReplaceUnhealthy", func(t *testing.T) {
		c := newCloud(t)
		c.group(0, 4, 2, nil)
		c.settled()
		id := c.serving()[0]
		c.update(suspend(false, "ReplaceUnhealthy"))
		c.update(stop(id))
		c.run(5 * time.Minute)
		if i := c.instances()[0]; i.Healthy || i.State != model.InService || len(c.instances()) != 2 {
			t.Errorf("it is %s, %s; %v", i.HealthStatus(), i.State, c.states())
		}
		c.update(suspend(true, "ReplaceUnhealthy"))
		if c.state(id) == model.InService {
			t.Error("it isn't replaced at once")
		}
	})
	t.Run("Terminate", func(t *testing.T) {
		c := newCloud(t)
		c.group(0, 4, 2, nil)
		c.settled()
		c.update(suspend(false, "Terminate"))
		c.update(stop(c.serving()[0]))
		c.update(setDesired(1))
		c.run(5 * time.Minute)
		if len(c.instances()) != 2 {
			t.Errorf("there are %v", c.states())
		}
	})
	t.Run("Launch", func(t *testing.T) {
		c := newCloud(t)
		c.group(0, 4, 2, nil)
		c.settled()
		id := c.serving()[0]
		c.update(suspend(false, "Launch"))
		c.update(stop(id))
		c.run(10 * time.Minute)
		if len(c.instances()) != 1 || c.machine(id) != compute.Terminated {
			t.Errorf("there are %v; the unhealthy one is %s", c.states(), c.machine(id))
		}
		c.update(suspend(true, "Launch"))
		c.settled()
	})
	t.Run("AddToLoadBalancer", func(t *testing.T) {
		c := newCloud(t)
		c.group(0, 4, 1, nil)
		c.settled()
		c.update(suspend(false, "AddToLoadBalancer"))
		c.update(setDesired(2))
		c.settled()
		id := c.serving()[1]
		if c.target(id) != "none" {
			t.Errorf("its target: %s", c.target(id))
		}
		// Those that were launched meanwhile are not registered afterwards, either.
		c.update(suspend(true, "AddToLoadBalancer"))
		c.run(2 * time.Minute)
		if c.target(id) != "none" {
			t.Errorf("after the process was resumed, its target: %s", c.target(id))
		}
		for _, arns := range [][]string{nil, {c.targetGroup}} {
			c.update(func(tx *world.Tx) error {
				return model.UpdateGroup(tx, "web", func(s *model.Settings) { s.TargetGroups = arns }, nil)
			})
		}
		if c.target(id) != "registered" {
			t.Errorf("with a target group that was attached, its target: %s", c.target(id))
		}
	})
	t.Run("unknown", func(t *testing.T) {
		c := newCloud(t)
		c.group(0, 1, 0, nil)
		c.refused("ValidationError", suspend(false, "Sleep"))
	})
}

// Of an instance that runs and never boots, EC2's own checks fail, which count once the grace is over.
func TestHealth_ReplacesWhatNeverBoots(t *testing.T) {
	c := newCloud(t)
	c.world.SetSwitches(world.Switches{NoBoot: []string{compute.Images(region)[2].ID}})
	c.group(0, 4, 1, func(s *model.Settings) { s.HealthCheckType, s.Grace = "EC2", 600 })
	c.settled()
	id := c.serving()[0]
	c.run(9 * time.Minute)
	if c.state(id) != model.InService {
		t.Errorf("within its grace it is %s", c.state(id))
	}
	c.until("leaving", func() bool { return c.state(id) == model.Terminating })
	if a := c.activity(id, "Terminating"); !strings.Contains(a.Cause, "in response to an EC2 instance status check failure.") {
		t.Errorf("cause %s", a.Cause)
	}
}
