package model

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// The states of a target that follow from the model alone.
const (
	Initial  = "initial"
	Unused   = "unused"
	Draining = "draining"
)

// Health is a target's health as DescribeTargetHealth tells it.
type Health struct {
	State, Reason, Description string
}

// NotRegistered is the health of a target that was asked for and isn't there.
func NotRegistered() Health {
	return Health{Unused, "Target.NotRegistered", "Target is not registered to the target group"}
}

// KnownHealth is a target's health as far as the model alone decides it: nobody needs
// to be asked about a target that gets no health checks. When it isn't decided, the
// health is that of a target whose first check hasn't ended.
// Source: User Guide for Application Load Balancers, "Target health status".
func (t *Target) KnownHealth(tx *world.Tx) (health Health, decided bool) {
	if t.Draining() || t.Lost(tx) {
		return Health{Draining, "Target.DeregistrationInProgress", "Target deregistration is in progress"}, true
	}
	b := loadBalancerOf(tx, t.TargetGroupARN)
	if b == nil {
		return Health{Unused, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}, true
	}
	i, _ := world.Get[compute.Instance](tx, t.InstanceID) // it is there, or the target were lost
	switch {
	case i.State == compute.Stopped && !i.Unnoticed:
		return invalidState("stopped"), true
	case !b.HasZone(i.Zone):
		return Health{Unused, "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer"}, true
	case b.State == "provisioning":
		return Health{Initial, "Elb.RegistrationInProgress", "Target registration is in progress"}, true
	}
	return Health{Initial, "Elb.InitialHealthChecking", "Initial health checks in progress"}, false
}

// Lost says whether the target's instance is terminated, and its load balancers have learned
// of that. Lists leave such a target out; who asks for it by name is told that it drains.
// Source: what public tests, verified on AWS, found at least ten minutes after the end.
func (t *Target) Lost(tx *world.Tx) bool {
	i, ok := world.Get[compute.Instance](tx, t.InstanceID)
	return !ok || i.State == compute.Terminated && !i.Unnoticed
}

func invalidState(state string) Health {
	return Health{Unused, "Target.InvalidState", "Target is in the " + state + " state"}
}
