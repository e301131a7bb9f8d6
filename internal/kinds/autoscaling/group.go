package autoscaling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

// kindGroup is the first part of the keys of groups.
const kindGroup = "auto-scaling-group"

// Group keeps instances of a launch template in some subnets, behind a target group.
type Group struct {
	Template resource.Ref
	// Launch is what the template's latest version is to say.
	Launch LaunchTemplate
	// Subnets are one in each zone.
	Subnets     []resource.Ref
	TargetGroup resource.Ref
	Min, Max    int
	// Desired is with how many it begins. Between Min and Max it is nobody's drift afterwards.
	Desired int
	// Grace is for how long a new instance may fail the load balancer's health checks: longer than it takes from its start until it
	// passes them, or the group replaces each before it ever serves, for ever. Whole seconds.
	Grace time.Duration
	// Warmup is how long a new instance's load says nothing yet of that of the group. Whole seconds.
	Warmup time.Duration
}

// Refs implements resource.Spec.
func (g Group) Refs() []resource.Ref {
	return slices.Concat([]resource.Ref{g.Template, g.TargetGroup}, g.Subnets, g.Launch.Refs())
}

// How a group replaces, which no configuration changes.
const (
	// While an instance is replaced there are never fewer than wanted: the new one comes first. AWS makes an exception of one that
	// was stopped or terminated. No more than a tenth, and one at least, are replaced at once, so that health checks that fail for
	// another reason than the instances don't end them all.
	// Source: Amazon EC2 Auto Scaling User Guide, "Instance maintenance policies".
	minHealthy = 100
	maxHealthy = 110
	// healthChecks are the load balancer's, beside those of EC2, which are always on.
	healthChecks = "ELB"
	// zoneDistribution lets instances stand in fewer zones while one of them has no capacity.
	zoneDistribution = types.CapacityDistributionStrategyBalancedBestEffort
	// impairedZones are left alone during a zonal shift: their instances fail checks because of the zone, and what is launched in
	// their stead there would, too.
	impairedZones = types.ImpairedZoneHealthCheckBehaviorIgnoreUnhealthy
	granularity   = "1Minute"
)

// LiveGroup is an Auto Scaling group as AWS reports it, with what it launches and whom requests reach.
type LiveGroup struct {
	types.AutoScalingGroup
	// Versions are the data of the launch template's versions that the group and its instances use, and of the latest one.
	Versions map[Version]ec2types.ResponseLaunchTemplateData
	// Targets are those that the group has registered.
	Targets []loadbalancing.LiveRegistration
	// Refresh is the last instance refresh; nil where there was none.
	Refresh *types.InstanceRefresh
}

// Registrations implements loadbalancing.Registering.
func (g LiveGroup) Registrations() []loadbalancing.LiveRegistration { return g.Targets }

// GroupKind is the kind "auto-scaling-group". Its ID is the group's name.
func GroupKind() resource.Kind[Group, LiveGroup] {
	return resource.Kind[Group, LiveGroup]{
		Traits: resource.Traits{
			Name:       kindGroup,
			TagCommand: "autoscaling create-or-update-tags --tags ResourceId={id},ResourceType=auto-scaling-group,Key={tag},Value={value},PropagateAtLaunch=true",
			AskedBy:    section,
			Capacity:   true,
			Console:    resource.Console{Object: "ec2#AutoScalingGroupDetails:id=", List: "ec2#AutoScalingGroups:"},
			Actions: resource.Actions{
				Read: []string{"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAccountLimits", "autoscaling:DescribeInstanceRefreshes", "autoscaling:DescribeScalingActivities", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTargetGroups", "ec2:DescribeInstances", "ec2:DescribeInstanceTypes"},
				Make: []string{
					"autoscaling:CreateAutoScalingGroup", "autoscaling:CreateOrUpdateTags", "autoscaling:EnableMetricsCollection",
					// A group launches by the rights of who names its template.
					"ec2:RunInstances", "ec2:CreateTags",
				},
				MakeOn: map[string][]string{"role": {"iam:PassRole"}},
				Change: []string{
					"autoscaling:UpdateAutoScalingGroup", "autoscaling:StartInstanceRefresh", "autoscaling:CancelInstanceRefresh", "autoscaling:RollbackInstanceRefresh",
				},
				Delete: []string{"autoscaling:DeleteAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup", "autoscaling:SetInstanceProtection", "autoscaling:ResumeProcesses"},
			},
			Compared: groupFields(),
			Quotas: []resource.Quota{
				{Service: "autoscaling", Code: "L-CDE20ADC", Name: "Auto Scaling groups per region", Used: countGroups},
				vCPUsAtMost(),
			},
			Propagating: []awsapi.Refusal{
				{Code: codeValidation, Message: "Invalid IAM Instance Profile"},
				{Code: codeValidation, Message: "has no associated IAM Roles"},
				// What the group is built on is there, and Auto Scaling hasn't heard of it yet. An image is never new.
				{Code: codeValidation, Message: "specified launch template, with template (ID|name) .* does not exist"},
				{Code: codeValidation, Message: "[Cc]ould not find the specified version"},
				{Code: codeValidation, Message: "(security group|subnet ID) '.*' does not exist"},
				{Code: codeValidation, Message: "^Provided Target Groups may not be valid"},
				{Code: codeValidation, Message: "^AutoScalingGroup name not found"},
				// The new group has the old one's name.
				{Code: codeAlreadyExists, Message: "pending delete"},
				{Code: "ScalingActivityInProgress"},
				// The one before it is being cancelled.
				{Code: "InstanceRefreshInProgress"},
				{Code: "ResourceContention"}, {Code: "ServiceLinkedRoleFailure"},
			},
			Waiting: groupWaiting(),
			Removal: resource.Removal{
				Delete: deleteGroup, AsynchronousDelete: true, Foreign: untaggedGroups, Protected: protectedGroups,
				// As an instance's, which it ends.
				Gone: resource.Expectation{Least: 20 * time.Second, Usual: 40 * time.Second, Most: 2 * time.Minute},
				// The deregistration delay can be an hour.
				DeleteTimeout: 65 * time.Minute,
			},
		},
		Reading: resource.Reading[LiveGroup]{
			List:   listGroups,
			ID:     func(l LiveGroup) string { return aws.ToString(l.AutoScalingGroupName) },
			Tags:   func(l LiveGroup) map[string]string { return awsapi.FromGroup(l.Tags) },
			Status: groupStatus,
			Since:  func(l LiveGroup) time.Time { return aws.ToTime(l.CreatedTime) },
		},
		Writing: resource.Writing[Group, LiveGroup]{
			Diff:   diffGroup,
			Kept:   keptOfGroup,
			Create: createGroup,
			Update: updateGroup,
			Retag: func(ctx context.Context, c *awsapi.Clients, id string, tags map[string]string) error {
				return awsapi.RetagGroup(ctx, c, id, tags, ownName(tags))
			},
		},
		Costs: resource.Costs[Group, LiveGroup]{
			Wanted: func(g Group) []Item { return CostAt(g, g.Desired) },
			Live:   liveGroupCost,
		},
		Stuck:     stuckGroup,
		TakenBack: takenBack,
	}
}

// ownName is the name that the owner gives to a group, which the instances don't get.
func ownName(tags map[string]string) string {
	key, err := resource.ParseKey(tags[awsapi.TagKey])
	if err != nil {
		return ""
	}
	return tags[awsapi.TagPlatform] + "-" + key.Kind + "-" + key.Name
}

func listGroups(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveGroup, error) {
	var found inventory
	var targets []loadbalancing.LiveRegistration
	var g errgroup.Group // others share the reads
	g.Go(func() (err error) { found, err = inventoryOf(ctx, c, owner); return err })
	g.Go(func() error {
		groups, err := awsapi.AutoScalingGroups(ctx, c, owner)
		if err == nil && len(groups) > 0 {
			targets, err = loadbalancing.GroupRegistrations(ctx, c, owner)
		}
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	live := make([]LiveGroup, 0, len(found.groups))
	for _, group := range found.groups {
		name := aws.ToString(group.AutoScalingGroupName)
		live = append(live, LiveGroup{group, found.versions, targetsOf(group, targets), found.refreshes[name]})
	}
	return live, nil
}

// targetsOf are those that a group has registered.
func targetsOf(group types.AutoScalingGroup, all []loadbalancing.LiveRegistration) []loadbalancing.LiveRegistration {
	var own []loadbalancing.LiveRegistration
	for _, target := range all {
		if target.Group == aws.ToString(group.AutoScalingGroupName) {
			if i := slices.IndexFunc(group.Instances, func(i types.Instance) bool { return aws.ToString(i.InstanceId) == target.Instance }); i >= 0 && target.Zone == "" {
				target.Zone = aws.ToString(group.Instances[i].AvailabilityZone)
			}
			own = append(own, target)
		}
	}
	return own
}

// codeAlreadyExists is how Auto Scaling refuses a name that is taken.
const codeAlreadyExists = "AlreadyExists"

func createGroup(ctx context.Context, call resource.Call[Group]) (string, error) {
	version, err := wantedVersion(ctx, call)
	if err != nil {
		return "", err
	}
	name, spec := call.PhysicalName(), call.Spec
	_, err = call.Clients.AutoScaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName:             &name,
		LaunchTemplate:                   version,
		VPCZoneIdentifier:                aws.String(strings.Join(call.IDs.All(spec.Subnets), ",")),
		TargetGroupARNs:                  []string{call.IDs.Of(spec.TargetGroup)},
		MinSize:                          aws.Int32(int32(spec.Min)),     //nolint:gosec // the configuration allows 500 at most
		MaxSize:                          aws.Int32(int32(spec.Max)),     //nolint:gosec // as above
		DesiredCapacity:                  aws.Int32(int32(spec.Desired)), //nolint:gosec // as above
		HealthCheckType:                  aws.String(healthChecks),
		HealthCheckGracePeriod:           seconds(spec.Grace),
		DefaultInstanceWarmup:            seconds(spec.Warmup),
		InstanceMaintenancePolicy:        maintenance(),
		AvailabilityZoneDistribution:     &types.AvailabilityZoneDistribution{CapacityDistributionStrategy: zoneDistribution},
		AvailabilityZoneImpairmentPolicy: impairment(),
		Tags:                             awsapi.GroupTags(name, call.Tags, ownName(call.Tags)),
	})
	if awsapi.HasCode(err, codeAlreadyExists) {
		return existingGroup(ctx, call, name, err)
	}
	return name, err
}

// existingGroup is the call's own group of a name that is taken. One that is being deleted is waited for.
func existingGroup(ctx context.Context, call resource.Call[Group], name string, refusal error) (string, error) {
	group, err := describeGroup(ctx, call.Clients, name)
	if err != nil {
		return "", fmt.Errorf("look whose Auto Scaling group %s is: %w", name, err)
	}
	if group == nil {
		return "", &awsapi.Unseen{Err: refusal}
	}
	tags := awsapi.FromGroup(group.Tags)
	switch {
	case !call.Owner.Owns(tags) || tags[awsapi.TagKey] != call.Key.String():
		return "", fmt.Errorf("an Auto Scaling group named %s is there already, and its tags say that it is not platform %s's; delete it or choose another platform name: %w",
			name, call.Owner.Platform, refusal)
	case group.Status != nil:
		return "", &awsapi.Propagating{Err: refusal} // it is going
	}
	call.Unconfirmed()
	return name, nil
}

// describeGroup is one group by its name; nil where there is none.
func describeGroup(ctx context.Context, c *awsapi.Clients, name string) (*types.AutoScalingGroup, error) {
	out, err := c.AutoScaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil || len(out.AutoScalingGroups) == 0 {
		return nil, err
	}
	return &out.AutoScalingGroups[0], nil
}

// errNoVersion says that EC2 doesn't show the version yet that this run has made.
var errNoVersion = errors.New("no version of the launch template is as wanted")

// wantedVersion is the newest version of the template that says what the group is to launch.
func wantedVersion(ctx context.Context, call resource.Call[Group]) (*types.LaunchTemplateSpecification, error) {
	id := call.IDs.Of(call.Spec.Template)
	versions, err := versionsOf(ctx, call.Clients, id)
	if err != nil {
		return nil, err
	}
	for _, version := range versions {
		data := version.LaunchTemplateData
		if data != nil && len(compareLaunch(call.Spec.Launch, *data, call.IDs)) == 0 && len(compareQuietly(call.Spec.Launch, *data)) == 0 {
			return &types.LaunchTemplateSpecification{
				LaunchTemplateId: &id, Version: aws.String(Version{id, aws.ToInt64(version.VersionNumber)}.String()),
			}, nil
		}
	}
	return nil, &awsapi.Unseen{Err: fmt.Errorf("%w: %s", errNoVersion, id)}
}

func seconds(d time.Duration) *int32 { return aws.Int32(int32(d / time.Second)) }

func maintenance() *types.InstanceMaintenancePolicy {
	return &types.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(minHealthy), MaxHealthyPercentage: aws.Int32(maxHealthy)}
}

func impairment() *types.AvailabilityZoneImpairmentPolicy {
	return &types.AvailabilityZoneImpairmentPolicy{ZonalShiftEnabled: aws.Bool(true), ImpairedZoneHealthCheckBehavior: impairedZones}
}
