package server_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/guest/sandbox"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/testenv"
)

// patience is how long a test waits for what the local cloud does by itself.
const patience = 30 * time.Second

const region = "eu-west-1"

// sdk is a real SDK's clients.
type sdk struct {
	ec2 *ec2.Client
	elb *elb.Client
	ssm *ssm.Client
}

// clients talk to an endpoint. They keep no connections, so that none outlives a test.
func clients(endpoint string) sdk {
	c := aws.Config{Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), HTTPClient: oneShot()}
	return sdk{ec2.NewFromConfig(c), elb.NewFromConfig(c), ssm.NewFromConfig(c)}
}

func oneShot() *http.Client {
	client := localcloudtest.Client()
	client.Timeout = patience
	return client
}

// must is for calls whose failure ends the test.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// eventually calls f until it returns "", the answer to what it still waits for.
func eventually(t *testing.T, f func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		missing := f()
		if missing == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v for: %s", patience, missing)
		}
	}
}

// image is the ID of the newest image of Amazon Linux.
func (c sdk) image(t *testing.T) *string {
	t.Helper()
	return must(c.ssm.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")}))(t).Parameter.Value
}

// platform is a small platform: two zones, one instance in each, a load balancer.
type platform struct {
	vpc           string
	subnets       []string // public, one a zone
	web           string   // security group of the instances
	instances     []string
	loadBalancer  string // ARN
	dnsName       string
	targetGroup   string // ARN
	tableOfRoutes string // of the public subnets
}

// userData is a web server that says which instance it is.
const userData = `## template: jinja
#cloud-config
packages: [nginx]
write_files:
  - path: /usr/share/nginx/html/index.html
    content: "{{ v1.instance_id }}\n"
    defer: true
runcmd:
  - [systemctl, enable, --now, nginx]
`

// build makes a platform as a user of the API would. Its instances get their packages
// over a gateway endpoint.
func build(t *testing.T, c sdk) platform { return buildWith(t, c, userData) }

func buildWith(t *testing.T, c sdk, userData string) platform {
	t.Helper()
	ctx := t.Context()
	tags := func(kind ec2types.ResourceType) []ec2types.TagSpecification {
		return []ec2types.TagSpecification{{ResourceType: kind, Tags: []ec2types.Tag{{Key: aws.String("platformctl:platform"), Value: aws.String("shop")}}}}
	}
	var p platform
	p.vpc = *must(c.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: tags("vpc")}))(t).Vpc.VpcId
	gateway := must(c.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{}))(t).InternetGateway.InternetGatewayId
	must(c.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: gateway, VpcId: &p.vpc}))(t)
	public := must(c.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &p.vpc}))(t).RouteTable.RouteTableId
	private := must(c.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &p.vpc}))(t).RouteTable.RouteTableId
	p.tableOfRoutes = *public
	must(c.ec2.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: public, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: gateway}))(t)
	must(c.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &p.vpc, VpcEndpointType: ec2types.VpcEndpointTypeGateway,
		ServiceName: aws.String("com.amazonaws." + region + ".s3"), RouteTableIds: []string{*private}}))(t)

	group := func(name string) string {
		return *must(c.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: &p.vpc, GroupName: &name, Description: &name}))(t).GroupId
	}
	front := group("front")
	p.web = group("web")
	must(c.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &front, IpPermissions: []ec2types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}}))(t)
	must(c.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &p.web, IpPermissions: []ec2types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80), UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &front}}}}}))(t)

	image := c.image(t)
	for i, zone := range []string{region + "a", region + "b"} {
		subnet := func(third int, table *string) string {
			s := must(c.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &p.vpc, AvailabilityZone: &zone, CidrBlock: aws.String(fmt.Sprintf("10.0.%d.0/24", third))}))(t).Subnet.SubnetId
			must(c.ec2.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: s}))(t)
			return *s
		}
		p.subnets = append(p.subnets, subnet(i, public))
		inside := subnet(100+i, private)
		run := must(c.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: image, InstanceType: ec2types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			SubnetId: &inside, SecurityGroupIds: []string{p.web}, UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(userData))), TagSpecifications: tags("instance")}))(t)
		p.instances = append(p.instances, *run.Instances[0].InstanceId)
	}

	p.targetGroup = *must(c.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: aws.String("shop"), Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &p.vpc,
		HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2), HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2)}))(t).TargetGroups[0].TargetGroupArn
	balancer := must(c.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("shop"), Subnets: p.subnets, SecurityGroups: []string{front}}))(t).LoadBalancers[0]
	p.loadBalancer, p.dnsName = *balancer.LoadBalancerArn, *balancer.DNSName
	must(c.elb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: &p.loadBalancer, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &p.targetGroup}}}))(t)

	eventually(t, func() string {
		for _, r := range must(c.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: p.instances}))(t).Reservations {
			if i := r.Instances[0]; i.State.Name != ec2types.InstanceStateNameRunning {
				return *i.InstanceId + " to run"
			}
		}
		return ""
	})
	for _, id := range p.instances {
		must(c.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &p.targetGroup, Targets: []elbtypes.TargetDescription{{Id: &id}}}))(t)
	}
	return p
}

// healthy waits until all targets are.
func (p platform) healthy(t *testing.T, c sdk) {
	t.Helper()
	eventually(t, func() string {
		targets := must(c.elb.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &p.targetGroup}))(t).TargetHealthDescriptions
		if len(targets) != len(p.instances) {
			return fmt.Sprintf("%d targets, there are %d", len(p.instances), len(targets))
		}
		for _, target := range targets {
			if h := target.TargetHealth; h.State != elbtypes.TargetHealthStateEnumHealthy {
				return fmt.Sprintf("%s to be healthy: it is %s: %s %s", *target.Target.Id, h.State, h.Reason, aws.ToString(h.Description))
			}
		}
		return ""
	})
}

// served fetches the page until all instances have answered.
func (p platform) served(t *testing.T, status func() endpoint.Status) string {
	t.Helper()
	seen, address := map[string]bool{}, ""
	eventually(t, func() string {
		if address = addressOf(status(), p.dnsName, 80); address == "" {
			return "the listener's address"
		}
		response, err := oneShot().Get("http://" + address + "/")
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		body := must(io.ReadAll(response.Body))(t)
		if response.StatusCode == http.StatusOK {
			seen[strings.TrimSpace(string(body))] = true
		}
		for _, id := range p.instances {
			if !seen[id] {
				return fmt.Sprintf("an answer of %s; the last was %s: %s", id, response.Status, body)
			}
		}
		return ""
	})
	return address
}

func addressOf(s endpoint.Status, dnsName string, port int) string {
	for _, b := range s.LoadBalancers {
		for _, l := range b.Listeners {
			if b.DNSName == dnsName && l.Port == port {
				return l.Address
			}
		}
	}
	return ""
}

func TestPlatform_CarriesTraffic(t *testing.T) {
	t.Parallel()
	carriesTraffic(t, "")
}

func TestPlatform_CarriesTrafficWithInstalledNginx(t *testing.T) {
	t.Parallel()
	carriesTraffic(t, machineNginx(t))
}

// machineNginx is this machine's nginx, which needs the walls that keep it in.
func machineNginx(t *testing.T) string {
	t.Helper()
	if err := sandbox.Supported(); err != nil {
		testenv.Missing(t, "landlock", err)
	}
	return testenv.Program(t, "nginx")
}

func carriesTraffic(t *testing.T, nginx string) {
	t.Helper()
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Nginx = nginx })
	status := func() endpoint.Status { return must(cloud.Status())(t) }
	c := clients(cloud.Endpoint)
	p := build(t, c)
	p.healthy(t, c)
	p.served(t, status)
	if s := status(); len(s.Platforms) != 1 || s.Platforms[0] != "shop" || len(s.LoadBalancers) != 1 || s.LoadBalancers[0].Name != "shop" {
		t.Errorf("status %+v", s)
	}
	console := must(c.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &p.instances[0]}))(t)
	if text := must(base64.StdEncoding.DecodeString(*console.Output))(t); !strings.Contains(string(text), "cloud-init") {
		t.Errorf("console:\n%s", text)
	}
}

func TestInstance_FailsToBootWithoutRouteOut(t *testing.T) {
	t.Parallel()
	cloud := localcloudtest.Start(t)
	c := clients(cloud.Endpoint)
	subnet := must(c.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{}))(t).Subnets[0]
	table := must(c.ec2.CreateRouteTable(t.Context(), &ec2.CreateRouteTableInput{VpcId: subnet.VpcId}))(t).RouteTable
	must(c.ec2.AssociateRouteTable(t.Context(), &ec2.AssociateRouteTableInput{RouteTableId: table.RouteTableId, SubnetId: subnet.SubnetId}))(t)
	run := must(c.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: c.image(t), InstanceType: ec2types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		SubnetId: subnet.SubnetId, UserData: aws.String(base64.StdEncoding.EncodeToString([]byte(userData)))}))(t)
	eventually(t, func() string {
		out := must(c.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: run.Instances[0].InstanceId}))(t)
		text := must(base64.StdEncoding.DecodeString(aws.ToString(out.Output)))(t)
		if strings.Contains(string(text), "Curl error (28)") && strings.Contains(string(text), "no way out") {
			return ""
		}
		return "the console to say why nginx is missing; it says\n" + string(text)
	})
}

func TestPlatform_SurvivesKill(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	first := localcloudtest.Ensure(t, home)
	c := clients(first.Endpoint)
	p := build(t, c)
	p.healthy(t, c)
	status := func() endpoint.Status {
		s, _ := daemon.Running(t.Context(), home)
		return s
	}
	address := p.served(t, status)

	localcloudtest.Kill(t, first)
	if _, err := oneShot().Get("http://" + address + "/"); err == nil {
		t.Error("the killed cloud's listener still answers")
	}
	if second := localcloudtest.Ensure(t, home); second.Endpoint != first.Endpoint || addressOf(second, p.dnsName, 80) != address {
		t.Errorf("restarted as %+v, was at %s", second, address)
	}
	p.healthy(t, c)
	p.served(t, status)
	if stopped, err := daemon.Stop(t.Context(), home); err != nil || !stopped {
		t.Errorf("stopped: %t, %v", stopped, err)
	}
}
