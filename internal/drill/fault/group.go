package fault

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// groupResource is what Auto Scaling calls a group where its tags are written.
const groupResource = "auto-scaling-group"

// suspend keeps the group from doing what the entry says. To suspend what is suspended changes nothing.
func suspend(ctx context.Context, c *awsapi.Clients, e Entry) error {
	if len(e.Suspended) == 0 {
		return nil
	}
	_, err := write(ctx, func(ctx context.Context) (*autoscaling.SuspendProcessesOutput, error) {
		return c.AutoScaling.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &e.Group, ScalingProcesses: e.Suspended})
	})
	if err != nil {
		return fmt.Errorf("suspend %s of the Auto Scaling group %s: %w", strings.Join(e.Suspended, " and "), e.Group, err)
	}
	return nil
}

// resume lets the group do again what the entry says was suspended.
func resume(ctx context.Context, c *awsapi.Clients, e Entry) error {
	if len(e.Suspended) == 0 {
		return nil
	}
	_, err := c.AutoScaling.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &e.Group, ScalingProcesses: e.Suspended})
	if err != nil && !groupIsGone(err) {
		return fmt.Errorf("resume %s of the Auto Scaling group %s: %w", strings.Join(e.Suspended, " and "), e.Group, err)
	}
	return nil
}

// groupIsGone says whether a call was refused because there is no such group any more.
// Source: Auto Scaling answers "AutoScalingGroup name not found - AutoScalingGroup X not found" with the code ValidationError.
func groupIsGone(err error) bool {
	return awsapi.IsNotFound(err) || awsapi.Code(err) == codeValidation && strings.Contains(awsapi.Message(err), "not found")
}

const codeValidation = "ValidationError"

// markGroup tags the group with all that restoring needs. Instances that come from it don't get the tag.
func markGroup(ctx context.Context, c *awsapi.Clients, e Entry) error {
	_, err := write(ctx, func(ctx context.Context) (*autoscaling.CreateOrUpdateTagsOutput, error) {
		return c.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{{
			ResourceId: &e.Group, ResourceType: aws.String(groupResource), PropagateAtLaunch: aws.Bool(false),
			Key: aws.String(awsapi.TagDrill), Value: aws.String(e.groupMark()),
		}}})
	})
	if err != nil {
		return fmt.Errorf("mark the Auto Scaling group %s with the drill: %w", e.Group, err)
	}
	return nil
}

func unmarkGroup(ctx context.Context, c *awsapi.Clients, e Entry) error {
	_, err := c.AutoScaling.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []types.Tag{{
		ResourceId: &e.Group, ResourceType: aws.String(groupResource), Key: aws.String(awsapi.TagDrill),
	}}})
	if err != nil && !groupIsGone(err) {
		return fmt.Errorf("take the drill's mark off the Auto Scaling group %s: %w", e.Group, err)
	}
	return nil
}
