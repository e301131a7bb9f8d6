package model_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func setDesired(n int) func(*world.Tx) error {
	return func(tx *world.Tx) error { return model.SetDesired(tx, "web", n, model.ByUser(tx)) }
}

func TestCreateGroup_SpreadsInstancesAndRegistersThemBeforeTheyServe(t *testing.T) {
	c := newCloud(t)
	c.group(0, 4, 3, nil)
	for _, i := range c.instances() {
		if i.State != model.Pending || c.target(i.ID) != "none" {
			t.Errorf("at first %s is %s, its target: %s", i.ID, i.State, c.target(i.ID))
		}
	}
	if took := c.settled(); took < 5*time.Second || took > time.Minute {
		t.Errorf("in service after %s", took)
	}
	c.wantZones(map[string]int{"a": 1, "b": 1, "c": 1})
	for _, id := range c.serving() {
		if c.target(id) != "registered" {
			t.Errorf("%s serves, its target: %s", id, c.target(id))
		}
		a := c.activity(id, "Launching a new EC2 instance: "+id)
		if a.Status != model.Successful || !strings.Contains(a.Cause, "a user request created an AutoScalingGroup changing the desired capacity from 0 to 3.") {
			t.Errorf("activity %+v", a)
		}
		c.view(func(tx *world.Tx) {
			m, _ := world.Get[compute.Instance](tx, id)
			tags := maps.Clone(m.Tags)
			delete(tags, "aws:ec2launchtemplate:id")
			delete(tags, "aws:ec2launchtemplate:version")
			if !maps.Equal(tags, world.Tags{"own": "1", model.GroupTag: "web"}) {
				t.Errorf("tags %v", tags)
			}
		})
	}
}

func TestCreateGroup_RefusesWhatCannotBe(t *testing.T) {
	c := newCloud(t)
	c.group(0, 1, 0, nil)
	base := func() model.Settings { return c.current().Settings }
	for text, change := range map[string]func(s *model.Settings){
		"Max bound, 1, must be greater than or equal to min bound, 2":                     func(s *model.Settings) { s.Min = 2 },
		"ValidationError: At least one Availability Zone or VPC Subnet is required.":      func(s *model.Settings) { s.Subnets = nil },
		"ValidationError: You must use a valid fully-formed launch template.":             func(s *model.Settings) { s.Template = compute.TemplateRef{Name: "none"} },
		"The subnet ID 'subnet-0' does not exist":                                         func(s *model.Settings) { s.Subnets = []string{"subnet-0"} },
		"Provided Target Groups may not be valid. Please ensure they exist and try again": func(s *model.Settings) { s.TargetGroups = []string{"arn:none"} },
		"must not exceed 100": func(s *model.Settings) { s.Maintenance = model.Maintenance{MinHealthy: new(50), MaxHealthy: new(200)} },
	} {
		s := base()
		change(&s)
		c.refused(text, func(tx *world.Tx) error { return model.CreateGroup(tx, "other", s, nil, nil, nil, nil) })
	}
	same := base()
	tags := world.Tags{}
	for n := range 51 {
		tags[strconv.Itoa(n)] = ""
	}
	c.refused("tags must not exceed 50", func(tx *world.Tx) error { return model.CreateGroup(tx, "other", same, nil, tags, nil, nil) })
	c.refused("hooks must not exceed 50", func(tx *world.Tx) error {
		return model.CreateGroup(tx, "other", same, nil, nil, nil, make([]model.Hook, 51))
	})
	c.refused("AlreadyExists: ", func(tx *world.Tx) error { return model.CreateGroup(tx, "web", same, nil, nil, nil, nil) })
	c.refused("New SetDesiredCapacity value 2 is above max value 1 for the AutoScalingGroup.", setDesired(2))
}

func TestScaleIn_DrainsForTheWholeDelayThenTerminates(t *testing.T) {
	c := newCloud(t)
	c.group(0, 6, 4, nil) // a zone has two
	c.settled()
	first := c.serving()
	c.update(func(tx *world.Tx) error { return model.Protect(tx, "web", first[:1], true) })
	c.update(setDesired(3))
	var leaving string
	for _, i := range c.instances() {
		if i.State == model.Terminating {
			leaving = i.ID
		}
	}
	a := c.activity(leaving, "Terminating EC2 instance: "+leaving+" - Waiting For ELB Connection Draining.")
	if a.Status != model.Draining || !strings.Contains(a.Cause, "shrinking the capacity from 4 to 3") {
		t.Errorf("activity %+v", a)
	}
	c.wantZones(map[string]int{"a": 1, "b": 1, "c": 1})
	c.run(299 * time.Second)
	if c.target(leaving) != "draining" || c.machine(leaving) != compute.Running {
		t.Errorf("before the delay is over: %s, %s", c.target(leaving), c.machine(leaving))
	}
	if took := c.until("gone", func() bool { return c.state(leaving) == "" }); took > 3*time.Minute {
		t.Errorf("gone %s after the delay", took)
	}
	if c.machine(leaving) != compute.Terminated || c.activity(leaving, "Terminating EC2 instance: "+leaving).Status != model.Successful {
		t.Errorf("in the end it is %s, %+v", c.machine(leaving), c.activity(leaving, "Terminating"))
	}
	c.update(setDesired(0))
	c.run(10 * time.Minute)
	if got := c.serving(); !slices.Equal(got, first[:1]) {
		t.Errorf("left %v, protected is %s", got, first[0])
	}
}

func TestScaleIn_TakesTheOldestVersionFirstWithinAZone(t *testing.T) {
	c := newCloud(t)
	c.group(0, 6, 2, func(s *model.Settings) { s.Subnets = c.subnets[:1]; s.Template.Version = "$Latest" })
	c.settled()
	c.update(func(tx *world.Tx) error {
		_, err := compute.CreateVersion(tx, "", "web", "1", compute.NewVersion{Data: compute.Parameters{Type: "t3.small"}}, "")
		return err
	})
	c.update(setDesired(3))
	c.settled()
	old := c.serving()[:2]
	c.update(setDesired(1))
	if got := c.serving(); len(got) != 1 || slices.Contains(old, got[0]) {
		t.Errorf("left %v, of the old version are %v", got, old)
	}
}

func TestLaunch_GoesToAnotherZoneWhereOneHasNoCapacityAndComesBack(t *testing.T) {
	c := newCloud(t)
	c.world.SetSwitches(world.Switches{NoCapacity: []string{region + "b"}})
	c.group(0, 3, 3, nil)
	c.until("three serve", func() bool { return len(c.serving()) == 3 })
	if z := c.zones(); z["b"] != 0 || z["a"]+z["c"] != 3 {
		t.Errorf("in service: %v", z)
	}
	failed := 0
	for _, a := range c.activities() {
		if a.Status == model.Failed {
			failed++
			if !strings.Contains(a.Message, region+"b") || !strings.HasSuffix(a.Message, "Launching EC2 instance failed.") {
				t.Errorf("failed: %s", a.Message)
			}
		}
	}
	if failed == 0 {
		t.Error("no activity failed")
	}
	c.world.SetSwitches(world.Switches{})
	least := 3
	c.until("even again", func() bool { least = min(least, len(c.serving())); return c.zones()["b"] == 1 && len(c.serving()) == 3 })
	if least < 3 {
		t.Errorf("while it was rebalanced %d served", least)
	}
	c.wantZones(map[string]int{"a": 1, "b": 1, "c": 1})
}

func TestDeleteGroup_IsRefusedWhileThereAreInstances(t *testing.T) {
	c := newCloud(t)
	c.group(0, 2, 2, nil)
	c.settled()
	remove := func(force bool) func(*world.Tx) error {
		return func(tx *world.Tx) error { return model.DeleteGroup(tx, "web", force) }
	}
	c.refused("ResourceInUse: You cannot delete an AutoScalingGroup while there are instances", remove(false))
	c.update(setDesired(0))
	c.until("empty", func() bool { return len(c.instances()) == 0 })
	c.update(remove(false))
	g := c.current()
	if !g.Deleting {
		t.Fatal("it isn't pending delete")
	}
	c.refused("AlreadyExists: AutoScalingGroup by this name already exists and is pending delete", func(tx *world.Tx) error {
		return model.CreateGroup(tx, "web", g.Settings, nil, nil, nil, nil)
	})
	c.until("deleted", func() (gone bool) {
		c.view(func(tx *world.Tx) { _, there := world.Get[model.Group](tx, "web"); gone = !there })
		return gone
	})
}

func TestDeleteGroup_ByForceWaitsForNoDrainNorHook(t *testing.T) {
	c := newCloud(t)
	c.group(0, 2, 2, nil, model.Hook{Name: "leave", Transition: model.LeavingTransition, Default: "CONTINUE", Heartbeat: 3600})
	c.settled()
	ids := c.serving()
	c.update(func(tx *world.Tx) error { return model.DeleteGroup(tx, "web", true) })
	took := c.until("deleted", func() (gone bool) {
		c.view(func(tx *world.Tx) { _, there := world.Get[model.Group](tx, "web"); gone = !there })
		return gone
	})
	if took > 3*time.Minute {
		t.Errorf("it took %s", took)
	}
	for _, id := range ids {
		if c.machine(id) != compute.Terminated {
			t.Errorf("%s is %s", id, c.machine(id))
		}
	}
}
