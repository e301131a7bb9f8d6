package api

import (
	"errors"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) loadBalancerOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateLoadBalancer", createLoadBalancer),
		view(h, "DescribeLoadBalancers", describeLoadBalancers),
		does(h, "DeleteLoadBalancer", func(tx *world.Tx, in *loadBalancerArnInput) error { return model.DeleteLoadBalancer(tx, in.Arn) }),
		change(h, "SetSubnets", setSubnets),
		change(h, "SetSecurityGroups", setSecurityGroups),
		change(h, "SetIpAddressType", setIPAddressType),
	}
}

type loadBalancerItem struct {
	Arn                   string                 `xml:"LoadBalancerArn"`
	DNSName               string                 `xml:"DNSName"`
	CanonicalHostedZoneID string                 `xml:"CanonicalHostedZoneId"`
	CreatedTime           string                 `xml:"CreatedTime"`
	Name                  string                 `xml:"LoadBalancerName"`
	Scheme                string                 `xml:"Scheme"`
	VpcID                 string                 `xml:"VpcId"`
	State                 string                 `xml:"State>Code"`
	StateReason           string                 `xml:"State>Reason,omitempty"`
	Type                  string                 `xml:"Type"`
	Zones                 wire.Members[zoneItem] `xml:"AvailabilityZones"`
	SecurityGroups        wire.Members[string]   `xml:"SecurityGroups"`
	IPAddressType         string                 `xml:"IpAddressType"`
}

type zoneItem struct {
	ZoneName  string                 `xml:"ZoneName"`
	SubnetID  string                 `xml:"SubnetId"`
	Addresses wire.Members[struct{}] `xml:"LoadBalancerAddresses"` // static ones, which only network load balancers have
}

func renderLoadBalancer(b *model.LoadBalancer) loadBalancerItem {
	reason := ""
	if b.State == "failed" {
		reason = b.StateReason
	}
	return loadBalancerItem{Arn: b.ID, DNSName: b.DNSName, CanonicalHostedZoneID: model.HostedZoneID(b.Region), CreatedTime: wire.Timestamp(b.Created),
		Name: b.Name, Scheme: b.Scheme, VpcID: b.VPCID, State: b.State, StateReason: reason, Type: "application", Zones: renderZones(b),
		SecurityGroups: b.Groups, IPAddressType: "ipv4"}
}

func renderZones(b *model.LoadBalancer) wire.Members[zoneItem] {
	var zones wire.Members[zoneItem]
	for _, n := range b.Nodes {
		zones = append(zones, zoneItem{ZoneName: n.Zone, SubnetID: n.SubnetID})
	}
	return zones
}

type subnetMapping struct {
	SubnetID string `query:"SubnetId,required"`
}

// subnetsInput are the two ways to say which subnets.
type subnetsInput struct {
	Subnets        []string        `query:"Subnets"`
	SubnetMappings []subnetMapping `query:"SubnetMappings"`
}

func (in subnetsInput) ids() ([]string, error) {
	if len(in.Subnets) > 0 && len(in.SubnetMappings) > 0 {
		return nil, invalid("You must specify either subnets or subnet mappings, not both")
	}
	ids := in.Subnets
	for _, m := range in.SubnetMappings {
		ids = append(ids, m.SubnetID)
	}
	return ids, nil
}

type createLoadBalancerInput struct {
	Name string `query:"Name,required"`
	subnetsInput
	SecurityGroups []string  `query:"SecurityGroups"`
	Scheme         string    `query:"Scheme" enum:"internet-facing|internal"`
	Type           string    `query:"Type" enum:"application|network|gateway"`
	Tags           []tag     `query:"Tags" min:"1"`
	_              wire.Only `query:"IpAddressType" only:"ipv4" enum:"ipv4|dualstack|dualstack-without-public-ipv4"`
}

type loadBalancersOutput struct {
	LoadBalancers wire.Members[loadBalancerItem] `xml:"LoadBalancers"`
	NextMarker    string                         `xml:"NextMarker,omitempty"`
}

func createLoadBalancer(tx *world.Tx, c *wire.Call, in *createLoadBalancerInput) (*loadBalancersOutput, error) {
	if in.Type == "network" || in.Type == "gateway" {
		return nil, refuse.NotSimulated("load balancer type %s is not simulated", in.Type)
	}
	subnets, err := in.ids()
	if err != nil {
		return nil, err
	}
	b, err := model.CreateLoadBalancer(tx, model.NewLoadBalancer{Name: in.Name, Scheme: in.Scheme,
		Subnets: subnets, Groups: in.SecurityGroups, Tags: readTags(in.Tags)})
	if err != nil {
		return nil, err
	}
	c.Resource = b.Name
	return &loadBalancersOutput{LoadBalancers: wire.Members[loadBalancerItem]{renderLoadBalancer(b)}}, nil
}

type describeLoadBalancersInput struct {
	Arns  []string `query:"LoadBalancerArns" max:"20"`
	Names []string `query:"Names"`
	paging
}

func describeLoadBalancers(tx *world.Tx, _ *wire.Call, in *describeLoadBalancersInput) (*loadBalancersOutput, error) {
	if len(in.Arns) > 0 && len(in.Names) > 0 {
		return nil, invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
	}
	found, err := described(tx, in.Arns, findDescribedLoadBalancer)
	if err != nil {
		return nil, err
	}
	if len(in.Names) > 0 {
		found, err = named(found, in.Names, func(b *model.LoadBalancer) string { return b.Name }, func(name string) error {
			return world.Missing[model.LoadBalancer](tx, name)
		})
		if err != nil {
			return nil, err
		}
	}
	items, next, err := page(found, in.paging, renderLoadBalancer)
	return &loadBalancersOutput{items, next}, err
}

// findDescribedLoadBalancer differs from FindLoadBalancer in the words of its refusal.
func findDescribedLoadBalancer(tx *world.Tx, arn string) (*model.LoadBalancer, error) {
	if b, ok := world.LookUp[model.LoadBalancer](tx, arn); ok {
		return b, nil
	}
	_, err := model.FindLoadBalancer(tx, arn)
	if refusal, ok := errors.AsType[*refuse.Error](err); ok && refusal.Code == "LoadBalancerNotFound" {
		err = world.Missing[model.LoadBalancer](tx, arn)
	}
	return nil, err
}

// named keeps the objects of those names, all of which must be there.
func named[P any](objects []P, names []string, name func(P) string, missing func(name string) error) ([]P, error) {
	for _, wanted := range names {
		if !slices.ContainsFunc(objects, func(o P) bool { return name(o) == wanted }) {
			return nil, missing(wanted)
		}
	}
	return slices.DeleteFunc(objects, func(o P) bool { return !slices.Contains(names, name(o)) }), nil
}

type loadBalancerArnInput struct {
	Arn string `query:"LoadBalancerArn,required"`
}

type setSubnetsInput struct {
	Arn string `query:"LoadBalancerArn,required"`
	subnetsInput
	_ wire.Only `query:"IpAddressType" only:"ipv4" enum:"ipv4|dualstack|dualstack-without-public-ipv4"`
}

type setSubnetsOutput struct {
	Zones         wire.Members[zoneItem] `xml:"AvailabilityZones"`
	IPAddressType string                 `xml:"IpAddressType"`
}

func setSubnets(tx *world.Tx, _ *wire.Call, in *setSubnetsInput) (*setSubnetsOutput, error) {
	ids, err := in.ids()
	if err != nil {
		return nil, err
	}
	b, err := model.SetSubnets(tx, in.Arn, ids)
	if err != nil {
		return nil, err
	}
	return &setSubnetsOutput{renderZones(b), "ipv4"}, nil
}

type setSecurityGroupsInput struct {
	Arn            string   `query:"LoadBalancerArn,required"`
	SecurityGroups []string `query:"SecurityGroups,required"`
}

type setSecurityGroupsOutput struct {
	SecurityGroupIDs wire.Members[string] `xml:"SecurityGroupIds"`
}

func setSecurityGroups(tx *world.Tx, _ *wire.Call, in *setSecurityGroupsInput) (*setSecurityGroupsOutput, error) {
	b, err := model.SetSecurityGroups(tx, in.Arn, in.SecurityGroups)
	if err != nil {
		return nil, err
	}
	return &setSecurityGroupsOutput{b.Groups}, nil
}

type setIPAddressTypeInput struct {
	Arn string    `query:"LoadBalancerArn,required"`
	_   wire.Only `query:"IpAddressType,required" only:"ipv4" enum:"ipv4|dualstack|dualstack-without-public-ipv4"`
}

type setIPAddressTypeOutput struct {
	IPAddressType string `xml:"IpAddressType"`
}

func setIPAddressType(tx *world.Tx, _ *wire.Call, in *setIPAddressTypeInput) (*setIPAddressTypeOutput, error) {
	_, err := model.FindLoadBalancer(tx, in.Arn)
	return &setIPAddressTypeOutput{"ipv4"}, err
}
