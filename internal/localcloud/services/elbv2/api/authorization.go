package api

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Sources: Service Authorization Reference, "Actions, resources, and condition keys for AWS Elastic Load
// Balancing V2"; Elastic Load Balancing User Guide, "Elastic Load Balancing API permissions", "Resource tagging
// API permissions".
func Asks() service.Asks {
	balancer, group, listener, rule := on("LoadBalancerArn"), on("TargetGroupArn"), on("ListenerArn"), on("RuleArn")
	asks := service.Asks{
		"CreateLoadBalancer": service.Asking(made("loadbalancer/app/"),
			service.Besides("ec2", "DescribeAccountAttributes", "DescribeAddresses", "DescribeInternetGateways", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"),
			serviceLinkedRole()),
		"CreateTargetGroup":  service.Asking(made("targetgroup/"), service.Besides("ec2", "DescribeInternetGateways", "DescribeVpcs"), serviceLinkedRole()),
		"CreateListener":     secured(madeOn("LoadBalancerArn", "listener")),
		"CreateRule":         madeOn("ListenerArn", "listener-rule"),
		"DeleteLoadBalancer": balancer, "ModifyLoadBalancerAttributes": balancer, "SetSecurityGroups": balancer,
		"SetSubnets":        service.Asking(balancer, service.Besides("ec2", "DescribeSubnets")),
		"SetIpAddressType":  service.Asking(balancer, service.Besides("ec2", "DescribeSubnets")),
		"DeleteTargetGroup": group, "ModifyTargetGroup": group, "ModifyTargetGroupAttributes": group, "DeregisterTargets": group,
		"RegisterTargets": service.Asking(group, service.Besides("ec2", "DescribeInstances", "DescribeInternetGateways", "DescribeSubnets", "DescribeVpcs")),
		"DeleteListener":  listener, "ModifyListener": secured(listener), "ModifyListenerAttributes": listener,
		"AddListenerCertificates": listener, "RemoveListenerCertificates": listener,
		"DeleteRule": rule, "ModifyRule": rule, "SetRulePriorities": on("RulePriorities.RuleArn"),
		"AddTags": on("ResourceArns"), "RemoveTags": on("ResourceArns"),
	}
	for _, what := range []string{
		"AccountLimits", "CapacityReservation", "ListenerAttributes", "ListenerCertificates", "Listeners", "LoadBalancerAttributes",
		"LoadBalancers", "Rules", "SSLPolicies", "Tags", "TargetGroupAttributes", "TargetGroups", "TargetHealth", "TrustStores",
	} {
		asks["Describe"+what] = service.Anything()
	}
	return asks
}

// on is the operation's own action on what a parameter names, with the tags that the call gives or takes.
func on(path string) []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, arn := range c.Each(path) {
			r := service.Resource{ARN: arn, Context: requested(c)}
			if o, err := model.Find(tx, arn); err == nil {
				r.Context = service.Merged(r.Context, service.TagKeys(o.Tags, service.ResourceTag, "elasticloadbalancing:ResourceTag/"))
			}
			all = append(all, r)
		}
		return all
	}}}
}

// requested are the condition keys of the tags of a request.
func requested(c *wire.Call) policy.Context {
	context := service.RequestedTags(service.TagsIn(c.Parts("Tags")))
	if taken := c.Each("TagKeys"); len(taken) > 0 {
		context["aws:TagKeys"] = taken
	}
	return context
}

// made is the operation's own action on a new object of a name, and AddTags where it gets tags.
func made(kind string) []service.Ask {
	resource := func(tx *world.Tx, c *wire.Call) service.Resource {
		return service.Resource{ARN: arn(tx, kind+c.Value("Name")+"/*"), Context: requested(c)}
	}
	return service.Asking([]service.Ask{{On: func(tx *world.Tx, c *wire.Call) []service.Resource { return []service.Resource{resource(tx, c)} }}}, tagging(resource))
}

// madeOn is the operation's own action on the object that a new one belongs to, and AddTags on the new one where it
// gets tags.
func madeOn(path, kind string) []service.Ask {
	return service.Asking(on(path), tagging(func(_ *world.Tx, c *wire.Call) service.Resource {
		_, above, _ := strings.Cut(c.Value(path), "/")
		before, _, _ := strings.Cut(c.Value(path), "/")
		parts := strings.Split(before, ":")
		return service.Resource{ARN: strings.Join(append(parts[:len(parts)-1], kind), ":") + "/" + above + "/*", Context: requested(c)}
	}))
}

// secured adds the condition keys of how a listener is secured.
func secured(asks []service.Ask) []service.Ask {
	all := slices.Clone(asks)
	of := all[0].On
	all[0].On = func(tx *world.Tx, c *wire.Call) []service.Resource {
		resources := of(tx, c)
		for _, r := range resources {
			for key, parameter := range map[string]string{"ListenerProtocol": "Protocol", "SecurityPolicy": "SslPolicy"} {
				if value := c.Value(parameter); value != "" {
					r.Context["elasticloadbalancing:"+key] = []string{value}
				}
			}
		}
		return resources
	}
	return all
}

// tagging is AddTags on what a call makes with tags.
func tagging(made func(tx *world.Tx, c *wire.Call) service.Resource) []service.Ask {
	return []service.Ask{{Service: "elasticloadbalancing", Action: "AddTags", On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		if !c.Has("Tags") {
			return nil
		}
		r := made(tx, c)
		r.Context["elasticloadbalancing:CreateAction"] = []string{c.Operation}
		return []service.Resource{r}
	}}}
}

// serviceLinkedRole is the permission to make the role by which the service works for an account. The account
// counts as having it as long as a load balancer or a target group is there.
// Source: Elastic Load Balancing User Guide, "Elastic Load Balancing service-linked role".
func serviceLinkedRole() []service.Ask {
	const name = "elasticloadbalancing.amazonaws.com"
	return []service.Ask{{Service: "iam", Action: "CreateServiceLinkedRole", On: func(tx *world.Tx, _ *wire.Call) []service.Resource {
		if slices.ContainsFunc(tx.Regions(), func(region string) bool {
			in := tx.In(region)
			return len(world.All[model.LoadBalancer](in)) > 0 || len(world.All[model.TargetGroup](in)) > 0
		}) {
			return nil
		}
		return []service.Resource{{
			ARN:     "arn:aws:iam::" + world.AccountID + ":role/aws-service-role/" + name + "/AWSServiceRoleForElasticLoadBalancing",
			Context: policy.Context{"iam:AWSServiceName": {name}},
		}}
	}}}
}

func arn(tx *world.Tx, resource string) string {
	return "arn:aws:elasticloadbalancing:" + tx.Region() + ":" + world.AccountID + ":" + resource
}
