package loadbalancing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/resource"
)

// dnsTTL is for how many seconds a client may go on with the addresses that a load balancer's name had.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
const dnsTTL = 60

// bootSeconds is how long a new instance takes at most until it serves, before its health checks.
const bootSeconds = 120

// loadBalancerImpact tells of an address that goes: the load balancer's name, or that of its node in a zone.
func loadBalancerImpact(t resource.Transition[LoadBalancer, LiveLoadBalancer]) []resource.Impact {
	name := aws.ToString(t.Live.DNSName)
	switch {
	case t.Live.State == nil || t.Live.State.Code != types.LoadBalancerStateEnumActive && t.Live.State.Code != types.LoadBalancerStateEnumActiveImpaired:
		return nil // nobody has reached it yet
	case t.Spec == nil:
		return []resource.Impact{{What: name + " stops answering, for good"}}
	case t.Replaced:
		return []resource.Impact{{
			What: "another address: once the new load balancer serves, " + name + " stops answering. A DNS record that names it must then name the new one",
		}}
	}
	var impacts []resource.Impact
	for _, zone := range leftZones(t.Live, t.Changes) {
		impacts = append(impacts, resource.Impact{
			What:    fmt.Sprintf("the load balancer leaves %s: clients that have its address there get no answer until they ask DNS again", zone),
			Seconds: [2]float64{0, dnsTTL},
		})
	}
	return impacts
}

// leftZones are the zones in which the load balancer gives up its node.
func leftZones(live LiveLoadBalancer, changes []resource.Change) []string {
	i := slices.IndexFunc(changes, func(c resource.Change) bool { return c.Field == fieldSubnets })
	if i < 0 {
		return nil
	}
	stays := strings.Split(changes[i].Want, ", ")
	var left []string
	for _, zone := range live.AvailabilityZones {
		if !slices.Contains(stays, aws.ToString(zone.SubnetId)) {
			left = append(left, aws.ToString(zone.ZoneName))
		}
	}
	return left
}

// targetGroupImpact tells of a health check that the targets of before needn't pass.
func targetGroupImpact(t resource.Transition[TargetGroup, LiveTargetGroup]) []resource.Impact {
	invalidates := slices.ContainsFunc(t.Changes, func(c resource.Change) bool { return c.InvalidatesDependents })
	if t.Spec == nil || t.Replaced || !t.DependentsReplaced || !invalidates {
		return nil
	}
	check := t.Spec.HealthCheck
	return []resource.Impact{{
		What: "all instances are replaced at once, since the old ones needn't pass the new health check: until the new ones do, " +
			"fewer serve, or the load balancer takes none for healthy and sends requests to all",
		Seconds: [2]float64{0, bootSeconds + check.Interval.Seconds()*float64(check.Healthy)},
	}}
}
