package model

import (
	"maps"
	"regexp"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// TargetGroup is a group of instances that get requests over HTTP.
type TargetGroup struct {
	world.Object // ID: the ARN
	Name         string
	Protocol     string // HTTP
	Port         int    // of targets that don't say their own
	VPCID        string
	HealthCheck  HealthCheck
	Attributes   map[string]string `json:",omitempty"` // those that were set
}

// TargetGroups is how many target groups a region may have.
func TargetGroups() world.Quota {
	return quota("target_groups", "L-B22855CB", "Target Groups per Region", 3000)
}

func targetGroupKind() world.AnyKind {
	return world.Kind[TargetGroup, *TargetGroup]{
		Traits: world.Traits{Noun: "target group", Quotas: []world.Quota{TargetGroups()}},
		Name:   "targetgroup", Untaggable: true, KnownAtOnce: true, NotFound: targetGroupsNotFound}
}

func targetGroupsNotFound(...string) error {
	return refuse.New("TargetGroupNotFound", "One or more target groups not found")
}

// NewTargetGroup is what CreateTargetGroup is given.
type NewTargetGroup struct {
	Name, Protocol  string
	ProtocolVersion string // empty: HTTP1
	TargetType      string // empty: instance
	Port            *int
	VPCID           string
	HealthCheck     HealthCheckChange
	Tags            []Tag
}

// CreateTargetGroup makes a target group. One of the same name and settings is
// returned as it is.
func CreateTargetGroup(tx *world.Tx, in NewTargetGroup) (*TargetGroup, error) {
	if err := checkTargetGroupName(in.Name); err != nil {
		return nil, err
	}
	if err := in.checkKind(); err != nil {
		return nil, err
	}
	switch _, there := world.LookUp[network.VPC](tx, in.VPCID); {
	case in.Port == nil:
		return nil, invalid("A port must be specified")
	case in.VPCID == "":
		return nil, invalid("A VPC ID must be specified")
	case !there:
		return nil, invalid("The VPC ID '%s' is not found", in.VPCID)
	}
	if err := between(*in.Port, "port", 1, 65535); err != nil {
		return nil, err
	}
	check, err := defaultHealthCheck().with(in.HealthCheck)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	for _, old := range world.All[TargetGroup](tx) {
		if old.Name != in.Name {
			continue
		}
		if old.Port == *in.Port && old.Protocol == in.Protocol && old.VPCID == in.VPCID && old.HealthCheck == check && maps.Equal(old.Tags, tags) {
			return old, nil
		}
		return nil, refuse.New("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", in.Name)
	}
	if len(world.All[TargetGroup](tx)) >= tx.Limit(TargetGroups()) {
		return nil, refuse.New("TooManyTargetGroups", "The maximum number of target groups has been reached")
	}
	g := &TargetGroup{Object: tx.NamedObject(newARN(tx, "targetgroup/"+in.Name), tags), Name: in.Name,
		Protocol: in.Protocol, Port: *in.Port, VPCID: in.VPCID, HealthCheck: check}
	world.Add(tx, g)
	return g, nil
}

var doubleHyphen = regexp.MustCompile(`--|^-|-$`)

// checkTargetGroupName refuses names that AWS refuses.
// Source: API reference of CreateTargetGroup; that of hyphens is moto's, which calls it undocumented.
func checkTargetGroupName(name string) error {
	switch {
	case name == "":
		return invalid("A target group name must be specified")
	case len(name) > 32:
		return invalid("Target group name '%s' cannot be longer than '32' characters", name)
	case !nameCharacters.MatchString(name):
		return invalid("Target group name '%s' can only contain characters that are alphanumeric characters or hyphens(-)", name)
	case doubleHyphen.MatchString(name):
		return constraint(name, "targetGroup.targetGroupArn.targetGroupName", `Member must satisfy regular expression pattern: (?!.*--)(?!^-)(?!.*-$)^[A-Za-z0-9-]+$`)
	}
	return nil
}

// checkKind refuses target groups that AWS or the local cloud doesn't have.
func (in NewTargetGroup) checkKind() error {
	switch in.TargetType {
	case "", "instance":
	case "ip", "lambda", "alb":
		return refuse.NotSimulated("target type %s is not simulated", in.TargetType)
	default:
		return constraint(in.TargetType, "targetType", "Member must satisfy enum value set: [instance, ip, lambda, alb]")
	}
	switch in.Protocol {
	case "HTTP", "HTTPS":
	case "":
		return invalid("A protocol must be specified")
	case "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC":
		return refuse.NotSimulated("target groups with protocol %s are not simulated", in.Protocol)
	default:
		return constraint(in.Protocol, "protocol", "Member must satisfy enum value set: [HTTPS, TCP, TLS, QUIC, TCP_QUIC, TCP_UDP, GENEVE, HTTP, UDP]")
	}
	switch in.ProtocolVersion {
	case "", "HTTP1":
		return nil
	case "HTTP2", "GRPC":
		return refuse.NotSimulated("protocol version %s is not simulated", in.ProtocolVersion)
	}
	return invalid("Protocol version '%s' must be one of 'HTTP1, HTTP2, GRPC'", in.ProtocolVersion)
}

// FindTargetGroup returns the target group of that ARN.
func FindTargetGroup(tx *world.Tx, arn string) (*TargetGroup, error) {
	if err := checkARN(arn, "targetgroup", "target group"); err != nil {
		return nil, err
	}
	return world.Find[TargetGroup](tx, arn)
}

// ModifyHealthCheck changes a target group's health check.
func ModifyHealthCheck(tx *world.Tx, arn string, change HealthCheckChange) (*TargetGroup, error) {
	g, err := FindTargetGroup(tx, arn)
	if err != nil {
		return nil, err
	}
	check, err := g.HealthCheck.with(change)
	if err != nil {
		return nil, err
	}
	world.Edit(tx, arn, func(g *TargetGroup) { g.HealthCheck = check })
	return FindTargetGroup(tx, arn)
}

// DeleteTargetGroup deletes a target group that no listener and no rule uses, with its
// targets. An absent one is a success.
func DeleteTargetGroup(tx *world.Tx, arn string) error {
	if err := checkARN(arn, "targetgroup", "target group"); err != nil {
		return err
	}
	if len(LoadBalancersOf(tx, arn)) > 0 {
		return refuse.New("ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", arn)
	}
	for _, t := range TargetsOf(tx, arn) {
		world.Delete[Target](tx, t.ID)
	}
	world.Delete[TargetGroup](tx, arn)
	return nil
}

// LoadBalancersOf lists the ARNs of the load balancers whose rules forward to the
// target group: none, or one.
func LoadBalancersOf(tx *world.Tx, targetGroupARN string) []string {
	var arns []string
	for _, r := range world.All[Rule](tx) {
		if slices.Contains(targetGroups(r.Actions), targetGroupARN) && !slices.Contains(arns, r.LoadBalancerARN) {
			arns = append(arns, r.LoadBalancerARN)
		}
	}
	return arns
}

// loadBalancerOf is the load balancer that uses the target group, or nil.
func loadBalancerOf(tx *world.Tx, targetGroupARN string) *LoadBalancer {
	for _, arn := range LoadBalancersOf(tx, targetGroupARN) {
		if b, ok := world.Get[LoadBalancer](tx, arn); ok {
			return b
		}
	}
	return nil
}
