package kindtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Network is the least that instances and a load balancer stand on.
type Network struct {
	VPC     string
	Subnets [2]string // in two zones
	Group   string    // a security group
	// OtherGroup is a second one.
	OtherGroup string
}

// MakeNetwork makes a network that carries no tags, so that it isn't the
// platform's. It is left behind, as its endpoint ends with the test.
func (p *Platform) MakeNetwork(t *testing.T) Network {
	t.Helper()
	ctx, api := t.Context(), p.Clients.EC2
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	vpc, err := api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	must("create a VPC", err)
	n := Network{VPC: aws.ToString(vpc.Vpc.VpcId)}
	gateway, err := api.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{})
	must("create an internet gateway", err)
	_, err = api.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
		InternetGatewayId: gateway.InternetGateway.InternetGatewayId, VpcId: &n.VPC,
	})
	must("attach the internet gateway", err)
	for i, zone := range []string{"a", "b"} {
		subnet, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{
			VpcId:            &n.VPC,
			CidrBlock:        aws.String([]string{"10.0.0.0/24", "10.0.1.0/24"}[i]),
			AvailabilityZone: aws.String(p.Owner.Region + zone),
		})
		must("create a subnet", err)
		n.Subnets[i] = aws.ToString(subnet.Subnet.SubnetId)
	}
	for name, id := range map[string]*string{"one": &n.Group, "other": &n.OtherGroup} {
		group, err := api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			VpcId: &n.VPC, GroupName: aws.String("kindtest-" + name), Description: aws.String("for a test"),
		})
		must("create a security group", err)
		*id = aws.ToString(group.GroupId)
	}
	return n
}
