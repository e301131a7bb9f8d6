package fault

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/scaling"
)

const (
	lifecycleInService = string(types.LifecycleStateInService)
	lifecycleStandby   = string(types.LifecycleStateStandby)
	lifecycleEntering  = string(types.LifecycleStateEnteringStandby)
)

// standbyScenario takes one instance of an Auto Scaling group out of service as planned maintenance does: on standby it is
// drained, nobody checks it, and the group wants one less meanwhile. Then it stops.
// Source: Amazon EC2 Auto Scaling User Guide, "Temporarily remove instances from your Auto Scaling group".
func standbyScenario(s Scenario) Scenario {
	prepare := s.Prepare
	s.Prepare = func(ctx context.Context, c *awsapi.Clients, e *Entry) error {
		group, err := scaling.Describe(ctx, c, e.Group)
		if err != nil {
			return err
		}
		if group == nil {
			return &Unsteady{Reasons: []string{"there is no Auto Scaling group " + e.Group}}
		}
		if group.Desired-len(e.Victims) < group.Min {
			e.MinSize = &group.Min
		}
		return prepare(ctx, c, e)
	}
	s.Mark = func(ctx context.Context, c *awsapi.Clients, e Entry) error {
		if err := markGroup(ctx, c, e); err != nil {
			return err
		}
		if err := suspend(ctx, c, e); err != nil || e.MinSize == nil {
			return err
		}
		return setMin(ctx, c, e, *e.MinSize-len(e.Victims))
	}
	s.Inject, s.Restore = toStandby, fromStandby
	return s
}

// toStandby returns when the victims are drained and stopping.
func toStandby(ctx context.Context, c *awsapi.Clients, e Entry) error {
	group, err := scaling.Describe(ctx, c, e.Group)
	if err != nil {
		return err
	}
	if serving := e.inLifecycle(group, lifecycleInService); len(serving) > 0 {
		_, err := write(ctx, func(ctx context.Context) (*autoscaling.EnterStandbyOutput, error) {
			return c.AutoScaling.EnterStandby(ctx, &autoscaling.EnterStandbyInput{
				AutoScalingGroupName: &e.Group, InstanceIds: serving, ShouldDecrementDesiredCapacity: aws.Bool(true),
			})
		})
		if err != nil {
			return fmt.Errorf("put %v on standby: %w", serving, err)
		}
	}
	err = until(ctx, drainTimeout, fmt.Sprintf("%v to be drained and on standby", e.Instances()), func(ctx context.Context) (bool, error) {
		states, err := TargetStates(ctx, c, e.TargetGroup)
		if err != nil || slices.ContainsFunc(e.Instances(), func(id string) bool { return states[id] != "" }) {
			return false, err
		}
		group, err := scaling.Describe(ctx, c, e.Group)
		return err == nil && len(e.inLifecycle(group, lifecycleStandby)) == len(e.Victims), err
	})
	if err != nil {
		return err
	}
	for _, id := range e.Instances() {
		if err := stop(ctx, c, id); err != nil {
			return err
		}
	}
	return nil
}

// fromStandby starts the victims and puts them back into service; the group wants one more again with that. Its minimum comes
// after it: before, the group would launch another.
func fromStandby(ctx context.Context, c *awsapi.Clients, e Entry) error {
	for _, id := range e.Instances() {
		if _, err := start(ctx, c, id); err != nil {
			return err
		}
	}
	err := until(ctx, RestoreTimeout, fmt.Sprintf("%v to be back in service", e.Instances()), func(ctx context.Context) (bool, error) {
		group, err := scaling.Describe(ctx, c, e.Group)
		if err != nil || group == nil {
			return true, err
		}
		if waiting := e.inLifecycle(group, lifecycleStandby); len(waiting) > 0 {
			_, err := c.AutoScaling.ExitStandby(ctx, &autoscaling.ExitStandbyInput{AutoScalingGroupName: &e.Group, InstanceIds: waiting})
			if err != nil && !groupIsGone(err) {
				return false, fmt.Errorf("put %v back into service: %w", waiting, err)
			}
			return false, nil
		}
		return len(e.inLifecycle(group, lifecycleEntering)) == 0, nil
	})
	if err != nil {
		return err
	}
	if e.MinSize != nil {
		if err := setMin(ctx, c, e, *e.MinSize); err != nil && !groupIsGone(err) {
			return err
		}
	}
	if err := resume(ctx, c, e); err != nil {
		return err
	}
	return unmarkGroup(ctx, c, e)
}

// inLifecycle are the victims that are in a state; none where there is no group.
func (e Entry) inLifecycle(g *scaling.Group, state string) []string {
	var ids []string
	if g == nil {
		return nil
	}
	for _, m := range g.Members {
		if slices.Contains(e.Instances(), m.Instance) && strings.HasPrefix(m.Lifecycle, state) {
			ids = append(ids, m.Instance)
		}
	}
	return ids
}

// setMin changes the least number of instances that a group may have.
func setMin(ctx context.Context, c *awsapi.Clients, e Entry, least int) error {
	_, err := write(ctx, func(ctx context.Context) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
		return c.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: &e.Group, MinSize: aws.Int32(int32(least)), //nolint:gosec // AWS's own number, or a few less
		})
	})
	if err != nil {
		return fmt.Errorf("set the least size of the Auto Scaling group %s to %d: %w", e.Group, least, err)
	}
	return nil
}
