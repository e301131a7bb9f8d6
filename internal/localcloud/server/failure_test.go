package server_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// subnets are those of the default VPC in its first two zones.
func (c *troubled) subnets() (ids []string) {
	c.Helper()
	out, err := c.ec2.DescribeSubnets(c.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil {
		c.Fatal(err)
	}
	for _, s := range out.Subnets[:2] {
		ids = append(ids, *s.SubnetId)
	}
	return ids
}

// What fails later is accepted first, and only the object says that it failed.
func TestFailures_FailAcceptedObjects(t *testing.T) {
	c := newTroubled(t, faults.Config{Failures: []faults.Failure{
		{Object: "nat-gateway", Nth: 2, Times: 1, Code: "Gateway.NotAttached", Message: "Network has no Internet gateway attached"},
		{Object: "load-balancer", Times: 1},
		{Object: "instance", Zone: region + "b", Code: "Server.InsufficientInstanceCapacity"},
	}})
	ctx, subnets := t.Context(), c.subnets()
	for range 3 {
		address, err := c.ec2.AllocateAddress(ctx, &ec2.AllocateAddressInput{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ec2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &subnets[0], AllocationId: address.AllocationId}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two"} {
		if _, err := c.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &name, Subnets: subnets}); err != nil {
			t.Fatal(err)
		}
	}
	images, err := c.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, subnet := range subnets {
		for _, image := range images.Images {
			if image.Architecture == "x86_64" {
				if _, err := c.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: image.ImageId, InstanceType: "t3.micro", SubnetId: &subnet, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)}); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
	}
	c.clock.Advance(2 * time.Second)

	nats, err := c.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range nats.NatGateways {
		got = append(got, string(n.State)+aws.ToString(n.FailureCode))
	}
	c.expect("NAT gateways", got, "available", "failedGateway.NotAttached", "available")
	balancers, err := c.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, b := range balancers.LoadBalancers {
		got = append(got, string(b.State.Code)+" "+aws.ToString(b.State.Reason))
	}
	c.expect("load balancers", got, "failed The load balancer could not be set up", "active ")
	instances, err := c.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, r := range instances.Reservations {
		reason := ""
		if r.Instances[0].StateReason != nil {
			reason = *r.Instances[0].StateReason.Code
		}
		got = append(got, *r.Instances[0].Placement.AvailabilityZone+" "+string(r.Instances[0].State.Name)+" "+reason)
	}
	c.expect("instances", got, region+"a running ", region+"b terminated Server.InsufficientInstanceCapacity")
}
