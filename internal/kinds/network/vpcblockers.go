package network

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// vpcKind is the name of the kind that all others here are in.
const vpcKind = "vpc"

// vpcBlockers names all that is in the VPC and was not made with it: its main
// route table, default group and network ACL go with it.
func vpcBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	var reads []blockers
	for _, inVPC := range []func(*awsapi.Clients, []string) blockers{
		interfacesIn, natGatewaysIn, vpcEndpointsIn, subnetsIn, routeTablesIn, securityGroupsIn, networkACLsIn, internetGatewaysIn,
	} {
		reads = append(reads, inVPC(c, []string{id}))
	}
	return gather(ctx, reads...)
}

// foreignToVPC names what is in the VPCs and is of no kind that we make, and
// VPCs of ours that lost their tags.
func foreignToVPC(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	ids := deletions.IDs(vpcKind)
	if len(ids) == 0 {
		return nil, nil
	}
	gateways := gatewayInterfaces(deletions)
	interfaces := func(ctx context.Context) ([]resource.Blocker, error) {
		found, err := interfacesIn(c, ids)(ctx)
		return slices.DeleteFunc(found, func(b resource.Blocker) bool { return slices.Contains(gateways, b.ID) }), err
	}
	reads := []blockers{interfaces, networkACLsIn(c, ids)}
	if missing := deletions.MissingIDs(vpcKind); len(missing) > 0 {
		reads = append(reads, named(vpcs, c, awsapi.Filter(awsapi.FilterVPC, missing...), every(func(l types.Vpc) resource.Blocker {
			return blocker("VPC", l.VpcId, l.OwnerId, l.Tags, aws.ToString(l.CidrBlock))
		})))
	}
	return gather(ctx, reads...)
}

func interfacesIn(c *awsapi.Clients, vpcs []string) blockers {
	return func(ctx context.Context) ([]resource.Blocker, error) {
		found, err := awsapi.InterfacesIn(ctx, c, vpcs)
		blockers := make([]resource.Blocker, len(found))
		for i := range found {
			blockers[i] = nameInterface(found[i])
		}
		return blockers, err
	}
}

func natGatewaysIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(natGateways, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.NatGateway) *resource.Blocker {
		b := blocker("NAT gateway", l.NatGatewayId, nil, l.Tags, string(l.State))
		return unlessGone(b, natGatewayStatus(l))
	})
}

func vpcEndpointsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(vpcEndpoints, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.VpcEndpoint) *resource.Blocker {
		b := blocker("VPC endpoint", l.VpcEndpointId, l.OwnerId, l.Tags, aws.ToString(l.ServiceName))
		return unlessGone(b, vpcEndpointStatus(l))
	})
}

func subnetsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(subnets, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), every(func(l types.Subnet) resource.Blocker {
		return blocker("subnet", l.SubnetId, l.OwnerId, l.Tags, aws.ToString(l.CidrBlock))
	}))
}

func routeTablesIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(routeTables, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.RouteTable) *resource.Blocker {
		if slices.ContainsFunc(l.Associations, isMain) {
			return nil
		}
		b := blocker("route table", l.RouteTableId, l.OwnerId, l.Tags)
		return &b
	})
}

// securityGroupsIn names the default group, too, where its rules name another:
// that one can't be deleted then.
func securityGroupsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(securityGroups, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.SecurityGroup) *resource.Blocker {
		b := blocker("security group", l.GroupId, l.OwnerId, l.Tags, aws.ToString(l.GroupName))
		others := namedGroups(l)
		if len(others) > 0 {
			b.Notes = append(b.Notes, "its rules name "+strings.Join(others, " and "))
		}
		if aws.ToString(l.GroupName) == defaultGroup && len(others) == 0 {
			return nil
		}
		return &b
	})
}

// namedGroups are the other groups that a group's rules name.
func namedGroups(l types.SecurityGroup) []string {
	var others []string
	for _, permission := range slices.Concat(l.IpPermissions, l.IpPermissionsEgress) {
		for _, pair := range permission.UserIdGroupPairs {
			if id := aws.ToString(pair.GroupId); id != aws.ToString(l.GroupId) {
				others = append(others, id)
			}
		}
	}
	slices.Sort(others)
	return slices.Compact(others)
}

func networkACLs(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.NetworkAcl, error) {
	return awsapi.Collect(ctx,
		ec2.NewDescribeNetworkAclsPaginator(c.EC2, &ec2.DescribeNetworkAclsInput{Filters: filters}),
		func(page *ec2.DescribeNetworkAclsOutput) []types.NetworkAcl { return page.NetworkAcls })
}

func networkACLsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(networkACLs, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.NetworkAcl) *resource.Blocker {
		if aws.ToBool(l.IsDefault) {
			return nil
		}
		b := blocker("network ACL", l.NetworkAclId, l.OwnerId, l.Tags)
		return &b
	})
}

// foreignInternetGateways doesn't ask of VPCs that have a gateway which is to be
// deleted: there can't be another.
func foreignInternetGateways(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	ids := deletions.IDs(vpcKind)
	for _, object := range deletions.Objects {
		if live, ok := object.Live.(types.InternetGateway); ok {
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == attachedTo(live) })
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return internetGatewaysIn(c, ids)(ctx)
}

func internetGatewaysIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(internetGateways, c, awsapi.Filter(awsapi.FilterAttachedVPC, vpcs...), every(func(l types.InternetGateway) resource.Blocker {
		return blocker("internet gateway", l.InternetGatewayId, l.OwnerId, l.Tags, "attached")
	}))
}

// unlessGone leaves out what AWS still lists after it was deleted.
func unlessGone(b resource.Blocker, status resource.Status) *resource.Blocker {
	if status.Phase == resource.Gone {
		return nil
	}
	b.Transient = status.Phase == resource.Deleting
	return &b
}
