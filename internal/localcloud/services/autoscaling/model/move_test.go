package model_test

import (
	"slices"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func TestStandby_DrainsAndComesBack(t *testing.T) {
	c := newCloud(t)
	c.group(2, 3, 3, nil)
	c.settled()
	ids := c.serving()
	enter := func(ids []string, shrink bool) func(*world.Tx) error {
		return func(tx *world.Tx) error { _, err := model.EnterStandby(tx, "web", ids, shrink); return err }
	}
	c.refused("AutoScalingGroup web has min-size=2, max-size=3, and desired-size=3. To place into standby 2 instance, please update the AutoScalingGroup sizes appropriately.", enter(ids[:2], true))
	c.update(enter(ids[:1], true))
	if c.state(ids[0]) != model.EnteringStandby || c.target(ids[0]) != "draining" || c.current().Desired != 2 {
		t.Errorf("it is %s, its target: %s, desired: %d", c.state(ids[0]), c.target(ids[0]), c.current().Desired)
	}
	if took := c.until("in standby", func() bool { return c.state(ids[0]) == model.Standby }); took < 299*time.Second {
		t.Errorf("in standby after %s", took)
	}
	c.update(stop(ids[0])) // there are no health checks in standby
	c.run(5 * time.Minute)
	if c.state(ids[0]) != model.Standby || len(c.instances()) != 3 {
		t.Errorf("stopped in standby: %v", c.states())
	}
	c.update(func(tx *world.Tx) error { _, err := compute.Start(tx, ids[:1]); return err })
	c.until("it runs", func() bool { return c.machine(ids[0]) == compute.Running })
	c.update(func(tx *world.Tx) error { _, err := model.ExitStandby(tx, "web", ids[:1]); return err })
	c.settled()
	if c.target(ids[0]) != "registered" || c.current().Desired != 3 || !slices.Equal(c.serving(), ids) {
		t.Errorf("back: its target %s, desired %d, %v", c.target(ids[0]), c.current().Desired, c.states())
	}
}

func TestStandby_WithoutShrinkingIsReplaced(t *testing.T) {
	c := newCloud(t)
	c.group(2, 3, 2, nil)
	c.settled()
	ids := c.serving()
	c.update(func(tx *world.Tx) error { _, err := model.EnterStandby(tx, "web", ids[:1], false); return err })
	c.until("two serve", func() bool { return len(c.serving()) == 2 })
	if c.current().Desired != 2 {
		t.Errorf("desired %d", c.current().Desired)
	}
}

func TestDetach_LetsGoOfWhatCanBeAttachedAgain(t *testing.T) {
	c := newCloud(t)
	c.group(0, 3, 2, nil)
	c.settled()
	id := c.serving()[0]
	c.update(func(tx *world.Tx) error { _, err := model.Detach(tx, "web", []string{id}, true); return err })
	c.until("detached", func() bool { return c.state(id) == "" })
	tagged := func() (is bool) {
		c.view(func(tx *world.Tx) { m, _ := world.Get[compute.Instance](tx, id); _, is = m.Tags[model.GroupTag] })
		return is
	}
	if c.machine(id) != compute.Running || c.current().Desired != 1 || tagged() || c.target(id) != "none" {
		t.Errorf("it is %s, tagged: %t, its target: %s; desired %d", c.machine(id), tagged(), c.target(id), c.current().Desired)
	}
	attach := func(ids ...string) func(*world.Tx) error {
		return func(tx *world.Tx) error { return model.Attach(tx, "web", ids) }
	}
	c.update(attach(id))
	c.settled()
	if c.current().Desired != 2 || !tagged() || c.target(id) != "registered" {
		t.Errorf("desired %d, tagged: %t, its target: %s", c.current().Desired, tagged(), c.target(id))
	}
	c.refused("Instance "+id+" is already part of AutoScalingGroup: web", attach(id))
	c.refused("Invalid Instance ID(s) found", attach("i-0123456789abcdef0"))
	c.refused("To attach 2 instances, please update the AutoScalingGroup sizes appropriately.", attach(id, id))
}

func TestTerminate_ReplacesUnlessTheGroupShrinks(t *testing.T) {
	c := newCloud(t)
	c.group(2, 3, 3, nil)
	c.settled()
	end := func(id string, shrink bool) func(*world.Tx) error {
		return func(tx *world.Tx) error { _, err := model.Terminate(tx, id, shrink); return err }
	}
	first := c.serving()[0]
	c.update(end(first, true))
	c.settled()
	if c.current().Desired != 2 || c.machine(first) != compute.Terminated {
		t.Errorf("desired %d, %s", c.current().Desired, c.machine(first))
	}
	second := c.serving()[0]
	c.refused("Currently, desiredSize equals minSize (2).", end(second, true))
	c.update(end(second, false))
	c.settled()
	if c.current().Desired != 2 || slices.Contains(c.serving(), second) {
		t.Errorf("desired %d, %v", c.current().Desired, c.states())
	}
}

func TestUpdateGroup_RegistersWithATargetGroupThatComesLater(t *testing.T) {
	c := newCloud(t)
	c.group(0, 3, 2, func(s *model.Settings) { s.TargetGroups = nil })
	c.settled()
	to := func(arns ...string) func(*world.Tx) error {
		return func(tx *world.Tx) error {
			return model.UpdateGroup(tx, "web", func(s *model.Settings) { s.TargetGroups = arns }, nil)
		}
	}
	c.update(to(c.targetGroup))
	for _, id := range c.serving() {
		if c.target(id) != "registered" {
			t.Errorf("attached: %s", c.target(id))
		}
	}
	c.update(to())
	for _, id := range c.serving() {
		if c.target(id) != "draining" {
			t.Errorf("detached: %s", c.target(id))
		}
	}
}
