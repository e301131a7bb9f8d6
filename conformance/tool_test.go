//go:build judges

package conformance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// TestTool_JudgedByModels records all that the tool sends through the life of a platform, repairs and changes included, and lets
// botocore's models judge every request and every reply.
func TestTool_JudgedByModels(t *testing.T) {
	c := startCloud(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": c.Endpoint, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": "us-east-1",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	tool := &motoTool{dir: t.TempDir()}
	up := []string{"up", "--no-probe", "--yes"}
	tool.run(t, up...)
	tool.run(t, "status", "--no-probe")

	damage(t, c.Endpoint)
	tool.run(t, "plan")
	if repaired := tool.run(t, up...); repaired["updated"] == 0.0 || repaired["created"] == 0.0 {
		t.Errorf("what was damaged is not repaired: %v", repaired)
	}
	// The paths of a change of the configuration.
	t.Setenv("PLATFORMCTL_WEB_INSTANCES", "3")
	t.Setenv("PLATFORMCTL_NETWORK_EGRESS", "none")
	t.Setenv("PLATFORMCTL_LOAD_BALANCER_IDLE_TIMEOUT", "30s")
	tool.run(t, up...)
	tool.run(t, "down", "--yes")
	if left := c.left(t); len(left) > 0 {
		t.Errorf("after down there are still %q", left)
	}
	c.notSimulated(t)
	judge(t, c.recording)
}

// damage changes a platform behind the tool's back, so that it has to repair what it can.
func damage(t *testing.T, endpoint string) {
	t.Helper()
	ctx := t.Context()
	clients, err := awsapi.Connect(ctx, awsapi.Options{Region: "us-east-1", Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	instances, err := clients.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	must("list the instances", err)
	_, err = clients.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{
		InstanceIds: []string{aws.ToString(instances.Reservations[0].Instances[0].InstanceId)},
	})
	must("terminate an instance", err)
	groups, err := clients.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{awsapi.Filter("tag-key", awsapi.TagPlatform)},
	})
	must("list the security groups", err)
	_, err = clients.EC2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: groups.SecurityGroups[0].GroupId,
		IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
			IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	must("open SSH", err)
	tables, err := clients.EC2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{awsapi.Filter("tag-key", awsapi.TagPlatform)},
	})
	must("list the route tables", err)
	_, err = clients.EC2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
		RouteTableId: tables.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"),
	})
	must("delete a route", err)
	balancers, err := clients.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	must("list the load balancers", err)
	listeners, err := clients.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: balancers.LoadBalancers[0].LoadBalancerArn})
	must("list the listeners", err)
	_, err = clients.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: listeners.Listeners[0].ListenerArn})
	must("delete the listener", err)
}
