package fault

import (
	"context"
	"fmt"
	"time"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// drainTimeout is more than the longest deregistration delay.
const drainTimeout = time.Hour + 5*time.Minute

// drainScenario takes one instance out of service as planned maintenance does:
// its target is deregistered, it finishes what it has, and only then it stops.
func drainScenario() Scenario {
	return Scenario{
		Effect:  predict.Drains,
		Prepare: prepareStop,
		Mark:    markVictims,
		Inject:  drain,
		Restore: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.Instances() {
				if err := register(ctx, c, e.TargetGroup, id); err != nil {
					return err
				}
			}
			return unmark(ctx, c, e.Instances()...)
		},
	}
}

func drain(ctx context.Context, c *awsapi.Clients, e Entry) error {
	_, err := write(ctx, func(ctx context.Context) (*elb.DeregisterTargetsOutput, error) {
		return c.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &e.TargetGroup, Targets: targetsOf(e.Instances())})
	})
	if err != nil {
		return fmt.Errorf("deregister %v: %w", e.Instances(), err)
	}
	err = until(ctx, drainTimeout, fmt.Sprintf("%v to be drained", e.Instances()), func(ctx context.Context) (bool, error) {
		states, err := TargetStates(ctx, c, e.TargetGroup)
		if err != nil {
			return false, err
		}
		for _, id := range e.Instances() {
			if _, there := states[id]; there {
				return false, nil
			}
		}
		return true, nil
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

// register starts an instance and registers it again. Elastic Load Balancing may
// hear later than others that it runs. A target group or an instance that is
// gone is for platformctl up.
func register(ctx context.Context, c *awsapi.Clients, group, id string) error {
	return until(ctx, RestoreTimeout, "instance "+id+" to be taken as a target", func(ctx context.Context) (bool, error) {
		running, err := start(ctx, c, id)
		if err != nil || !running {
			return true, err
		}
		_, err = c.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: targetsOf([]string{id})})
		switch {
		case err == nil, awsapi.IsNotFound(err):
			return true, nil
		case awsapi.Code(err) == "InvalidTarget":
			return false, nil
		}
		return false, fmt.Errorf("register %s again: %w", id, err)
	})
}
