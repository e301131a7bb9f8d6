package blueprint

import (
	"slices"

	"time"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/resource"
)

// How long a web instance takes from its launch until it answers health checks: at most, as was seen, and twice that, after which it
// never will. A group's grace is the second, since one that is too short replaces every instance before it serves.
const (
	bootMost  = 2 * time.Minute
	bootNever = 2 * bootMost
)

// GroupOf is a configuration's group, without what it refers to.
func GroupOf(cfg config.Config) autoscaling.Group {
	check, scaling := cfg.LoadBalancer.HealthCheck, cfg.Web.AutoScaling
	passes := time.Duration(check.Healthy+1)*check.Interval + check.Timeout
	return autoscaling.Group{Min: scaling.Min, Max: scaling.Max, Desired: cfg.Web.Desired(), Grace: bootNever + passes, Warmup: bootMost}
}

// addGroup puts the instances into an Auto Scaling group over all private subnets. They start beside the load balancer; the group is
// ready when they are healthy behind it.
func addGroup(g *resource.Graph, cfg config.Config, web web, alb, targets, serves resource.Ref) resource.Ref {
	scaling := cfg.Web.AutoScaling
	launch := autoscaling.LaunchTemplate{
		ImageID:   web.image,
		Follow:    cfg.Web.Image != "",
		Type:      cfg.Web.InstanceType,
		Groups:    []resource.Ref{web.groups.web},
		Profile:   web.profile,
		UserData:  web.userData,
		Monitored: scaling.CPU > 0,
		Tags:      cfg.Tags,
	}
	group := GroupOf(cfg)
	group.Launch, group.TargetGroup = launch, targets
	group.Template = resource.Add(g, autoscaling.LaunchTemplateKind(), "web", launch)
	for _, s := range web.subnets {
		group.Subnets = append(group.Subnets, s.private)
	}
	// An instance comes up empty where it can't install anything.
	after := append([]resource.Ref{web.groups.webRules}, web.wayOut...)
	if https := cfg.LoadBalancer.HTTPS; https.On() && https.Certificate == "" {
		// Until the certificate is issued, for which a person may be waited for, no listener leads to the instances.
		after = append(after, serves)
	}
	ref := resource.Add(g, autoscaling.GroupKind(), "web", group, after...)
	if scaling.Scales() {
		policy := autoscaling.Policy{Group: ref, CPU: scaling.CPU, Requests: scaling.RequestsPerTarget}
		if policy.Requests > 0 {
			policy.LoadBalancer, policy.TargetGroup = alb, targets
		}
		// Requests are counted only where a listener leads to the target group.
		resource.Add(g, autoscaling.PolicyKind(), "web", policy, serves)
	}
	return ref
}

// GroupKinds are those whose objects no list finds without knowing that there may be any: see awsapi.Owner.
func GroupKinds() []string {
	var names []string
	for _, kind := range slices.Concat(autoscaling.TemplateKinds(), autoscaling.Kinds()) {
		names = append(names, kind.Name)
	}
	return names
}
