package model_test

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func coming(result string) model.Hook {
	return model.Hook{Name: "warm", Transition: model.ComingTransition, Default: result, Heartbeat: 60}
}

func (c *cloud) waiting(state string) *model.Instance {
	c.Helper()
	c.until("waits", func() bool {
		return len(c.instances()) > 0 && c.instances()[0].State == state && c.instances()[0].Token != ""
	})
	return c.instances()[0]
}

func TestHook_KeepsAnInstanceOutOfServiceUntilItIsCompleted(t *testing.T) {
	c := newCloud(t)
	c.group(0, 1, 1, nil, coming("ABANDON"))
	i := c.waiting(model.PendingWait)
	if a := c.activity(i.ID, "Launching"); a.Status != model.MidHook || c.target(i.ID) != "none" {
		t.Errorf("activity %s, target %s", a.Status, c.target(i.ID))
	}
	c.run(50 * time.Second)
	c.update(func(tx *world.Tx) error { return model.Heartbeat(tx, "web", "warm", i.ID, "") })
	c.run(50 * time.Second)
	if c.state(i.ID) != model.PendingWait {
		t.Fatalf("after a heartbeat it is %s", c.state(i.ID))
	}
	complete := func(token, result string) func(*world.Tx) error {
		return func(tx *world.Tx) error { return model.CompleteAction(tx, "web", "warm", "", token, result) }
	}
	c.refused("No active Lifecycle Action found", complete("other", "CONTINUE"))
	c.refused("ValidationError", complete(i.Token, "MAYBE"))
	c.update(complete(i.Token, "CONTINUE"))
	if c.state(i.ID) != model.InService || c.target(i.ID) != "registered" {
		t.Errorf("completed, it is %s, its target: %s", c.state(i.ID), c.target(i.ID))
	}
}

func TestHook_ThatIsNotCompletedHasItsDefaultResult(t *testing.T) {
	c := newCloud(t)
	c.group(0, 1, 1, nil, coming("ABANDON"))
	id := c.waiting(model.PendingWait).ID
	if took := c.until("abandoned", func() bool { return c.state(id) != model.PendingWait }); took > 61*time.Second {
		t.Errorf("abandoned after %s", took)
	}
	c.until("another comes", func() bool { return c.state(id) == "" && len(c.instances()) == 1 })
	if c.machine(id) != compute.Terminated || c.activity(id, "Launching").Status != model.Cancelled {
		t.Errorf("it is %s, its launch %s", c.machine(id), c.activity(id, "Launching").Status)
	}
	c.update(func(tx *world.Tx) error { return model.PutHook(tx, "web", coming("CONTINUE")) })
	c.until("one serves", func() bool { return len(c.serving()) == 1 })
}

func TestHook_OfAnInstanceThatLeavesWaitsAfterItHasDrained(t *testing.T) {
	c := newCloudAt(t, t.TempDir()+"/world.db")
	c.group(0, 1, 1, nil, model.Hook{Name: "leave", Transition: model.LeavingTransition, Default: "CONTINUE", Heartbeat: 600})
	c.settled()
	id := c.serving()[0]
	c.update(setDesired(0))
	c.until("waits", func() bool { return c.state(id) == model.TerminatingWait })
	if c.machine(id) != compute.Running {
		t.Errorf("while it waits it is %s", c.machine(id))
	}
	// A local cloud that is killed and started again goes on.
	c.ok(c.world.Close())
	c.open()
	c.run(590 * time.Second)
	if c.state(id) != model.TerminatingWait {
		t.Errorf("started again, it is %s", c.state(id))
	}
	if took := c.until("gone", func() bool { return c.state(id) == "" }); took > 3*time.Minute {
		t.Errorf("gone %s later", took)
	}
}

func TestHook_IsRefusedOrTakenAway(t *testing.T) {
	c := newCloud(t)
	c.group(0, 1, 1, nil, coming("ABANDON"))
	bad := coming("CONTINUE")
	bad.Heartbeat = 10
	c.refused("HeartbeatTimeout must be between 30 and 7200 seconds", func(tx *world.Tx) error { return model.PutHook(tx, "web", bad) })
	id := c.waiting(model.PendingWait).ID
	remove := func(tx *world.Tx) error { return model.DeleteHook(tx, "web", "warm") }
	c.update(remove)
	if c.state(id) != model.InService {
		t.Errorf("without its hook it is %s", c.state(id))
	}
	c.refused("ValidationError", remove)
}
