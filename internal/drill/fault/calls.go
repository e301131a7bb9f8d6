package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
)

// The calls that more than one scenario makes. Each can be repeated.

// A wait polls after the first pause, and doubles the pause up to the longest: what AWS has done at once is seen at
// once, and what takes minutes costs a call a second.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = time.Second
)

// RestoreTimeout is how long each wait of a restoring may last.
const RestoreTimeout = 10 * time.Minute

// until polls until what is waited for is there.
func until(ctx context.Context, timeout time.Duration, what string, look func(context.Context) (bool, error)) error {
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		done, err := look(waiting)
		if err != nil || done {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-waiting.Done():
			timer.Stop()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("waited %s for %s", timeout, what)
		}
	}
}

// grace is how long a call that was begun may go on after its drill's end.
const grace = 20 * time.Second

// write makes a call that changes something. What has been sent may be carried
// out although nobody waits for the answer any more: then it would come after
// the restoring, and stay. So an end of ctx keeps a call from being begun, but one
// that was begun is still waited for.
func write[Output any](ctx context.Context, call func(context.Context) (Output, error)) (output Output, err error) {
	if err := ctx.Err(); err != nil {
		return output, err
	}
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		late := time.NewTimer(grace)
		defer late.Stop()
		select {
		case <-late.C:
			cancel()
		case <-whole.Done():
		}
	})
	defer stop()
	return call(whole)
}

// markAs tags what is about to be broken.
func markAs(ctx context.Context, c *awsapi.Clients, value string, ids ...string) error {
	_, err := write(ctx, func(ctx context.Context) (*ec2.CreateTagsOutput, error) {
		return c.EC2.CreateTags(ctx, &ec2.CreateTagsInput{
			Resources: ids, Tags: []types.Tag{{Key: aws.String(awsapi.TagDrill), Value: &value}},
		})
	})
	if err != nil {
		return fmt.Errorf("mark %v with the drill: %w", ids, err)
	}
	return nil
}

// unmark takes the tag off what is restored. What is gone needs no tag.
func unmark(ctx context.Context, c *awsapi.Clients, ids ...string) error {
	for _, id := range ids {
		_, err := c.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{
			Resources: []string{id}, Tags: []types.Tag{{Key: aws.String(awsapi.TagDrill)}},
		})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("take the drill's mark off %s: %w", id, err)
		}
	}
	return nil
}

// stateOf is an instance's state; terminated where there is no such instance.
func stateOf(ctx context.Context, c *awsapi.Clients, id string) (types.InstanceStateName, error) {
	out, err := c.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if awsapi.IsNotFound(err) {
		return types.InstanceStateNameTerminated, nil
	}
	if err != nil {
		return "", fmt.Errorf("look at instance %s: %w", id, err)
	}
	for _, reservation := range out.Reservations {
		for _, instance := range reservation.Instances {
			if instance.State != nil {
				return instance.State.Name, nil
			}
		}
	}
	return types.InstanceStateNameTerminated, nil
}

// stop stops an instance, and returns when AWS has begun to.
func stop(ctx context.Context, c *awsapi.Clients, id string) error {
	_, err := write(ctx, func(ctx context.Context) (*ec2.StopInstancesOutput, error) {
		return c.EC2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
	})
	if err != nil {
		return fmt.Errorf("stop instance %s: %w", id, err)
	}
	return nil
}

// start starts an instance that was stopped, and waits until it runs. One that
// was terminated meanwhile stays so, and isn't running: platformctl up makes
// another.
//
// It asks AWS to start it whatever it seems to be: what a look shows may be older
// than the stop, and to start what runs changes nothing.
func start(ctx context.Context, c *awsapi.Clients, id string) (running bool, err error) {
	started := false
	err = until(ctx, RestoreTimeout, "instance "+id+" to run", func(ctx context.Context) (bool, error) {
		if !started {
			_, err := c.EC2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
			switch {
			case awsapi.IsNotFound(err):
				return true, nil
			case err == nil:
				started = true
			case awsapi.Code(err) != "IncorrectInstanceState": // as long as it is stopping, or for good
				return false, fmt.Errorf("start instance %s: %w", id, err)
			}
		}
		state, err := stateOf(ctx, c, id)
		switch {
		case err != nil:
			return false, err
		case state == types.InstanceStateNameTerminated, state == types.InstanceStateNameShuttingDown:
			return true, nil
		case started && state == types.InstanceStateNameStopped:
			started = false // AWS gave it up, or the look is older than the start
		}
		running = started && state == types.InstanceStateNameRunning
		return running, nil
	})
	return running, err
}

func targetsOf(ids []string) []elbtypes.TargetDescription {
	var targets []elbtypes.TargetDescription
	for _, id := range ids {
		targets = append(targets, elbtypes.TargetDescription{Id: aws.String(id), Port: aws.Int32(blueprint.HTTPPort)})
	}
	return targets
}

// TargetStates are the states of a group's targets, by instance.
func TargetStates(ctx context.Context, c *awsapi.Clients, group string) (map[string]string, error) {
	out, err := c.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return nil, fmt.Errorf("look at the targets' health: %w", err)
	}
	states := map[string]string{}
	for _, d := range out.TargetHealthDescriptions {
		if d.Target == nil || d.TargetHealth == nil || d.TargetHealth.Reason == elbtypes.TargetHealthReasonEnumNotRegistered {
			continue
		}
		states[aws.ToString(d.Target.Id)] = string(d.TargetHealth.State)
	}
	return states, nil
}
