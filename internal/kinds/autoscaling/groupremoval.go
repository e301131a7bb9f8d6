package autoscaling

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// deleteGroup deletes a group with all its instances. Where requests reach them, it first has them drained: it asks for none, and
// refuses as AWS does while some are there. Deleted by force, they would go with the requests that they have.
func deleteGroup(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	group, err := describeGroup(ctx, c, record.ID)
	switch {
	case err != nil:
		return err
	case group == nil:
		return errGone(record.ID)
	case group.Status != nil:
		return nil // it is going
	}
	entered, err := isEntered(ctx, c, *group)
	if err != nil {
		return err
	}
	if draining := registered(*group); entered && len(draining) > 0 {
		if err := scaleToZero(ctx, c, *group); err != nil {
			return err
		}
		return &awsapi.InUse{Err: fmt.Errorf("%s to end, with the requests that they have", instances(len(draining)))}
	}
	_, err = c.AutoScaling.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: &record.ID, ForceDelete: aws.Bool(len(group.Instances) > 0),
	})
	if awsapi.HasCode(err, "ScalingActivityInProgress") {
		return &awsapi.InUse{Err: err}
	}
	return err
}

// isEntered reports whether a load balancer sends requests to one of the group's target groups.
func isEntered(ctx context.Context, c *awsapi.Clients, group types.AutoScalingGroup) (bool, error) {
	arns := targetGroupsOf(group)
	if len(arns) == 0 {
		return false, nil
	}
	out, err := c.ELB.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: arns})
	if awsapi.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look whether requests reach the Auto Scaling group %s: %w", aws.ToString(group.AutoScalingGroupName), err)
	}
	for _, targets := range out.TargetGroups {
		if len(targets.LoadBalancerArns) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// registered are the IDs of the instances that may have requests: those in standby have none.
func registered(group types.AutoScalingGroup) []string {
	var ids []string
	for _, instance := range group.Instances {
		if instance.LifecycleState != types.LifecycleStateStandby {
			ids = append(ids, aws.ToString(instance.InstanceId))
		}
	}
	return ids
}

// protectedAtOnce is how many instances SetInstanceProtection takes at once.
const protectedAtOnce = 50

// scaleToZero asks a group to end its instances, once: also those that are protected from it, and while nobody lets it.
func scaleToZero(ctx context.Context, c *awsapi.Clients, group types.AutoScalingGroup) error {
	name := group.AutoScalingGroupName
	if aws.ToInt32(group.MaxSize) > 0 {
		if _, err := c.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: name, MinSize: aws.Int32(0), MaxSize: aws.Int32(0), DesiredCapacity: aws.Int32(0),
			NewInstancesProtectedFromScaleIn: aws.Bool(false),
		}); err != nil {
			return err
		}
	}
	var protected []string
	for _, instance := range group.Instances {
		if aws.ToBool(instance.ProtectedFromScaleIn) && instance.LifecycleState == types.LifecycleStateInService {
			protected = append(protected, aws.ToString(instance.InstanceId))
		}
	}
	for batch := range slices.Chunk(protected, protectedAtOnce) {
		if _, err := c.AutoScaling.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: name, InstanceIds: batch, ProtectedFromScaleIn: aws.Bool(false),
		}); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(group.SuspendedProcesses, func(p types.SuspendedProcess) bool { return aws.ToString(p.ProcessName) == "Terminate" }) {
		_, err := c.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: name, ScalingProcesses: []string{"Terminate"}})
		return err
	}
	return nil
}

// protectedGroups names those that somebody protected from deletion.
func protectedGroups(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	var blockers []resource.Blocker
	for _, object := range objects {
		live, ok := object.Live.(LiveGroup)
		if !ok || live.DeletionProtection == "" || live.DeletionProtection == types.DeletionProtectionNone {
			continue
		}
		blockers = append(blockers, resource.Blocker{
			Type: "Auto Scaling group", ID: object.ID, Name: object.Tags[awsapi.TagName], Protection: "deletion protection",
			Lift: c.Command("autoscaling update-auto-scaling-group --auto-scaling-group-name " + object.ID + " --deletion-protection none"),
		})
	}
	return blockers, ctx.Err()
}
