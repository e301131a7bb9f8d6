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
	if t.Draining() {
		return Health{Draining, "Target.DeregistrationInProgress", "Target deregistration is in progress"}, true
	}
	b := loadBalancerOf(tx, t.TargetGroupARN)
	if b == nil {
		return Health{Unused, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}, true
	}
	i, ok := world.Get[compute.Instance](tx, t.InstanceID)
	switch {
	case !ok:
		return invalidState("terminated"), true
	case (i.State == compute.Stopped || i.State == compute.Terminated) && !i.Unnoticed:
		return invalidState(string(i.State)), true
	case !b.HasZone(i.Zone):
		return Health{Unused, "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer"}, true
	case b.State == "provisioning":
		return Health{Initial, "Elb.RegistrationInProgress", "Target registration is in progress"}, true
	}
	return Health{Initial, "Elb.InitialHealthChecking", "Initial health checks in progress"}, false
}

func invalidState(state string) Health {
	return Health{Unused, "Target.InvalidState", "Target is in the " + state + " state"}
}
