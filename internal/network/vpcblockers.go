package network

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// vpcBlockers names all that is in the VPC and was not made with it: its main
// route table, default group and network ACL go with it.
func vpcBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]string, error) {
	inVPC := awsapi.Filter(awsapi.FilterVPC, id)
	return gather(ctx,
		named(networkInterfaces, c, inVPC, nameInterface),
		named(natGateways, c, inVPC, func(l types.NatGateway) string {
			if natGatewayStatus(l).Phase == resource.Gone {
				return ""
			}
			return blocker("NAT gateway", l.NatGatewayId, string(l.State), whose(l.Tags))
		}),
		named(vpcEndpoints, c, inVPC, func(l types.VpcEndpoint) string {
			if vpcEndpointStatus(l).Phase == resource.Gone {
				return ""
			}
			return blocker("VPC endpoint", l.VpcEndpointId, aws.ToString(l.ServiceName), whose(l.Tags))
		}),
		named(subnets, c, inVPC, func(l types.Subnet) string {
			return blocker("subnet", l.SubnetId, aws.ToString(l.CidrBlock), whose(l.Tags))
		}),
		named(routeTables, c, inVPC, func(l types.RouteTable) string {
			if slices.ContainsFunc(l.Associations, isMain) {
				return ""
			}
			return blocker("route table", l.RouteTableId, whose(l.Tags))
		}),
		named(securityGroups, c, inVPC, func(l types.SecurityGroup) string {
			if aws.ToString(l.GroupName) == defaultGroup {
				return ""
			}
			return blocker("security group", l.GroupId, aws.ToString(l.GroupName), whose(l.Tags))
		}),
		named(internetGateways, c, awsapi.Filter(awsapi.FilterAttachedVPC, id), func(l types.InternetGateway) string {
			return blocker("internet gateway", l.InternetGatewayId, "attached", whose(l.Tags))
		}),
	)
}
