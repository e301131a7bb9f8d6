package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// dryRun is a kind's Removal.DryRun of the one action that deletes its objects.
func dryRun[Out any](action string, call func(context.Context, *awsapi.Clients, string) (Out, error)) map[string]func(context.Context, *awsapi.Clients, resource.Object) error {
	return map[string]func(context.Context, *awsapi.Clients, resource.Object) error{
		action: func(ctx context.Context, c *awsapi.Clients, object resource.Object) error {
			_, err := call(ctx, c, object.ID)
			return err
		},
	}
}

func dryRunVPC(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteVpcOutput, error) {
	return c.EC2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &id, DryRun: aws.Bool(true)})
}

func dryRunInternetGateway(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteInternetGatewayOutput, error) {
	return c.EC2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &id, DryRun: aws.Bool(true)})
}

func dryRunSubnet(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteSubnetOutput, error) {
	return c.EC2.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &id, DryRun: aws.Bool(true)})
}

func dryRunAddress(ctx context.Context, c *awsapi.Clients, id string) (*ec2.ReleaseAddressOutput, error) {
	return c.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &id, DryRun: aws.Bool(true)})
}

func dryRunNATGateway(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteNatGatewayOutput, error) {
	return c.EC2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &id, DryRun: aws.Bool(true)})
}

func dryRunRouteTable(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteRouteTableOutput, error) {
	return c.EC2.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &id, DryRun: aws.Bool(true)})
}

func dryRunSecurityGroup(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteSecurityGroupOutput, error) {
	return c.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id, DryRun: aws.Bool(true)})
}

func dryRunVPCEndpoint(ctx context.Context, c *awsapi.Clients, id string) (*ec2.DeleteVpcEndpointsOutput, error) {
	return c.EC2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}, DryRun: aws.Bool(true)})
}
