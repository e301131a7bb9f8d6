package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type groupItem struct {
	Name         string                     `xml:"AutoScalingGroupName"`
	ARN          string                     `xml:"AutoScalingGroupARN"`
	Template     templateSpec               `xml:"LaunchTemplate"`
	Min          int                        `xml:"MinSize"`
	Max          int                        `xml:"MaxSize"`
	Desired      int                        `xml:"DesiredCapacity"`
	Cooldown     int                        `xml:"DefaultCooldown"`
	Zones        wire.Members[string]       `xml:"AvailabilityZones"`
	Classic      wire.Members[string]       `xml:"LoadBalancerNames"`
	TargetGroups wire.Members[string]       `xml:"TargetGroupARNs"`
	HealthCheck  string                     `xml:"HealthCheckType"`
	Grace        int                        `xml:"HealthCheckGracePeriod"`
	Instances    wire.Members[instanceItem] `xml:"Instances"`
	Created      string                     `xml:"CreatedTime"`
	Suspended    wire.Members[suspended]    `xml:"SuspendedProcesses"`
	Subnets      string                     `xml:"VPCZoneIdentifier"`
	Metrics      wire.Members[metricItem]   `xml:"EnabledMetrics"`
	Status       string                     `xml:"Status,omitempty"`
	Tags         wire.Members[tagItem]      `xml:"Tags"`
	Termination  wire.Members[string]       `xml:"TerminationPolicies"`
	ProtectNew   bool                       `xml:"NewInstancesProtectedFromScaleIn"`
	Role         string                     `xml:"ServiceLinkedRoleARN"`
	Lifetime     int                        `xml:"MaxInstanceLifetime,omitempty"`
	Rebalance    *bool                      `xml:"CapacityRebalance"`
	Context      string                     `xml:"Context,omitempty"`
	Warmup       *int                       `xml:"DefaultInstanceWarmup"`
	Traffic      wire.Members[traffic]      `xml:"TrafficSources"`
	Maintenance  *maintenance               `xml:"InstanceMaintenancePolicy"`
	Protection   string                     `xml:"DeletionProtection"`
	Distribution distribution               `xml:"AvailabilityZoneDistribution"`
	Impairment   impairment                 `xml:"AvailabilityZoneImpairmentPolicy"`
	Reservation  string                     `xml:"CapacityReservationSpecification>CapacityReservationPreference"`
}

type suspended struct {
	Process string `xml:"ProcessName"`
	Reason  string `xml:"SuspensionReason"`
}

type metricItem struct {
	Metric      string `xml:"Metric"`
	Granularity string `xml:"Granularity"`
}

type tagItem struct {
	ResourceID   string `xml:"ResourceId"`
	ResourceType string `xml:"ResourceType"`
	Key          string `xml:"Key"`
	Value        string `xml:"Value"`
	Propagate    bool   `xml:"PropagateAtLaunch"`
}

func renderGroup(tx *world.Tx, g *model.Group, instances bool) groupItem {
	item := groupItem{
		Name: g.ID, ARN: g.ARN, Template: templateSpec{g.Template.ID, g.Template.Name, g.Template.Version}, Min: g.Min, Max: g.Max, Desired: g.Desired,
		Cooldown: g.Cooldown, TargetGroups: g.TargetGroups, HealthCheck: g.HealthCheckType, Grace: g.Grace, Created: wire.Timestamp(g.Created),
		Subnets: strings.Join(g.Subnets, ","), Tags: renderTags(g), Termination: g.TerminationPolicies, ProtectNew: g.ProtectNew, Role: g.ServiceLinkedRole,
		Lifetime: g.MaxLifetime, Rebalance: g.CapacityRebalance, Context: g.Context, Warmup: g.Warmup, Protection: g.DeletionProtection,
		Distribution: distribution{g.Distribution}, Impairment: impairment{g.Impairment.ZonalShift, g.Impairment.Behavior}, Reservation: "default",
	}
	for _, id := range g.Subnets {
		if subnet, ok := world.Get[network.Subnet](tx, id); ok && !slices.Contains(item.Zones, subnet.Zone.Name) {
			item.Zones = append(item.Zones, subnet.Zone.Name)
		}
	}
	if g.Maintenance.MinHealthy != nil {
		item.Maintenance = &maintenance{g.Maintenance.MinHealthy, g.Maintenance.MaxHealthy}
	}
	for _, arn := range g.TargetGroups {
		item.Traffic = append(item.Traffic, traffic{arn, "elbv2"})
	}
	for _, process := range slices.Sorted(maps.Keys(g.Suspended)) {
		item.Suspended = append(item.Suspended, suspended{process, g.Suspended[process]})
	}
	for _, metric := range g.Metrics {
		item.Metrics = append(item.Metrics, metricItem{metric, "1Minute"})
	}
	if g.Deleting {
		item.Status = "Delete in progress"
	}
	if instances {
		for _, i := range model.InstancesOf(tx, g.ID) {
			item.Instances = append(item.Instances, renderInstance(i))
		}
	}
	return item
}

func renderTags(g *model.Group) (items wire.Members[tagItem]) {
	for _, key := range slices.Sorted(maps.Keys(g.Tags)) {
		items = append(items, tagItem{g.ID, "auto-scaling-group", key, g.Tags[key], g.Propagate[key]})
	}
	return items
}
