package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// protection is "cloud protect WHAT NAME" and "cloud unprotect WHAT NAME": WHAT is deletion, of
// the load balancer PLATFORM-NAME; termination or stop, of an instance.
func protection(on bool) func(context.Context, *story, []string) error {
	return func(ctx context.Context, s *story, args []string) error {
		if args[0] == "deletion" {
			return protectBalancer(ctx, s, args[1], on)
		}
		found, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: append(named("instance", args[1]), ec2types.Filter{
			Name: aws.String("instance-state-name"), Values: []string{"running"},
		})})
		if err != nil {
			return err
		}
		if len(found.Reservations) != 1 {
			return fmt.Errorf("%d instances are called %s", len(found.Reservations), args[1])
		}
		in := &ec2.ModifyInstanceAttributeInput{InstanceId: found.Reservations[0].Instances[0].InstanceId}
		value := &ec2types.AttributeBooleanValue{Value: &on}
		switch args[0] {
		case "termination":
			in.DisableApiTermination = value
		case "stop":
			in.DisableApiStop = value
		default:
			return fmt.Errorf("there is no protection against %s", args[0])
		}
		_, err = s.ec2.ModifyInstanceAttribute(ctx, in)
		return err
	}
}

func protectBalancer(ctx context.Context, s *story, name string, on bool) error {
	found, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{name}})
	if err != nil {
		return err
	}
	_, err = s.elb.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: found.LoadBalancers[0].LoadBalancerArn,
		Attributes:      []elbtypes.LoadBalancerAttribute{{Key: aws.String("deletion_protection.enabled"), Value: aws.String(fmt.Sprint(on))}},
	})
	return err
}
