package model

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Why instances are replaced, as activities say it.
const (
	byEC2    = " an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."
	byChecks = " an instance was taken out of service in response to an EC2 instance status check failure."
	byELB    = " an instance was taken out of service in response to an ELB system health check failure."
	byCall   = " an instance was taken out of service in response to a user health-check."
)

// check looks at the health of the instances in service, now and then. What EC2 knows counts at once, the load balancer's checks
// only after the grace.
// Source: Amazon EC2 Auto Scaling User Guide, "Health checks for instances in an Auto Scaling group".
func (d doing) check() {
	g := d.group()
	if d.Now().Before(g.NextCheck) {
		return
	}
	d.edit(func(g *Group) { g.NextCheck = d.Now().Add(d.Duration(checkStep())) })
	if g.IsSuspended("HealthCheck") || g.Deleting {
		return
	}
	for _, i := range d.instances() {
		if i.State != InService || i.Unhealthy != "" || i.Replace != "" {
			continue
		}
		machine, there := world.Get[compute.Instance](d.Tx, i.ID)
		switch {
		case !there || machine.State != compute.Running:
			d.mark(i, byEC2, true)
		case compute.ChecksOf(d.Tx, machine).Impaired() && d.Now().Sub(i.InServiceAt) >= g.grace():
			d.mark(i, byChecks, false)
		case g.ByELB() && d.Now().Sub(i.InServiceAt) >= g.grace() && d.failsELB(g, i):
			d.mark(i, byELB, false)
		}
	}
}

// failsELB says whether a load balancer finds the instance unhealthy.
func (d doing) failsELB(g *Group, i *Instance) bool {
	for _, arn := range g.TargetGroups {
		for _, t := range d.health(arn) {
			if t.InstanceID == i.ID && t.State == "unhealthy" {
				return true
			}
		}
	}
	return false
}

// mark notes that an instance is to be replaced.
func (d doing) mark(i *Instance, cause string, asked bool) {
	edit(d.Tx, i.ID, func(i *Instance) {
		i.Healthy, i.Unhealthy, i.MarkedAt, i.Asked = false, cause, d.Now(), asked
	})
}

// SetHealth is what a user finds of an instance. One that is healthy again isn't replaced, if it is in time.
func SetHealth(tx *world.Tx, id, status string, respectGrace bool) error {
	i, err := world.Find[Instance](tx, id)
	if err != nil {
		return err
	}
	g, err := FindLiveGroup(tx, i.Group)
	if err != nil {
		return err
	}
	if i.State != InService && i.State != Standby {
		return Invalid("Instance %s is in state %s: its health can't be set", id, i.State)
	}
	switch {
	case status == "Healthy":
		edit(tx, id, func(i *Instance) { i.Healthy, i.Unhealthy, i.Replace = true, "", "" })
	case respectGrace && tx.Now().Sub(i.InServiceAt) < g.grace():
	default:
		edit(tx, id, func(i *Instance) { i.Healthy, i.Unhealthy, i.MarkedAt, i.Asked = false, byCall, tx.Now(), true })
	}
	return nil
}

// replace takes unhealthy instances out of service: of those that still run, a tenth at a time, one at least. With a maintenance
// policy that launches first, they go once others serve in their place; that isn't so of one that was stopped or terminated.
// Source: as of check; "Instance maintenance policies".
func (d doing) replace() {
	g := d.group()
	if !g.IsSuspended("ReplaceUnhealthy") && !g.IsSuspended("Terminate") && !g.Deleting {
		at, busy := max(1, g.Desired/10), 0
		for _, i := range d.instances() {
			if (i.ends() || i.Replace != "") && i.Replaced && !i.Asked {
				busy++
			}
		}
		for _, i := range d.instances() {
			if i.State != InService || i.Unhealthy == "" || d.Now().Before(i.MarkedAt.Add(d.Duration(startStep()))) {
				continue
			}
			cause := "At " + stamp(d.Tx) + i.Unhealthy
			switch {
			case i.Asked:
				edit(d.Tx, i.ID, func(i *Instance) { i.Replaced = true })
				d.terminate(i, cause)
				d.edit(func(g *Group) { g.Replacing++ })
			case busy >= at:
			case g.Maintenance.LaunchesFirst():
				busy++
				edit(d.Tx, i.ID, func(i *Instance) { i.Replaced, i.Replace, i.Unhealthy = true, i.Unhealthy, "" })
			default:
				busy++
				edit(d.Tx, i.ID, func(i *Instance) { i.Replaced = true })
				d.terminate(i, cause)
				d.edit(func(g *Group) { g.Replacing++ })
			}
		}
	}
	if g.IsSuspended("Terminate") {
		return
	}
	// Those that others serve in the place of.
	spare := -g.Desired
	var marked []*Instance
	for _, i := range d.instances() {
		switch {
		case i.State == InService && i.Replace != "":
			marked = append(marked, i)
			spare++
		case i.Warm(d.Tx, g): // also one that is to be replaced after those that are marked: where all are unhealthy, the first would wait for it
			spare++
		}
	}
	for _, i := range marked[:min(max(spare, 0), len(marked))] {
		d.terminate(i, "At "+stamp(d.Tx)+i.Replace)
	}
}

// Replace marks an instance to go once another serves in its place. The cause follows "At <time>".
func Replace(tx *world.Tx, id, cause string) {
	edit(tx, id, func(i *Instance) { i.Replace, i.Replaced = cause, true })
}

// awaited is how many more than desired there may be, so that what is marked can go.
func (d doing) awaited(g *Group) int {
	marked := 0
	for _, i := range d.instances() {
		if i.State == InService && i.Replace != "" {
			marked++
		}
	}
	most := 100
	if g.Maintenance.MaxHealthy != nil {
		most = *g.Maintenance.MaxHealthy
	}
	return min(marked, max(1, g.Desired*(most-100)/100))
}

// Protect sets scale-in protection of instances.
func Protect(tx *world.Tx, group string, ids []string, protect bool) error {
	if _, err := FindLiveGroup(tx, group); err != nil {
		return err
	}
	for _, id := range ids {
		i, ok := world.Get[Instance](tx, id)
		if !ok || i.Group != group {
			return Invalid("The instance %s is not part of Auto Scaling group %s.", id, group)
		}
		if !slices.Contains([]string{InService, Standby, Pending, PendingWait, PendingProceed, EnteringStandby}, i.State) {
			return Invalid("The instance %s is not in InService or EnteringStandby or Standby.", id)
		}
		edit(tx, id, func(i *Instance) { i.Protected = protect })
	}
	return nil
}

// grace is for how long the load balancer's checks don't count.
func (g *Group) grace() time.Duration { return time.Duration(g.Grace) * time.Second }
