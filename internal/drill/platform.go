package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/scaling"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// Platform is what a drill reads of a platform before it breaks anything.
type Platform struct {
	Name, Target, Account, Region string
	// Page is how users reach it.
	Page httpclient.Way
	// Objects are all that the platform consists of.
	Objects []resource.Object
	// Drift says how they differ from the configuration, a sentence each.
	Drift []string
}

// settings are the target group's own.
type settings struct {
	arn                string
	interval, timeout  time.Duration
	healthy, unhealthy int
	drain              time.Duration
}

func (p Platform) settings() (settings, error) {
	for _, object := range p.Objects {
		group, ok := object.Live.(loadbalancing.LiveTargetGroup)
		if !ok {
			continue
		}
		seconds := func(n *int32) time.Duration { return time.Duration(aws.ToInt32(n)) * time.Second }
		drain, err := group.DeregistrationDelay()
		if err != nil {
			return settings{}, err
		}
		return settings{
			arn: aws.ToString(group.TargetGroupArn), interval: seconds(group.HealthCheckIntervalSeconds), timeout: seconds(group.HealthCheckTimeoutSeconds),
			healthy: int(aws.ToInt32(group.HealthyThresholdCount)), unhealthy: int(aws.ToInt32(group.UnhealthyThresholdCount)),
			drain: drain,
		}, nil
	}
	return settings{}, &fault.Unsteady{Reasons: []string{"there is no target group"}}
}

// entry is what a drill's entry says of the platform.
func (p Platform) entry() fault.Entry {
	return fault.Entry{
		Version: fault.EntryVersion, Platform: p.Name, Target: p.Target, Account: p.Account, Region: p.Region,
		VPC: p.vpc(), TargetGroup: targetGroupOf(p.Objects),
	}
}

func targetGroupOf(objects []resource.Object) string {
	for _, object := range objects {
		if group, ok := object.Live.(loadbalancing.LiveTargetGroup); ok {
			return aws.ToString(group.TargetGroupArn)
		}
	}
	return ""
}

// zones are those in which the load balancer has a node.
func (p Platform) zones() []string {
	for _, object := range p.Objects {
		if entrance, ok := loadbalancing.EntranceOf(object); ok {
			return entrance.Zones
		}
	}
	return nil
}

// subnets are the platform's own in a zone that a scope cuts off.
func (p Platform) subnets(zone, scope string) []fault.Subnet {
	var subnets []fault.Subnet
	for _, object := range p.Objects {
		live, ok := object.Live.(network.LiveSubnet)
		if !ok || aws.ToString(live.AvailabilityZone) != zone {
			continue
		}
		if scope == fault.ScopeTargets && blueprint.IsPublicSubnet(object.Key) {
			continue
		}
		subnets = append(subnets, fault.Subnet{ID: object.ID})
	}
	return subnets
}

// vpc is the platform's VPC; "" where there is none.
func (p Platform) vpc() string {
	for _, object := range p.Objects {
		if object.Key.Kind == network.VPCKind().Name {
			return object.ID
		}
	}
	return ""
}

// steady says what speaks against breaking these victims now.
func (p Platform) steady(targets, victims []loadbalancing.Target, scaled *scaling.Group) error {
	var reasons []string
	say := func(format string, values ...any) { reasons = append(reasons, fmt.Sprintf(format, values...)) }
	left := 0
	for _, t := range targets {
		if t.State != measure.Healthy {
			say("target %s in %s is %s", t.Instance, t.Zone, strings.TrimSuffix(t.State+" ("+t.Reason+")", " ()"))
		} else if !slices.Contains(victims, t) {
			left++
		}
	}
	for _, reason := range unsettled(scaled) {
		say("%s", reason)
	}
	for _, zone := range p.zones() {
		if len(inZone(targets, zone)) == 0 {
			say("zone %s has no target", zone)
		}
	}
	if left == 0 {
		say("no healthy target would be left without %s", strings.Join(namesOf(victims), " and "))
	}
	if p.Page.URL == "" {
		say("it has no address yet")
	}
	for _, drift := range p.Drift {
		say("it differs from the configuration: %s", drift)
	}
	if len(reasons) > 0 {
		return &fault.Unsteady{Reasons: reasons, Drifted: len(p.Drift) > 0}
	}
	return nil
}
