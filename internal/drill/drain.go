package drill

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
func drainScenario() scenario {
	return scenario{
		effect:  predict.Drains,
		prepare: func(context.Context, *awsapi.Clients, *Entry) error { return nil },
		inject:  drain,
		mend: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.instances() {
				if err := start(ctx, c, id); err != nil {
					return err
				}
			}
			_, err := c.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &e.TargetGroup, Targets: targetsOf(e.instances())})
			// A target group or an instance that is gone is for platformctl up.
			if err != nil && !awsapi.IsNotFound(err) && awsapi.Code(err) != "InvalidTarget" {
				return fmt.Errorf("register %v again: %w", e.instances(), err)
			}
			return unmark(ctx, c, e.instances()...)
		},
	}
}

func drain(ctx context.Context, c *awsapi.Clients, e Entry) error {
	if err := markAs(ctx, c, e.mark(""), e.instances()...); err != nil {
		return err
	}
	_, err := c.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &e.TargetGroup, Targets: targetsOf(e.instances())})
	if err != nil {
		return fmt.Errorf("deregister %v: %w", e.instances(), err)
	}
	err = until(ctx, drainTimeout, fmt.Sprintf("%v to be drained", e.instances()), func(ctx context.Context) (bool, error) {
		states, err := healthOf(ctx, c, e.TargetGroup)
		if err != nil {
			return false, err
		}
		for _, id := range e.instances() {
			if _, there := states[id]; there {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, id := range e.instances() {
		if err := stop(ctx, c, id); err != nil {
			return err
		}
	}
	return nil
}
