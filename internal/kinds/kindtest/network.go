package kindtest

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Network is the least that instances and a load balancer depend on.
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
	p.openToInternet(t, n, aws.ToString(gateway.InternetGateway.InternetGatewayId))
	return n
}

// openToInternet leads all of the VPC out through the gateway, and lets HTTP in.
func (p *Platform) openToInternet(t *testing.T, n Network, gateway string) {
	t.Helper()
	ctx, api := t.Context(), p.Clients.EC2
	tables, err := api.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{
		awsapi.Filter("vpc-id", n.VPC), awsapi.Filter("association.main", "true"),
	}})
	if err != nil {
		t.Fatalf("find the main route table: %v", err)
	}
	if _, err := api.CreateRoute(ctx, &ec2.CreateRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String(anywhere), GatewayId: &gateway,
	}); err != nil {
		t.Fatalf("route to the internet gateway: %v", err)
	}
	for _, group := range []string{n.Group, n.OtherGroup} {
		if _, err := api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &group,
			IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
				IpRanges: []types.IpRange{{CidrIp: aws.String(anywhere)}},
			}},
		}); err != nil {
			t.Fatalf("let HTTP in: %v", err)
		}
	}
}

const (
	anywhere = "0.0.0.0/0"
	image    = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
	// webServer installs a web server whose /healthz is fine.
	webServer = `#cloud-config
packages: [nginx]
write_files:
  - {path: /usr/share/nginx/html/healthz, defer: true, content: ok}
runcmd: [systemctl enable --now nginx]
`
)

// RunInstance runs a web server with a public address in the first subnet, and
// waits until it is running. Its tags say whose it is.
func (p *Platform) RunInstance(t *testing.T, n Network, tags map[string]string) string {
	t.Helper()
	ctx, api := t.Context(), p.Clients.EC2
	parameter, err := p.Clients.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(image)})
	if err != nil {
		t.Fatalf("find an image: %v", err)
	}
	out, err := api.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: parameter.Parameter.Value, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(webServer))),
		NetworkInterfaces: []types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: &n.Subnets[0], Groups: []string{n.Group}, AssociatePublicIpAddress: aws.Bool(true),
		}},
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeInstance, tags),
	})
	if err != nil {
		t.Fatalf("run an instance: %v", err)
	}
	id := aws.ToString(out.Instances[0].InstanceId)
	running := ec2.NewInstanceRunningWaiter(api, func(o *ec2.InstanceRunningWaiterOptions) { o.MinDelay, o.MaxDelay = tick, tick })
	if err := running.Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}}, patience); err != nil {
		t.Fatalf("wait for instance %s: %v", id, err)
	}
	return id
}
