package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// group is the only Auto Scaling group of a story.
func (s *story) group(ctx context.Context) (types.AutoScalingGroup, error) {
	out, err := s.scaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		return types.AutoScalingGroup{}, err
	}
	if len(out.AutoScalingGroups) != 1 {
		return types.AutoScalingGroup{}, fmt.Errorf("%d Auto Scaling groups, want one", len(out.AutoScalingGroups))
	}
	return out.AutoScalingGroups[0], nil
}

// suspend stops a process of the group.
func suspend(ctx context.Context, s *story, args []string) error {
	group, err := s.group(ctx)
	if err != nil {
		return err
	}
	_, err = s.scaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: group.AutoScalingGroupName, ScalingProcesses: args})
	return err
}

// protectFromScaleIn protects all instances of the group.
func protectFromScaleIn(ctx context.Context, s *story, _ []string) error {
	group, err := s.group(ctx)
	if err != nil {
		return err
	}
	in := &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: group.AutoScalingGroupName, ProtectedFromScaleIn: aws.Bool(true)}
	for _, instance := range group.Instances {
		if instance.LifecycleState != types.LifecycleStateInService {
			continue // one that drains can't be protected any more
		}
		in.InstanceIds = append(in.InstanceIds, aws.ToString(instance.InstanceId))
	}
	_, err = s.scaling.SetInstanceProtection(ctx, in)
	return err
}

// desired sets the group's desired capacity, and resize its sizes.
func desired(ctx context.Context, s *story, args []string) error {
	group, err := s.group(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(args[0], 10, 32)
	if err != nil {
		return err
	}
	_, err = s.scaling.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: group.AutoScalingGroupName, DesiredCapacity: aws.Int32(int32(n))})
	return err
}

// resizeGroup sets what the configuration sets, otherwise.
func resizeGroup(ctx context.Context, s *story, args []string) error {
	group, err := s.group(ctx)
	if err != nil {
		return err
	}
	least, errMin := strconv.ParseInt(args[0], 10, 32)
	most, errMax := strconv.ParseInt(args[1], 10, 32)
	if err := errors.Join(errMin, errMax); err != nil {
		return err
	}
	_, err = s.scaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: group.AutoScalingGroupName, MinSize: aws.Int32(int32(least)), MaxSize: aws.Int32(int32(most)),
	})
	return err
}

// refreshToFirstVersion begins an instance refresh of the group to the first version of its launch template.
func refreshToFirstVersion(ctx context.Context, s *story) error {
	group, err := s.group(ctx)
	if err != nil {
		return err
	}
	_, err = s.scaling.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: group.AutoScalingGroupName,
		DesiredConfiguration: &types.DesiredConfiguration{LaunchTemplate: &types.LaunchTemplateSpecification{
			LaunchTemplateId: group.LaunchTemplate.LaunchTemplateId, Version: aws.String("1"),
		}},
	})
	return err
}

// inventoryOfScaling lists what launches instances.
func inventoryOfScaling(ctx context.Context, s *story, add func(string, *string)) error {
	groups, err := s.scaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		return err
	}
	for _, g := range groups.AutoScalingGroups {
		add("Auto Scaling group", g.AutoScalingGroupName)
	}
	templates, err := s.ec2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})
	if err != nil {
		return err
	}
	for _, t := range templates.LaunchTemplates {
		add("launch template", t.LaunchTemplateId)
	}
	return nil
}
