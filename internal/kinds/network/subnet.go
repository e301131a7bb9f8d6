package network

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

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

// SubnetKind is the kind of subnets. They have no client token, but a range
// that must be unique in the VPC: a repeated create call is refused, and finds
// what the first one made.
func SubnetKind() resource.Kind[Subnet, types.Subnet] {
	return resource.Kind[Subnet, types.Subnet]{
		Traits: resource.Traits{
			Name:    "subnet",
			Console: resource.Console{Object: "vpcconsole#SubnetDetails:subnetId=", List: "vpcconsole#subnets:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces"},
				Make:   []string{"ec2:CreateSubnet", "ec2:CreateTags"},
				Change: []string{"ec2:ModifySubnetAttribute"},
				Delete: []string{"ec2:DeleteSubnet"},
			},
			Quotas:  []resource.Quota{{Service: "vpc", Code: "L-407747CB", Name: "Subnets per VPC", Refusals: []string{"SubnetLimitExceeded"}}},
			Removal: resource.Removal{Delete: deleteSubnet, Blockers: subnetBlockers, Foreign: foreignToSubnets, DryRun: dryRun("ec2:DeleteSubnet", dryRunSubnet)},
		},
		Reading: resource.Reading[types.Subnet]{
			List:   owned(subnets),
			ID:     func(l types.Subnet) string { return aws.ToString(l.SubnetId) },
			Tags:   func(l types.Subnet) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: subnetStatus,
		},
		Writing: resource.Writing[Subnet, types.Subnet]{
			Diff:   diffSubnet,
			Create: createSubnet,
			AsCreated: func(call resource.Call[Subnet], id string) types.Subnet {
				return types.Subnet{
					SubnetId: &id, VpcId: aws.String(call.IDs.Of(call.Spec.VPC)), CidrBlock: aws.String(call.Spec.CIDR.String()),
					AvailabilityZone: &call.Spec.Zone, State: types.SubnetStateAvailable,
				}
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

func subnetStatus(l types.Subnet) resource.Status {
	switch l.State {
	case types.SubnetStateAvailable:
		return resource.Status{Phase: resource.Ready}
	case types.SubnetStateFailed, types.SubnetStateFailedInsufficientCapacity:
		return resource.Status{Phase: resource.Failed, Reason: string(l.State)}
	default:
		return resource.Status{Phase: resource.Pending, Reason: string(l.State)}
	}
}

func diffSubnet(s Subnet, l types.Subnet, ids resource.IDs) []resource.Change {
	changes := slices.Concat(
		resource.Fixed("VPC", ids.Of(s.VPC), aws.ToString(l.VpcId)),
		resource.Fixed("CIDR", s.CIDR.String(), aws.ToString(l.CidrBlock)),
		resource.Fixed("zone", s.Zone, aws.ToString(l.AvailabilityZone)),
	)
	if aws.ToBool(l.MapPublicIpOnLaunch) {
		changes = append(changes, resource.Change{Field: "public addresses on launch", Want: "false", Have: "true"})
	}
	return changes
}

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

func updateSubnet(ctx context.Context, call resource.Call[Subnet], l types.Subnet, _ []resource.Change) error {
	if !aws.ToBool(l.MapPublicIpOnLaunch) {
		return nil
	}
	_, err := call.Clients.EC2.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{
		SubnetId: l.SubnetId, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: aws.Bool(false)},
	})
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
		if live, ok := object.Live.(types.Subnet); ok && !slices.Contains(vpcs, aws.ToString(live.VpcId)) {
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
