package loadbalancing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

// LoadBalancer is an application load balancer that faces the internet, over
// IPv4.
type LoadBalancer struct {
	// Subnets are the public subnets, one a zone, in two zones at least.
	Subnets []resource.Ref
	Groups  []resource.Ref
	// IdleTimeout is how long a connection may be silent: 1 to 4000 s, in
	// whole seconds.
	IdleTimeout time.Duration
	// Protect asks for deletion protection. Without it, only that is taken off which this tool
	// has set: see tagProtected.
	Protect bool
	// Logs is the bucket of its access logs; zero: it is the operator's choice whether there are any.
	Logs resource.Ref
}

// Refs implements resource.Spec.
func (b LoadBalancer) Refs() []resource.Ref {
	refs := slices.Concat(b.Subnets, b.Groups)
	if !b.Logs.IsZero() {
		refs = append(refs, b.Logs)
	}
	return refs
}

// LiveLoadBalancer is a load balancer as ELBv2 reports it.
type LiveLoadBalancer struct {
	types.LoadBalancer
	Attributes map[string]string
	// Listeners are those that aren't the platform's.
	Listeners []types.Listener
	Tags      map[string]string
}

// The fields of a load balancer that calls of their own change.
const (
	fieldSubnets = "subnets"
	fieldGroups  = "security groups"
	fieldAddress = "address type"
)

// LoadBalancerKind is the kind "load-balancer". Its ID is the ARN. Its network
// interfaces outlive it for a while; they can prevent the deletion of others, not its own.
func LoadBalancerKind() resource.Kind[LoadBalancer, LiveLoadBalancer] {
	return resource.Kind[LoadBalancer, LiveLoadBalancer]{
		Traits: resource.Traits{
			Name:       "load-balancer",
			TagCommand: awsapi.TagCommandELB,
			Console:    resource.Console{Object: "ec2#LoadBalancer:loadBalancerArn=", List: "ec2#LoadBalancers:"},
			Actions: resource.Actions{
				Read:   []string{"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTags"},
				Make:   []string{"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:AddTags"},
				Change: []string{"elasticloadbalancing:DeleteListener", "elasticloadbalancing:SetIpAddressType", "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets"},
				Delete: []string{"elasticloadbalancing:DeleteLoadBalancer"},
			},
			Compared:    loadBalancerFields(),
			Unplaceable: unplaceable(loadBalancers()),
			Quotas:      []resource.Quota{{Service: "elasticloadbalancing", Code: "L-53DA6B97", Name: "Application Load Balancers per Region", Refusals: []string{"TooManyLoadBalancers"}, Used: countLoadBalancers}},
			Propagating: []awsapi.Refusal{
				{Code: "InvalidSubnet", Message: "has no internet gateway"},
				{Code: "InvalidSecurityGroup"},
				{Code: "InvalidConfigurationRequest", Message: "Access Denied for bucket"}, // its policy is new
			},
			Waiting: resource.Waiting{
				// Source: logs of Terraform that people published, 2 min 6 s to 3 min 7 s.
				Ready: resource.Expectation{Least: 125 * time.Second, Usual: 155 * time.Second, Most: 190 * time.Second},
				PollStatus: func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, _ string) (map[string]resource.Status, error) {
					balancers, err := loadBalancers().of(ctx, c, owner)
					statuses := map[string]resource.Status{}
					for _, balancer := range balancers {
						statuses[aws.ToString(balancer.LoadBalancerArn)] = loadBalancerStatus(LiveLoadBalancer{LoadBalancer: balancer})
					}
					return statuses, err
				},
			},
			Removal: resource.Removal{
				Entrance: true, Delete: deleteLoadBalancer, Foreign: balancersIn, Protected: protectedLoadBalancers, Unprotect: unprotectLoadBalancers,
				// Source: the same logs, where the security group of a load balancer that was
				// deleted goes after up to 1 min 51 s.
				Holds: resource.Hold{
					Expectation: resource.Expectation{Least: 20 * time.Second, Usual: time.Minute, Most: 2 * time.Minute},
					What:        "network interfaces", Kinds: []string{"security-group", "subnet", "internet-gateway"},
				},
			},
		},
		Reading: resource.Reading[LiveLoadBalancer]{
			List:      listLoadBalancers,
			ListBasic: basic(loadBalancers(), liveLoadBalancer), // without the attributes and the listeners
			ID:        func(b LiveLoadBalancer) string { return aws.ToString(b.LoadBalancerArn) },
			Tags:      func(b LiveLoadBalancer) map[string]string { return b.Tags },
			Status:    loadBalancerStatus,
			Since:     func(b LiveLoadBalancer) time.Time { return aws.ToTime(b.CreatedTime) },
		},
		Writing: resource.Writing[LoadBalancer, LiveLoadBalancer]{
			Diff:      diffLoadBalancer,
			Kept:      keptOfLoadBalancer,
			Create:    createLoadBalancer,
			AsCreated: loadBalancerAsCreated,
			Update:    updateLoadBalancer,
			Retag:     awsapi.RetagELB,
		},
		Impact: loadBalancerImpact,
		Costs: resource.Costs[LoadBalancer, LiveLoadBalancer]{
			Wanted: func(spec LoadBalancer) []prices.Item { return loadBalancerCost(len(spec.Subnets)) },
			Live:   func(live LiveLoadBalancer) []prices.Item { return loadBalancerCost(len(live.AvailabilityZones)) },
		},
	}
}

// loadBalancerCost has an address for the node in each zone: as many as there are without traffic that makes it grow.
// https://aws.amazon.com/vpc/pricing/
func loadBalancerCost(zones int) []prices.Item {
	return []prices.Item{{Name: prices.LoadBalancer, Count: 1}, {Name: prices.PublicIPv4, Count: int64(zones)}}
}

func loadBalancers() namedObjects[types.LoadBalancer] {
	return namedObjects[types.LoadBalancer]{
		noun: "load balancer",
		all:  awsapi.LoadBalancers,
		byName: func(ctx context.Context, c *awsapi.Clients, name string) ([]types.LoadBalancer, error) {
			return awsapi.DescribeLoadBalancers(ctx, c, &elb.DescribeLoadBalancersInput{Names: []string{name}})
		},
		attributes: func(ctx context.Context, c *awsapi.Clients, arn string) (map[string]string, error) {
			out, err := c.ELB.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &arn})
			if err != nil {
				return nil, err
			}
			return valuesOf(out.Attributes, func(a types.LoadBalancerAttribute) (name, value *string) { return a.Key, a.Value }), nil
		},
		about: func(b types.LoadBalancer) (arn, name *string) { return b.LoadBalancerArn, b.LoadBalancerName },
	}
}

func liveLoadBalancer(b types.LoadBalancer, attributes, tags map[string]string) LiveLoadBalancer {
	return LiveLoadBalancer{LoadBalancer: b, Attributes: attributes, Tags: tags}
}

func loadBalancerStatus(live LiveLoadBalancer) resource.Status {
	if live.State == nil {
		return resource.Status{Phase: resource.Pending}
	}
	reason := strings.TrimSuffix(string(live.State.Code)+": "+aws.ToString(live.State.Reason), ": ")
	switch live.State.Code {
	case types.LoadBalancerStateEnumActive:
		return resource.Status{Phase: resource.Ready}
	case types.LoadBalancerStateEnumActiveImpaired: // it routes, but couldn't scale
		return resource.Status{Phase: resource.Ready, Reason: reason}
	case types.LoadBalancerStateEnumFailed:
		return resource.Status{Phase: resource.Failed, Reason: reason}
	default:
		return resource.Status{Phase: resource.Pending, Reason: reason}
	}
}

func liveSubnets(live LiveLoadBalancer) []string {
	var subnets []string
	for _, zone := range live.AvailabilityZones {
		subnets = append(subnets, aws.ToString(zone.SubnetId))
	}
	return subnets
}

func diffLoadBalancer(spec LoadBalancer, live LiveLoadBalancer, ids resource.IDs) []resource.Change {
	want, have := ids.All(spec.Subnets), liveSubnets(live)
	subnets := resource.CompareSets(fieldSubnets, want, have)
	if !slices.ContainsFunc(want, func(id string) bool { return slices.Contains(have, id) }) {
		// None of its subnets stays, so the VPC itself is another, and a load
		// balancer can't leave its own.
		for i := range subnets {
			subnets[i].Replace = true
		}
	}
	return slices.Concat(
		resource.Fixed("type", string(types.LoadBalancerTypeEnumApplication), string(live.Type)),
		resource.Fixed("scheme", string(types.LoadBalancerSchemeEnumInternetFacing), string(live.Scheme)),
		subnets,
		resource.CompareSets(fieldGroups, ids.All(spec.Groups), live.SecurityGroups),
		compareAddressType(live),
		compareSettings(settingsOf(spec, live, ids), live.Attributes),
		compareProtection(spec, live),
		listenerChanges(live.Listeners),
	)
}

// compareAddressType is of one that AWS has listed. With another type clients would be told
// addresses at which no security group lets them in.
func compareAddressType(live LiveLoadBalancer) []resource.Change {
	want := types.IpAddressTypeIpv4
	if live.IpAddressType == "" || live.IpAddressType == want {
		return nil
	}
	return []resource.Change{{Field: fieldAddress, Want: string(want), Have: string(live.IpAddressType)}}
}

func createLoadBalancer(ctx context.Context, call resource.Call[LoadBalancer]) (string, error) {
	tags := maps.Clone(call.Tags)
	if call.Spec.Protect {
		tags[tagProtected] = "true"
	}
	return createNamed(ctx, call, loadBalancers(), "DuplicateLoadBalancerName", func(name *string) ([]types.LoadBalancer, error) {
		out, err := call.Clients.ELB.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
			Name:           name,
			Type:           types.LoadBalancerTypeEnumApplication,
			Scheme:         types.LoadBalancerSchemeEnumInternetFacing,
			IpAddressType:  types.IpAddressTypeIpv4,
			Subnets:        call.IDs.All(call.Spec.Subnets),
			SecurityGroups: call.IDs.All(call.Spec.Groups),
			Tags:           awsapi.ELBTags(tags),
		})
		if err != nil {
			return nil, err
		}
		return out.LoadBalancers, nil
	})
}

// loadBalancerAsCreated isn't ready yet, and lacks the attributes, which
// CreateLoadBalancer doesn't take.
func loadBalancerAsCreated(call resource.Call[LoadBalancer], arn string) LiveLoadBalancer {
	made := types.LoadBalancer{
		LoadBalancerArn: &arn,
		Type:            types.LoadBalancerTypeEnumApplication,
		Scheme:          types.LoadBalancerSchemeEnumInternetFacing,
		SecurityGroups:  call.IDs.All(call.Spec.Groups),
		State:           &types.LoadBalancerState{Code: types.LoadBalancerStateEnumProvisioning},
	}
	for _, subnet := range call.IDs.All(call.Spec.Subnets) {
		made.AvailabilityZones = append(made.AvailabilityZones, types.AvailabilityZone{SubnetId: &subnet})
	}
	live := LiveLoadBalancer{LoadBalancer: made, Tags: map[string]string{}}
	if call.Spec.Protect {
		live.Tags[tagProtected] = "true"
	}
	return live
}

func updateLoadBalancer(ctx context.Context, call resource.Call[LoadBalancer], live LiveLoadBalancer, changes []resource.Change) error {
	for _, change := range changes {
		var err error
		switch change.Field {
		case fieldSubnets:
			_, err = call.Clients.ELB.SetSubnets(ctx, &elb.SetSubnetsInput{
				LoadBalancerArn: &call.ID, Subnets: call.IDs.All(call.Spec.Subnets),
			})
		case fieldAddress:
			_, err = call.Clients.ELB.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{
				LoadBalancerArn: &call.ID, IpAddressType: types.IpAddressTypeIpv4,
			})
		case fieldGroups:
			_, err = call.Clients.ELB.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{
				LoadBalancerArn: &call.ID, SecurityGroups: call.IDs.All(call.Spec.Groups),
			})
		case attributeProtection:
			err = setProtection(ctx, call.Clients, call.ID, live.Tags, call.Spec.Protect)
		}
		if err != nil {
			return fmt.Errorf("set the %s of load balancer %s: %w", change.Field, call.ID, err)
		}
	}
	var attributes []types.LoadBalancerAttribute
	for _, s := range changedSettings(settingsOf(call.Spec, live, call.IDs), changes) {
		attributes = append(attributes, types.LoadBalancerAttribute{Key: aws.String(s.name), Value: aws.String(s.value)})
	}
	if len(attributes) > 0 {
		if _, err := call.Clients.ELB.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
			LoadBalancerArn: &call.ID, Attributes: attributes,
		}); err != nil {
			return fmt.Errorf("set the attributes of load balancer %s: %w", call.ID, err)
		}
	}
	return deleteListeners(ctx, call.Clients, live.Listeners)
}

func deleteLoadBalancer(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.ELB.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &record.ID})
	return err
}
