package network

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/resource"
)

func TestStatus(t *testing.T) {
	association := func(state types.RouteTableAssociationStateCode) types.RouteTable {
		return types.RouteTable{Associations: []types.RouteTableAssociation{
			{Main: aws.Bool(true)},
			{SubnetId: aws.String("subnet-1"), AssociationState: &types.RouteTableAssociationState{State: state}},
		}}
	}
	attachment := func(state types.AttachmentStatus) types.InternetGateway {
		return types.InternetGateway{Attachments: []types.InternetGatewayAttachment{{VpcId: aws.String("vpc-1"), State: state}}}
	}
	group := types.SecurityGroup{GroupId: aws.String("sg-1")}
	for name, test := range map[string]struct {
		got    resource.Status
		phase  resource.Phase
		reason string
	}{
		"VPC pending":               {vpcStatus(LiveVPC{Vpc: types.Vpc{State: "pending"}, DefaultGroup: group}), resource.Pending, "pending"},
		"VPC without its group":     {vpcStatus(LiveVPC{Vpc: types.Vpc{State: "available"}}), resource.Pending, "its default security group is not listed yet"},
		"VPC available":             {vpcStatus(LiveVPC{Vpc: types.Vpc{State: "available"}, DefaultGroup: group}), resource.Ready, ""},
		"gateway not attached":      {internetGatewayStatus(types.InternetGateway{}), resource.Ready, ""},
		"gateway attaching":         {internetGatewayStatus(attachment("attaching")), resource.Pending, "attaching vpc-1"},
		"gateway attached":          {internetGatewayStatus(attachment("available")), resource.Ready, ""},
		"subnet pending":            {subnetStatus(LiveSubnet{Subnet: types.Subnet{State: "pending"}}), resource.Pending, "pending"},
		"subnet available":          {subnetStatus(LiveSubnet{Subnet: types.Subnet{State: "available"}}), resource.Ready, ""},
		"subnet failed":             {subnetStatus(LiveSubnet{Subnet: types.Subnet{State: "failed"}}), resource.Failed, "failed"},
		"NAT gateway pending":       {natGatewayStatus(types.NatGateway{State: "pending"}), resource.Pending, "pending"},
		"NAT gateway available":     {natGatewayStatus(types.NatGateway{State: "available"}), resource.Ready, ""},
		"NAT gateway deleting":      {natGatewayStatus(types.NatGateway{State: "deleting"}), resource.Deleting, ""},
		"NAT gateway deleted":       {natGatewayStatus(types.NatGateway{State: "deleted"}), resource.Gone, ""},
		"NAT gateway failed":        {natGatewayStatus(types.NatGateway{State: "failed", FailureCode: aws.String("Gateway.NotAttached"), FailureMessage: aws.String("Network vpc-1 has no Internet gateway attached")}), resource.Failed, "Gateway.NotAttached: Network vpc-1 has no Internet gateway attached"},
		"NAT gateway without room":  {natGatewayStatus(types.NatGateway{State: "failed", FailureCode: aws.String("InsufficientFreeAddressesInSubnet"), FailureMessage: aws.String("no room")}), resource.Failed, "InsufficientFreeAddressesInSubnet: no room"},
		"route table alone":         {routeTableStatus(types.RouteTable{}), resource.Ready, ""},
		"route table associating":   {routeTableStatus(association("associating")), resource.Pending, "associating subnet-1"},
		"route table associated":    {routeTableStatus(association("associated")), resource.Ready, ""},
		"endpoint pending":          {vpcEndpointStatus(types.VpcEndpoint{State: "pending"}), resource.Pending, "pending"},
		"endpoint available":        {vpcEndpointStatus(types.VpcEndpoint{State: "available"}), resource.Ready, ""},
		"endpoint as the SDK names": {vpcEndpointStatus(types.VpcEndpoint{State: types.StateAvailable}), resource.Ready, ""},
		"endpoint deleting":         {vpcEndpointStatus(types.VpcEndpoint{State: "deleting"}), resource.Deleting, ""},
		"endpoint deleted":          {vpcEndpointStatus(types.VpcEndpoint{State: "deleted"}), resource.Gone, ""},
		"endpoint failed":           {vpcEndpointStatus(types.VpcEndpoint{State: "failed", LastError: &types.LastError{Code: aws.String("C"), Message: aws.String("m")}}), resource.Failed, "C: m"},
	} {
		// Only what AWS may not have known yet is worth another try.
		transient := name == "NAT gateway failed"
		if test.got != (resource.Status{Phase: test.phase, Reason: test.reason, Transient: transient}) {
			t.Errorf("%s: got %+v", name, test.got)
		}
	}
}
