package model

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Work does what each group of a region is to do at this moment.
func Work(tx *world.Tx, health Health) {
	for _, g := range world.All[Group](tx) {
		if d := (doing{tx, g.ID, health}); d.all() {
			d.plan()
		}
	}
}

// doing is one group at its work.
type doing struct {
	*world.Tx
	name   string
	health Health
}

func (d doing) group() *Group          { g, _ := world.Get[Group](d.Tx, d.name); return g }
func (d doing) instances() []*Instance { return InstancesOf(d.Tx, d.name) }

func (d doing) edit(f func(*Group)) { world.Edit(d.Tx, d.name, f) }

// all does everything once. It reports whether the group is still there.
func (d doing) all() bool {
	if d.group().Forced {
		for _, i := range d.instances() {
			if !i.Forced {
				edit(d.Tx, i.ID, func(i *Instance) { i.Forced = true })
			}
			if !i.ends() {
				d.terminate(i, "At "+stamp(d.Tx)+" a user request force deleted AutoScalingGroup.")
			}
		}
	}
	for _, i := range d.instances() {
		d.advance(i)
	}
	d.check()
	d.replace()
	d.refresh()
	d.scale()
	d.rebalance()
	g := d.group()
	if g.Deleting && len(d.instances()) == 0 && !d.Now().Before(g.RetryAt) {
		for _, a := range ActivitiesOf(d.Tx, d.name) {
			world.Delete[Activity](d.Tx, a.ID)
		}
		for _, forget := range forgetting() {
			forget(d.Tx, d.name)
		}
		world.Delete[Group](d.Tx, d.name)
		return false
	}
	return true
}

// plan notes when there is something to do next that nothing else will tell of. What was noted for an earlier moment stays:
// a refresh looks again some time from now, and to put that off is a change, which brings the next look at once.
func (d doing) plan() {
	g := d.group()
	var next time.Time
	at := func(t time.Time) {
		if t.After(d.Now()) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	at(g.NextCheck)
	at(g.RetryAt)
	at(d.refreshDue())
	marks := slices.ContainsFunc(d.instances(), func(i *Instance) bool { return i.Replace != "" })
	for _, i := range d.instances() {
		at(i.Until)
		if i.Unhealthy != "" {
			at(i.MarkedAt.Add(d.Duration(startStep())))
		}
		if i.State == InService && (marks || i.Activity != "") {
			at(i.InServiceAt.Add(g.warmup()))
		}
	}
	if g.Next == nil && next.IsZero() || g.Next != nil && !next.IsZero() && !g.Next.At.After(next) {
		return
	}
	d.edit(func(g *Group) {
		g.Next = nil
		if !next.IsZero() {
			g.Next = &world.Transition{At: next, To: work}
		}
	})
}

// advance goes on with what is under way of one instance.
func (d doing) advance(i *Instance) {
	machine, there := world.Get[compute.Instance](d.Tx, i.ID)
	gone := !there || machine.State == compute.Terminated
	switch i.State {
	case Pending, PendingWait, PendingProceed:
		d.launching(i, machine, gone)
	case InService:
		g := d.group()
		if i.Activity != "" && i.Warm(d.Tx, g) {
			finish(d.Tx, i.Activity, Successful, "")
			edit(d.Tx, i.ID, func(i *Instance) { i.Activity = "" })
		}
		if i.Unregistered || g.IsSuspended("AddToLoadBalancer") || gone || machine.State != compute.Running {
			return
		}
		if !isRegistered(d.Tx, g, i) && i.Replace == "" && i.Unhealthy == "" && i.Token == "" { // as a target group that was attached later
			register(d.Tx, g, i)
		}
	case EnteringStandby:
		if gone || !drains(d.Tx, d.group(), i) {
			finish(d.Tx, i.Activity, Successful, "")
			edit(d.Tx, i.ID, func(i *Instance) { i.Activity = "" })
			enter(d.Tx, i.ID, Standby)
		}
	case Detaching:
		if gone || !drains(d.Tx, d.group(), i) {
			finish(d.Tx, i.Activity, Successful, "")
			d.release(i)
		}
	case Terminating, TerminatingWait, TerminatingProceed:
		d.terminating(i, machine, gone)
	}
}

// release lets an instance out of the group.
func (d doing) release(i *Instance) {
	world.Edit(d.Tx, i.ID, func(machine *compute.Instance) {
		tags := world.Tags{}
		for key, value := range machine.Tags {
			if key != GroupTag {
				tags[key] = value
			}
		}
		machine.Tags = tags
	})
	world.Delete[Instance](d.Tx, i.ID)
}

// launching goes on with an instance that comes. It is in service once it runs and its hooks are done: the load balancer's checks
// aren't waited for.
// Source: Amazon EC2 Auto Scaling User Guide, "Instance lifecycle"; public logs have the activity end seconds after the launch.
func (d doing) launching(i *Instance, machine *compute.Instance, gone bool) {
	g := d.group()
	if gone || machine.State == compute.ShuttingDown || machine.State == compute.Stopped || machine.State == compute.Stopping {
		why := "Instance became unhealthy while waiting for instance to be in InService state. Termination Reason: "
		if machine != nil {
			why += machine.StateReason.Message
		}
		finish(d.Tx, i.Activity, Failed, why)
		if !gone {
			d.terminate(i, "At "+stamp(d.Tx)+" an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.")
			return
		}
		d.delay()
		world.Delete[Instance](d.Tx, i.ID)
		return
	}
	if machine.State != compute.Running || wait(d.Tx, i, PendingWait) {
		return
	}
	i, _ = world.Get[Instance](d.Tx, i.ID)
	if i.Abandon {
		finish(d.Tx, i.Activity, Cancelled, "Launch was abandoned by a lifecycle hook")
		d.terminate(i, "At "+stamp(d.Tx)+" an instance was taken out of service in response to a lifecycle action that was abandoned.")
		return
	}
	alone := g.IsSuspended("AddToLoadBalancer")
	if !alone {
		register(d.Tx, g, i)
	}
	edit(d.Tx, i.ID, func(i *Instance) {
		i.State, i.Since, i.InServiceAt, i.Unregistered = InService, d.Now(), d.Now(), alone
	})
	d.edit(func(g *Group) { g.RetryAt, g.Failures = time.Time{}, 0 })
	if g.warmup() > 0 {
		progress(d.Tx, i.Activity, WarmingUp, "")
		return
	}
	finish(d.Tx, i.Activity, Successful, "")
	edit(d.Tx, i.ID, func(i *Instance) { i.Activity = "" })
}

// terminate begins to take an instance out of service for good.
func (d doing) terminate(i *Instance, cause string) {
	g := d.group()
	if i.Activity != "" {
		finish(d.Tx, i.Activity, Cancelled, "")
	}
	description := "Terminating EC2 instance: " + i.ID
	status := InProgress
	machine, there := world.Get[compute.Instance](d.Tx, i.ID)
	if drains(d.Tx, g, i) && there && !i.Forced {
		status = Draining
		description += " - Waiting For ELB Connection Draining."
	}
	for _, arn := range g.TargetGroups {
		deregister(d.Tx, i, arn)
	}
	a := begin(d.Tx, g, i.ID, description, cause, status)
	edit(d.Tx, i.ID, func(i *Instance) {
		i.State, i.Since, i.Activity, i.Until, i.Token, i.Unhealthy, i.Replace = Terminating, d.Now(), a.ID, time.Time{}, "", "", ""
		i.Waits = g.hooksOf(LeavingTransition)
		if machine == nil || machine.State == compute.Terminated || i.Forced {
			i.Waits = nil
		}
	})
}

// terminating waits until no target of the instance drains any more, then for its hooks, and ends it.
func (d doing) terminating(i *Instance, machine *compute.Instance, gone bool) {
	g := d.group()
	if gone {
		for _, arn := range g.TargetGroups {
			deregister(d.Tx, i, arn)
		}
		if i.Forced || !drains(d.Tx, g, i) {
			finish(d.Tx, i.Activity, Successful, "")
			world.Delete[Instance](d.Tx, i.ID)
		}
		return
	}
	if !i.Forced && (drains(d.Tx, g, i) || wait(d.Tx, i, TerminatingWait)) {
		return
	}
	if machine.State == compute.ShuttingDown {
		return
	}
	if len(g.hooksOf(LeavingTransition)) > 0 {
		enter(d.Tx, i.ID, TerminatingProceed)
	}
	progress(d.Tx, i.Activity, InProgress, "Terminating EC2 instance: "+i.ID)
	// Termination protection keeps users' calls off, not the group.
	world.Edit(d.Tx, i.ID, func(machine *compute.Instance) { machine.DisableTermination, machine.DisableStop = false, false })
	_, _ = compute.Terminate(d.Tx, []string{i.ID}) // it is there, and nothing protects it
}
