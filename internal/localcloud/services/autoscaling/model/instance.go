package model

import (
	"fmt"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Instance is an EC2 instance as its group sees it.
type Instance struct {
	world.Object // ID: the EC2 instance's
	Group        string
	Zone, Type   string
	Template     compute.TemplateRef // with the number of the version
	State        string              // of its life in the group
	Healthy      bool
	Protected    bool
	// Since is when the state began; InServiceAt when it first served in the group.
	Since, InServiceAt time.Time
	// Until is when the wait of a hook ends. Waits are the hooks that are yet to be waited for, the present one first.
	Until    time.Time
	Waits    []Hook
	Token    string    // by which the present hook's action is completed
	HookEnds time.Time // at the latest, whatever heartbeats come
	Abandon  bool
	// Activity is the one that is under way; "" where none is.
	Activity string
	// Unhealthy is why it is to be replaced, as the activity's cause will have it; MarkedAt when that was found.
	Unhealthy string
	MarkedAt  time.Time
	// Asked says that a call found it unhealthy, or that it ended: then it goes beside others, and before another comes.
	Asked bool
	// Replace is the cause by which it goes once another serves in its place.
	Replace string
	// Unregistered says that it came into service while AddToLoadBalancer was suspended: it stays out of the target groups, also
	// when the process is resumed, until the group gets another one.
	// Source: Amazon EC2 Auto Scaling User Guide, "Suspend-resume processes".
	Unregistered bool
	// Replaced says that another is to come when it has gone.
	Replaced bool
	Forced   bool // it goes without draining and hooks
}

// The states of an instance in its group.
const (
	Pending            = "Pending"
	PendingWait        = "Pending:Wait"
	PendingProceed     = "Pending:Proceed"
	InService          = "InService"
	Terminating        = "Terminating"
	TerminatingWait    = "Terminating:Wait"
	TerminatingProceed = "Terminating:Proceed"
	EnteringStandby    = "EnteringStandby"
	Standby            = "Standby"
	Detaching          = "Detaching"
)

// GroupTag is the tag by which AWS marks the instances of a group.
const GroupTag = "aws:autoscaling:groupName"

func instanceKind() world.AnyKind {
	return world.Kind[Instance, *Instance]{
		Name: "auto-scaling-instance", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error {
			return Invalid("Instance Id not found - No managed instance found for instance ID: %s", ids[0])
		},
		Parent: func(i *Instance) string { return i.Group },
	}
}

// InstancesOf are those of a group, in the order in which they came.
func InstancesOf(tx *world.Tx, group string) []*Instance { return world.Of[Instance](tx, group) }

// Counts says whether an instance counts for the group's capacity: it serves, or will.
func (i *Instance) Counts() bool {
	return slices.Contains([]string{Pending, PendingWait, PendingProceed, InService}, i.State)
}

// isPending says that it comes, but doesn't serve yet.
func (i *Instance) isPending() bool { return i.Counts() && i.State != InService }

func (i *Instance) ends() bool {
	return slices.Contains([]string{Terminating, TerminatingWait, TerminatingProceed}, i.State)
}

// Warm says that it serves, and for as long as the group's warmup.
func (i *Instance) Warm(tx *world.Tx, g *Group) bool {
	return i.State == InService && !tx.Now().Before(i.InServiceAt.Add(g.warmup()))
}

// warmup is how long a new instance's load says nothing yet. The metrics that it is for are in AWS's own time.
func (g *Group) warmup() time.Duration {
	if g.Warmup == nil {
		return 0
	}
	return time.Duration(*g.Warmup) * time.Second
}

// HealthStatus is Healthy or Unhealthy, as replies have it.
func (i *Instance) HealthStatus() string {
	if i.Healthy {
		return "Healthy"
	}
	return "Unhealthy"
}

func detailsOf(g *Group, i *Instance) string {
	subnet := ""
	if len(g.Subnets) > 0 {
		subnet = g.Subnets[0]
	}
	return fmt.Sprintf(`{"Subnet ID":%q,"Availability Zone":%q}`, subnet, i.Zone)
}

func edit(tx *world.Tx, id string, f func(*Instance)) { world.Edit(tx, id, f) }

func enter(tx *world.Tx, id, state string) {
	edit(tx, id, func(i *Instance) { i.State, i.Since = state, tx.Now() })
}

// register puts an instance behind the group's target groups. What refuses it, such as a target group that is gone, is met again.
func register(tx *world.Tx, g *Group, i *Instance) {
	for _, arn := range g.TargetGroups {
		_ = elbmodel.RegisterTargets(tx, arn, []elbmodel.TargetID{{InstanceID: i.ID}})
	}
}

func deregister(tx *world.Tx, i *Instance, arn string) {
	for _, t := range elbmodel.TargetsOf(tx, arn) {
		if t.InstanceID == i.ID && !t.Draining() {
			_ = elbmodel.DeregisterTargets(tx, arn, []elbmodel.TargetID{{InstanceID: i.ID, Port: t.Port}})
		}
	}
}

// drains says whether a target of the instance is still there.
func drains(tx *world.Tx, g *Group, i *Instance) bool {
	for _, arn := range g.TargetGroups {
		for _, t := range elbmodel.TargetsOf(tx, arn) {
			if t.InstanceID == i.ID {
				return true
			}
		}
	}
	return false
}

// isRegistered says whether the instance is a target of each of the group's target groups.
func isRegistered(tx *world.Tx, g *Group, i *Instance) bool {
	for _, arn := range g.TargetGroups {
		if !slices.ContainsFunc(elbmodel.TargetsOf(tx, arn), func(t *elbmodel.Target) bool { return t.InstanceID == i.ID && !t.Draining() }) {
			return false
		}
	}
	return true
}
