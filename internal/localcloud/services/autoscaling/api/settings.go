package api

import (
	"cmp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// terminations are the termination policies that there are.
func terminations() []string {
	return []string{"AllocationStrategy", "ClosestToNextInstanceHour", "Default", "NewestInstance", "OldestInstance", "OldestLaunchConfiguration", "OldestLaunchTemplate"}
}

type maintenance struct {
	Min *int `query:"MinHealthyPercentage" min:"-1" max:"100" xml:"MinHealthyPercentage"`
	Max *int `query:"MaxHealthyPercentage" min:"-1" max:"200" xml:"MaxHealthyPercentage"`
}

type distribution struct {
	Strategy string `query:"CapacityDistributionStrategy" enum:"balanced-only|balanced-best-effort" xml:"CapacityDistributionStrategy"`
}

type impairment struct {
	ZonalShift *bool  `query:"ZonalShiftEnabled" xml:"ZonalShiftEnabled,omitempty"`
	Behavior   string `query:"ImpairedZoneHealthCheckBehavior" enum:"ReplaceUnhealthy|IgnoreUnhealthy" xml:"ImpairedZoneHealthCheckBehavior,omitempty"`
}

// settings are what create and update calls share. Nil: not given.
type settings struct {
	Template     *templateSpec `query:"LaunchTemplate"`
	Cooldown     *int          `query:"DefaultCooldown" min:"0"`
	Subnets      *string       `query:"VPCZoneIdentifier" min:"1" max:"5000"`
	Zones        []string      `query:"AvailabilityZones"`
	HealthCheck  string        `query:"HealthCheckType" min:"1" max:"32"`
	Grace        *int          `query:"HealthCheckGracePeriod" min:"0"`
	Warmup       *int          `query:"DefaultInstanceWarmup" min:"-1"`
	Maintenance  *maintenance  `query:"InstanceMaintenancePolicy"`
	Distribution *distribution `query:"AvailabilityZoneDistribution"`
	Impairment   *impairment   `query:"AvailabilityZoneImpairmentPolicy"`
	SkipShift    *bool         `query:"SkipZonalShiftValidation"`
	Protect      *bool         `query:"NewInstancesProtectedFromScaleIn"`
	Termination  []string      `query:"TerminationPolicies"`
	Lifetime     *int          `query:"MaxInstanceLifetime"`
	Rebalance    *bool         `query:"CapacityRebalance"`
	Protection   string        `query:"DeletionProtection" enum:"none|prevent-force-deletion|prevent-all-deletion"`
	Role         string        `query:"ServiceLinkedRoleARN"`
	Context      string        `query:"Context"`
	CapacityType wire.Only     `query:"DesiredCapacityType" only:"units|"`
}

// apply takes over what is given.
func (s settings) apply(tx *world.Tx, to *model.Settings) error {
	if s.Template != nil {
		if (s.Template.ID != "") == (s.Template.Name != "") {
			return model.Invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
		}
		to.Template = compute.TemplateRef{ID: s.Template.ID, Name: s.Template.Name, Version: s.Template.Version}
	}
	if s.Subnets != nil {
		to.Subnets = nil
		for id := range strings.SplitSeq(*s.Subnets, ",") {
			if id = strings.TrimSpace(id); id != "" {
				to.Subnets = append(to.Subnets, id)
			}
		}
	}
	if err := s.zones(tx, to); err != nil {
		return err
	}
	for part := range strings.SplitSeq(cmp.Or(s.HealthCheck, "EC2"), ",") {
		if part != "EC2" && part != "ELB" && part != "EBS" && part != "VPC_LATTICE" {
			return model.Invalid("'%s' is not a valid health check type", s.HealthCheck)
		}
	}
	for _, policy := range s.Termination {
		if !slices.Contains(terminations(), policy) {
			return model.Invalid("The termination policy '%s' is not valid", policy)
		}
	}
	if s.Lifetime != nil && *s.Lifetime != 0 && (*s.Lifetime < 86400 || *s.Lifetime > 31536000) {
		return model.Invalid("Max instance lifetime must be between 86400 and 31536000 seconds, or 0")
	}
	s.policies(to)
	set(&to.Cooldown, s.Cooldown)
	set(&to.Grace, s.Grace)
	set(&to.ProtectNew, s.Protect)
	set(&to.MaxLifetime, s.Lifetime)
	if len(s.Termination) > 0 {
		to.TerminationPolicies = s.Termination
	}
	if s.Rebalance != nil {
		to.CapacityRebalance = s.Rebalance
	}
	to.HealthCheckType = cmp.Or(s.HealthCheck, to.HealthCheckType)
	to.DeletionProtection = cmp.Or(s.Protection, to.DeletionProtection)
	to.ServiceLinkedRole = cmp.Or(s.Role, to.ServiceLinkedRole)
	to.Context = cmp.Or(s.Context, to.Context)
	return nil
}

// policies takes over what can be taken back by -1.
func (s settings) policies(to *model.Settings) {
	if s.Warmup != nil {
		if to.Warmup = s.Warmup; *s.Warmup < 0 {
			to.Warmup = nil
		}
	}
	if m := s.Maintenance; m != nil {
		if to.Maintenance = (model.Maintenance{MinHealthy: m.Min, MaxHealthy: m.Max}); m.Min != nil && *m.Min < 0 {
			to.Maintenance = model.Maintenance{}
		}
	}
	if s.Distribution != nil {
		to.Distribution = s.Distribution.Strategy
	}
	if s.Impairment != nil {
		to.Impairment = model.Impairment{ZonalShift: s.Impairment.ZonalShift, Behavior: s.Impairment.Behavior}
	}
}

// zones checks that the zones that are named are those of the subnets. Without subnets they are the default ones.
func (s settings) zones(tx *world.Tx, to *model.Settings) error {
	byDefault := len(to.Subnets) == 0
	for _, zone := range s.Zones {
		in := world.Where(tx, func(n *network.Subnet) bool {
			return n.Zone.Name == zone && (byDefault && n.Default || !byDefault && slices.Contains(to.Subnets, n.ID))
		})
		if len(in) == 0 {
			return model.Invalid("The availability zones of the specified subnets and the AutoScalingGroup do not match")
		}
		if byDefault {
			to.Subnets = append(to.Subnets, in[0].ID)
		}
	}
	return nil
}
