package network

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Subnet is a part of the VPC's range in one Availability Zone.
type Subnet struct {
	// VPC is what it is a part of.
	VPC resource.Ref
	// CIDR is its range, within the VPC's and apart from every other subnet's.
	CIDR netip.Prefix
	// Zone is the Availability Zone's name, such as "us-east-1a".
	Zone string
	// Public says that its route table leads to the internet gateway. Nothing
	// of the subnet itself follows from it: no subnet gives out public
	// addresses by itself, and load balancers and NAT gateways bring their own.
	Public bool
}

// Refs names the VPC.
func (s Subnet) Refs() []resource.Ref { return []resource.Ref{s.VPC} }

// LiveSubnet is a subnet with what DescribeSubnets doesn't tell of it.
type LiveSubnet struct {
	types.Subnet
	// acl is its network ACL.
	acl subnetACL
}

// inDrill reports whether a failover drill has marked the subnet: until the drill is
// restored, its network ACL is the drill's.
func (l LiveSubnet) inDrill() bool { return awsapi.FromEC2(l.Tags)[awsapi.TagDrill] != "" }

// SubnetKind is the kind of subnets. They have no client token, but a range
// that must be unique in the VPC: a repeated create call is refused, and finds
// what the first one made.
func SubnetKind() resource.Kind[Subnet, LiveSubnet] {
	return resource.Kind[Subnet, LiveSubnet]{
		Traits: resource.Traits{
			Name:       "subnet",
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "vpcconsole#SubnetDetails:subnetId=", List: "vpcconsole#subnets:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces", "ec2:DescribeNetworkAcls"},
				Make:   []string{"ec2:CreateSubnet", "ec2:CreateTags"},
				Change: []string{"ec2:ModifySubnetAttribute", "ec2:ReplaceNetworkAclAssociation"},
				Delete: []string{"ec2:DeleteSubnet"},
			},
			Compared: subnetFields(),
			Quotas:   []resource.Quota{{Service: "vpc", Code: "L-407747CB", Name: "Subnets per VPC", Refusals: []string{"SubnetLimitExceeded"}}},
			Removal:  resource.Removal{Delete: deleteSubnet, Blockers: subnetBlockers, Foreign: foreignToSubnets, DryRun: dryRun("ec2:DeleteSubnet", dryRunSubnet)},
		},
		Reading: resource.Reading[LiveSubnet]{
			List:      listSubnets,
			ListBasic: listBasicSubnets,
			ID:        func(l LiveSubnet) string { return aws.ToString(l.SubnetId) },
			Tags:      func(l LiveSubnet) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status:    subnetStatus,
		},
		Writing: resource.Writing[Subnet, LiveSubnet]{
			Diff:   diffSubnet,
			Create: createSubnet,
			AsCreated: func(call resource.Call[Subnet], id string) LiveSubnet {
				return LiveSubnet{Subnet: types.Subnet{
					SubnetId: &id, VpcId: aws.String(call.IDs.Of(call.Spec.VPC)), CidrBlock: aws.String(call.Spec.CIDR.String()),
					AvailabilityZone: &call.Spec.Zone, State: types.SubnetStateAvailable,
				}}
			},
			Update: updateSubnet,
			Retag:  awsapi.RetagEC2,
		},
	}
}

func subnets(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.Subnet, error) {
	return awsapi.Collect(ctx, ec2.NewDescribeSubnetsPaginator(c.EC2, &ec2.DescribeSubnetsInput{Filters: filters}),
		func(page *ec2.DescribeSubnetsOutput) []types.Subnet { return page.Subnets })
}

func listSubnets(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveSubnet, error) {
	var lives []LiveSubnet
	var acls []types.NetworkAcl
	var g errgroup.Group // others share the network ACLs
	g.Go(func() (err error) { lives, err = listBasicSubnets(ctx, c, owner); return err })
	g.Go(func() (err error) { acls, err = ownedNetworkACLs(ctx, c, owner); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range lives {
		lives[i].acl = aclOf(acls, aws.ToString(lives[i].VpcId), aws.ToString(lives[i].SubnetId))
	}
	return lives, nil
}

// listBasicSubnets leaves out the network ACLs.
func listBasicSubnets(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveSubnet, error) {
	found, err := subnets(ctx, c, awsapi.OwnedBy(owner))
	lives := make([]LiveSubnet, len(found))
	for i, subnet := range found {
		lives[i] = LiveSubnet{Subnet: subnet}
	}
	return lives, err
}

func subnetStatus(l LiveSubnet) resource.Status {
	switch l.State {
	case types.SubnetStateAvailable:
		return resource.Status{Phase: resource.Ready}
	case types.SubnetStateFailed, types.SubnetStateFailedInsufficientCapacity:
		return resource.Status{Phase: resource.Failed, Reason: string(l.State)}
	default:
		return resource.Status{Phase: resource.Pending, Reason: string(l.State)}
	}
}

func diffSubnet(s Subnet, l LiveSubnet, ids resource.IDs) []resource.Change {
	changes := slices.Concat(
		resource.Fixed("VPC", ids.Of(s.VPC), aws.ToString(l.VpcId)),
		resource.Fixed("CIDR", s.CIDR.String(), aws.ToString(l.CidrBlock)),
		resource.Fixed("zone", s.Zone, aws.ToString(l.AvailabilityZone)),
	)
	if aws.ToBool(l.MapPublicIpOnLaunch) {
		changes = append(changes, resource.Change{Field: "public addresses on launch", Want: "false", Have: "true"})
	}
	if l.acl.isOther() && !l.inDrill() {
		changes = append(changes, resource.Change{Field: fieldNetworkACL, Want: l.acl.normal, Have: l.acl.id})
	}
	return changes
}

// fieldNetworkACL is the Change.Field of a subnet's network ACL.
const fieldNetworkACL = "network ACL"

func createSubnet(ctx context.Context, call resource.Call[Subnet]) (string, error) {
	vpc, cidr := call.IDs.Of(call.Spec.VPC), call.Spec.CIDR.String()
	out, err := call.Clients.EC2.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId:             &vpc,
		CidrBlock:         &cidr,
		AvailabilityZone:  &call.Spec.Zone,
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeSubnet, call.Tags),
	})
	if awsapi.HasCode(err, "InvalidSubnet.Conflict") {
		return adoptSubnet(ctx, call, vpc, err)
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Subnet.SubnetId), nil
}

// adoptSubnet finds the subnet of an earlier run of the same call, or names
// the one whose range overlaps.
func adoptSubnet(ctx context.Context, call resource.Call[Subnet], vpc string, conflict error) (string, error) {
	there, err := subnets(ctx, call.Clients, awsapi.Filter(awsapi.FilterVPC, vpc))
	if err != nil {
		return "", err
	}
	for _, other := range there {
		cidr, err := netip.ParsePrefix(aws.ToString(other.CidrBlock))
		switch {
		case err != nil || !cidr.Overlaps(call.Spec.CIDR):
		case cidr == call.Spec.CIDR && madeBy(call, other.Tags):
			call.Unconfirmed()
			return aws.ToString(other.SubnetId), nil
		default:
			return "", fmt.Errorf("the range %s overlaps %s of subnet %s (%s): choose another range, or delete that subnet: %w",
				call.Spec.CIDR, cidr, aws.ToString(other.SubnetId), whose(other.Tags), conflict)
		}
	}
	return "", &awsapi.Unseen{Err: conflict}
}

func updateSubnet(ctx context.Context, call resource.Call[Subnet], l LiveSubnet, _ []resource.Change) error {
	if aws.ToBool(l.MapPublicIpOnLaunch) {
		if _, err := call.Clients.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
			SubnetId: l.SubnetId, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(false)},
		}); err != nil {
			return err
		}
	}
	if !l.acl.isOther() || l.inDrill() {
		return nil
	}
	_, err := call.Clients.EC2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{
		AssociationId: &l.acl.association, NetworkAclId: &l.acl.normal,
	})
	if awsapi.IsNotFound(err) { // it has another one since
		call.Unconfirmed()
		return nil
	}
	return err
}

func deleteSubnet(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &record.ID})
	return err
}

func subnetBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	return gather(ctx, named(networkInterfaces, c, awsapi.Filter(awsapi.FilterSubnet, id), every(nameInterface)))
}

// foreignToSubnets names the subnets in VPCs that are to be deleted, and what is in subnets
// that are to be deleted while their VPC stays. A load balancer's interface isn't named: the
// platform's own leaves the subnet before it goes.
func foreignToSubnets(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	vpcs := deletions.IDs(vpcKind)
	var reads []blockers
	if len(vpcs) > 0 {
		reads = append(reads, subnetsIn(c, vpcs))
	}
	var staying []string
	for _, object := range deletions.Objects {
		if live, ok := object.Live.(LiveSubnet); ok && !slices.Contains(vpcs, aws.ToString(live.VpcId)) {
			staying = append(staying, object.ID)
		}
	}
	if len(staying) > 0 {
		gateways := gatewayInterfaces(deletions)
		reads = append(reads, named(networkInterfaces, c, awsapi.Filter(awsapi.FilterSubnet, staying...), func(i types.NetworkInterface) *resource.Blocker {
			b := nameInterface(i)
			if slices.Contains(gateways, b.ID) || isPart(i) {
				return nil
			}
			if i.Attachment != nil && i.Attachment.InstanceId != nil {
				b.Type, b.ID, b.Name, b.Notes, b.Transient = "instance", *i.Attachment.InstanceId, "", []string{"in " + aws.ToString(i.SubnetId)}, false
			}
			return &b
		}))
	}
	return gather(ctx, reads...)
}

func subnetsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(subnets, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), every(func(l types.Subnet) resource.Blocker {
		return blocker("subnet", l.SubnetId, l.OwnerId, l.Tags, aws.ToString(l.CidrBlock))
	}))
}

// subnetFields declares what is compared of a subnet.
func subnetFields() []resource.Field {
	const fixed = "AWS can't change it: another subnet takes its place"
	return []resource.Field{
		resource.Identity("SubnetId", "SubnetArn", "OwnerId", "State", "AvailabilityZoneId", "AvailableIpAddressCount", "DefaultForAz", "OutpostArn", "Type", "Tags"),
		{Name: "VPC", Of: []string{"VpcId"}, How: resource.Repaired, Why: fixed},
		{Name: "CIDR", Of: []string{"CidrBlock"}, How: resource.Repaired, Why: fixed},
		{Name: "zone", Of: []string{"AvailabilityZone"}, How: resource.Repaired, Why: fixed},
		{Name: "public addresses on launch", Of: []string{"MapPublicIpOnLaunch"}, How: resource.Repaired, Why: "an instance in it would have a way in from the internet"},
		{Name: fieldNetworkACL, Of: []string{}, How: resource.Repaired, Why: "it decides who gets in: the VPC's default one. While a drill is under way the drill's own stays"},
		{Name: "IPv6", Of: []string{"Ipv6CidrBlockAssociationSet", "AssignIpv6AddressOnCreation", "EnableDns64", "Ipv6Native"}, How: resource.Ignored, Why: "no rule of a security group lets IPv6 in or out"},
		{Name: "block public access", Of: []string{"BlockPublicAccessStates"}, How: resource.Ignored, Why: "the account's own setting, not the platform's"},
		{Name: "names on launch, Outposts", Of: []string{"PrivateDnsNameOptionsOnLaunch", "CustomerOwnedIpv4Pool", "MapCustomerOwnedIpOnLaunch", "EnableLniAtDeviceIndex"}, How: resource.Ignored, Why: "they decide neither who is served nor who gets in"},
	}
}
