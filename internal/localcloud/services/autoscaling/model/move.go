package model

import (
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// named finds instances of a group that are in one of some states.
func named(tx *world.Tx, g *Group, ids []string, states ...string) ([]*Instance, error) {
	var found []*Instance
	for _, id := range ids {
		i, ok := world.Get[Instance](tx, id)
		if !ok || i.Group != g.ID {
			return nil, Invalid("The instance %s is not part of Auto Scaling group %s.", id, g.ID)
		}
		is := false
		for _, state := range states {
			is = is || i.State == state
		}
		if !is {
			return nil, Invalid("The instance %s is not in %s.", id, strings.Join(states, " or "))
		}
		found = append(found, i)
	}
	return found, nil
}

// shrinkable refuses to take so many instances out of the desired capacity.
func shrinkable(g *Group, n int, doing string) error {
	if g.Desired-n < g.Min {
		return Invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To %s %d instance, please update the AutoScalingGroup sizes appropriately.", g.ID, g.Min, g.Max, g.Desired, doing, n)
	}
	return nil
}

// decrement takes instances out of the desired capacity, and says so for a cause.
func decrement(tx *world.Tx, g *Group, n int, yes bool) string {
	if !yes {
		return "."
	}
	world.Edit(tx, g.ID, func(g *Group) { g.Desired -= n })
	return fmt.Sprintf(", shrinking the capacity from %d to %d.", g.Desired, g.Desired-n)
}

// EnterStandby takes instances out of service that stay in the group.
func EnterStandby(tx *world.Tx, group string, ids []string, shrink bool) ([]*Activity, error) {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return nil, err
	}
	found, err := named(tx, g, ids, InService)
	if err != nil {
		return nil, err
	}
	if shrink {
		if err := shrinkable(g, len(ids), "place into standby"); err != nil {
			return nil, err
		}
	}
	var all []*Activity
	for _, i := range found {
		g, _ = world.Get[Group](tx, group)
		cause := "At " + stamp(tx) + " instance " + i.ID + " was moved to standby in response to a user request" + decrement(tx, g, 1, shrink)
		for _, arn := range g.TargetGroups {
			deregister(tx, i, arn)
		}
		all = append(all, move(tx, g, i, EnteringStandby, "Moving EC2 instance to Standby: "+i.ID, cause))
	}
	return all, nil
}

// move begins to take an instance to another state.
func move(tx *world.Tx, g *Group, i *Instance, state, description, cause string) *Activity {
	a := begin(tx, g, i.ID, description, cause, InProgress)
	edit(tx, i.ID, func(i *Instance) {
		i.State, i.Since, i.Activity, i.Unhealthy, i.Replace = state, tx.Now(), a.ID, "", ""
	})
	return a
}

// ExitStandby puts instances into service again; the desired capacity grows by them.
func ExitStandby(tx *world.Tx, group string, ids []string) ([]*Activity, error) {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return nil, err
	}
	found, err := named(tx, g, ids, Standby)
	if err != nil {
		return nil, err
	}
	if g.Desired+len(ids) > g.Max {
		return nil, Invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To remove from standby %d instance, please update the AutoScalingGroup sizes appropriately.", g.ID, g.Min, g.Max, g.Desired, len(ids))
	}
	var all []*Activity
	for _, i := range found {
		g, _ = world.Get[Group](tx, group)
		world.Edit(tx, group, func(g *Group) { g.Desired++ })
		all = append(all, move(tx, g, i, Pending, "Moving EC2 instance out of Standby: "+i.ID, fmt.Sprintf("At %s instance %s was moved out of standby in response to a user request, increasing the capacity from %d to %d.", stamp(tx), i.ID, g.Desired, g.Desired+1)))
		edit(tx, i.ID, func(i *Instance) { i.Healthy, i.Waits = true, nil })
	}
	return all, nil
}

// Detach lets instances out of the group, which go on to run.
func Detach(tx *world.Tx, group string, ids []string, shrink bool) ([]*Activity, error) {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return nil, err
	}
	found, err := named(tx, g, ids, InService, Standby)
	if err != nil {
		return nil, err
	}
	if shrink {
		if err := shrinkable(g, len(ids), "detach"); err != nil {
			return nil, err
		}
	}
	var all []*Activity
	for _, i := range found {
		g, _ = world.Get[Group](tx, group)
		cause := "At " + stamp(tx) + " instance " + i.ID + " was detached in response to a user request" + decrement(tx, g, 1, shrink && i.State != Standby)
		for _, arn := range g.TargetGroups {
			deregister(tx, i, arn)
		}
		all = append(all, move(tx, g, i, Detaching, "Detaching EC2 instance: "+i.ID, cause))
	}
	return all, nil
}

// Attach takes running instances into the group; the desired capacity grows by them.
func Attach(tx *world.Tx, group string, ids []string) error {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return err
	}
	if g.Desired+len(ids) > g.Max {
		return Invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To attach %d instances, please update the AutoScalingGroup sizes appropriately.", g.ID, g.Min, g.Max, g.Desired, len(ids))
	}
	for _, id := range ids {
		machine, ok := world.Get[compute.Instance](tx, id)
		if !ok {
			return Invalid("Invalid Instance ID(s) found: [%s]", id)
		}
		if other, ok := world.Get[Instance](tx, id); ok {
			return Invalid("Instance %s is already part of AutoScalingGroup: %s", id, other.Group)
		}
		inZone := false
		for _, subnet := range g.Subnets {
			if s, ok := world.Get[network.Subnet](tx, subnet); ok {
				inZone = inZone || s.Zone.Name == machine.Zone
			}
		}
		if machine.State != compute.Running || !inZone {
			return Invalid("Instance %s is not in correct state. Instance(s) must be in 'running' state, and in an Availability Zone of the group.", id)
		}
	}
	for _, id := range ids {
		g, _ = world.Get[Group](tx, group)
		machine, _ := world.Get[compute.Instance](tx, id)
		world.Edit(tx, id, func(machine *compute.Instance) {
			tags := world.Tags{GroupTag: group}
			for key, value := range machine.Tags {
				tags[key] = value
			}
			machine.Tags = tags
		})
		i := &Instance{Object: tx.NamedObject(id, nil), Group: group, Zone: machine.Zone, Type: machine.Type, State: Pending, Healthy: true, Since: tx.Now()}
		world.Add(tx, i)
		world.Edit(tx, group, func(g *Group) { g.Desired++ })
		move(tx, g, i, Pending, "Attaching an existing EC2 instance: "+id, fmt.Sprintf("At %s an instance was attached in response to a user request, increasing the capacity from %d to %d.", stamp(tx), g.Desired, g.Desired+1))
	}
	return nil
}

// Terminate ends an instance by a call.
func Terminate(tx *world.Tx, id string, shrink bool) (*Activity, error) {
	i, err := world.Find[Instance](tx, id)
	if err != nil {
		return nil, err
	}
	g, err := FindLiveGroup(tx, i.Group)
	if err != nil {
		return nil, err
	}
	if shrink {
		if g.Desired-1 < g.Min {
			return nil, Invalid("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", g.Min)
		}
	}
	if i.ends() {
		return nil, refuseInProgress(id)
	}
	cause := "At " + stamp(tx) + " instance " + id + " was taken out of service in response to a user request" + decrement(tx, g, 1, shrink)
	(doing{Tx: tx, name: g.ID}).terminate(i, cause)
	i, _ = world.Get[Instance](tx, id)
	a, _ := world.Get[Activity](tx, i.Activity)
	return a, nil
}

func refuseInProgress(id string) error {
	return Invalid("Instance %s is being terminated already", id)
}
