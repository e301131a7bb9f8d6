package api

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	ec2api "github.com/platformctl/platformctl/internal/localcloud/services/ec2/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Asks are what each operation needs the permission for.
// Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2 Auto Scaling"; Amazon EC2 Auto
// Scaling User Guide, "Control Amazon EC2 launch template usage in Auto Scaling groups".
func Asks() service.Asks {
	group := on("AutoScalingGroupName")
	launch := ec2api.LaunchesOf(launched)
	asks := service.Asks{
		"CreateAutoScalingGroup": service.Asking(group, launch, serviceLinkedRole()),
		"UpdateAutoScalingGroup": service.Asking(group, launch),
		"StartInstanceRefresh":   service.Asking(group, ec2api.LaunchesOf(refreshed)),
		"CreateOrUpdateTags":     on("Tags.ResourceId"),
		"DeleteTags":             on("Tags.ResourceId"),
		"SetInstanceHealth":      onInstance(), "TerminateInstanceInAutoScalingGroup": onInstance(),
	}
	for _, name := range []string{
		"DeleteAutoScalingGroup", "SetDesiredCapacity", "SetInstanceProtection", "AttachInstances", "DetachInstances", "EnterStandby", "ExitStandby",
		"PutLifecycleHook", "DeleteLifecycleHook", "CompleteLifecycleAction", "RecordLifecycleActionHeartbeat", "AttachTrafficSources", "DetachTrafficSources",
		"AttachLoadBalancerTargetGroups", "DetachLoadBalancerTargetGroups", "SuspendProcesses", "ResumeProcesses", "EnableMetricsCollection", "DisableMetricsCollection",
		"CancelInstanceRefresh", "RollbackInstanceRefresh",
		"PutScalingPolicy",
	} {
		asks[name] = group
	}
	for _, what := range []string{
		"AutoScalingGroups", "AutoScalingInstances", "ScalingActivities", "AccountLimits", "TerminationPolicyTypes", "LifecycleHooks", "LifecycleHookTypes",
		"TrafficSources", "LoadBalancerTargetGroups", "Tags", "ScalingProcessTypes", "MetricCollectionTypes", "InstanceRefreshes", "Policies", "AdjustmentTypes",
	} {
		asks["Describe"+what] = service.Anything()
	}
	for _, name := range []string{"DeletePolicy"} {
		asks[name] = onPolicy()
	}
	return asks
}

// onPolicy is the operation's own action on the group of a policy.
func onPolicy() []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		if p, err := model.FindPolicy(tx, c.Value("AutoScalingGroupName"), c.Value("PolicyName")); err == nil {
			return []service.Resource{resource(tx, c, p.Group)}
		}
		return []service.Resource{resource(tx, c, cmp.Or(c.Value("AutoScalingGroupName"), "*"))}
	}}}
}

// on is the operation's own action on the groups that a parameter names.
func on(path string) []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, name := range slices.Compact(c.Each(path)) {
			all = append(all, resource(tx, c, name))
		}
		return all
	}}}
}

// onInstance is the operation's own action on the group of an instance.
func onInstance() []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, id := range c.Each("InstanceId") {
			if i, ok := world.Get[model.Instance](tx, id); ok {
				all = append(all, resource(tx, c, i.Group))
			}
		}
		return all
	}}}
}

// resource is a group, with the condition keys that the service has on it.
func resource(tx *world.Tx, c *wire.Call, name string) service.Resource {
	r := service.Resource{ARN: "arn:" + region.Partition(tx.Region()) + ":autoscaling:" + tx.Region() + ":" + world.AccountID + ":autoScalingGroup:*:autoScalingGroupName/" + name,
		Context: service.RequestedTags(service.TagsIn(c.Parts("Tags")))}
	for parameter, key := range map[string]string{"MinSize": "MinSize", "MaxSize": "MaxSize"} {
		if given := c.Each(parameter); len(given) > 0 {
			r.Context["autoscaling:"+key] = given
		}
	}
	if template := c.Each("LaunchTemplate.Version"); c.Has("LaunchTemplate") {
		specified := len(template) > 0 && !strings.HasPrefix(template[0], "$")
		r.Context["autoscaling:LaunchTemplateVersionSpecified"] = []string{strconv.FormatBool(specified)}
	}
	for parameter, key := range map[string]string{"TargetGroupARNs": "TargetGroupARNs", "TrafficSources.Identifier": "TrafficSourceIdentifiers"} {
		if given := c.Each(parameter); len(given) > 0 {
			r.Context["autoscaling:"+key] = given
		}
	}
	if g, ok := world.Get[model.Group](tx, name); ok {
		r.ARN = g.ARN
		r.Context = service.Merged(r.Context, service.TagKeys(g.Tags, service.ResourceTag, "autoscaling:ResourceTag/"))
	}
	return r
}

// launched is what a call lets a group launch.
func launched(tx *world.Tx, c *wire.Call) (template compute.TemplateRef, subnets []string, ok bool) {
	one := func(path string) string {
		if all := c.Each(path); len(all) > 0 {
			return all[0]
		}
		return ""
	}
	if list := one("VPCZoneIdentifier"); list != "" {
		subnets = strings.Split(list, ",")
	} else if g, there := world.Get[model.Group](tx, one("AutoScalingGroupName")); there {
		subnets = g.Subnets
	}
	return compute.TemplateRef{ID: one("LaunchTemplate.LaunchTemplateId"), Name: one("LaunchTemplate.LaunchTemplateName"), Version: one("LaunchTemplate.Version")}, subnets, c.Has("LaunchTemplate")
}

// serviceLinkedRole is asked for while the account has no group yet.
func serviceLinkedRole() []service.Ask {
	const name = "autoscaling.amazonaws.com"
	return []service.Ask{{Service: "iam", Action: "CreateServiceLinkedRole", On: func(tx *world.Tx, _ *wire.Call) []service.Resource {
		if slices.ContainsFunc(tx.Regions(), func(region string) bool { return len(world.All[model.Group](tx.In(region))) > 0 }) {
			return nil
		}
		return []service.Resource{{
			ARN:     "arn:aws:iam::" + world.AccountID + ":role/aws-service-role/" + name + "/AWSServiceRoleForAutoScaling",
			Context: policy.Context{"iam:AWSServiceName": {name}},
		}}
	}}}
}
