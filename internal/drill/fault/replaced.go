package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/scaling"
)

// This file has what changes of a scenario where the victims are in an Auto Scaling group.

// grouped is a scenario with what the group does about it, by the entry.
func grouped(s Scenario, e Entry) Scenario {
	if e.Scenario == Drain {
		return standbyScenario(s)
	}
	restore, mark := s.Restore, s.Mark
	s.Prepare = inGroup(s.Prepare)
	s.Mark = func(ctx context.Context, c *awsapi.Clients, e Entry) error {
		if e.Scenario == Zone {
			if err := mark(ctx, c, e); err != nil {
				return err
			}
		}
		if err := markGroup(ctx, c, e); err != nil {
			return err
		}
		return suspend(ctx, c, e)
	}
	s.Restore = func(ctx context.Context, c *awsapi.Clients, e Entry) error {
		if e.Replace {
			replaces, err := stillReplaces(ctx, c, e)
			if err != nil {
				return err
			}
			if replaces {
				return unmarkGroup(ctx, c, e)
			}
		}
		err := restore(ctx, c, e)
		if err == nil {
			err = settle(ctx, c, e)
		}
		// Whatever became of it: a group that doesn't heal itself is worse than an instance that it replaces.
		resuming, cancel := context.WithTimeout(context.WithoutCancel(ctx), resumeTimeout)
		defer cancel()
		if err := errors.Join(err, resume(resuming, c, e)); err != nil {
			return err
		}
		return unmarkGroup(ctx, c, e)
	}
	return s
}

// resumeTimeout is how long it may take to let a group do its work again.
const resumeTimeout = time.Minute

// inGroup is what has to be known of the group before a drill, and what speaks against it.
func inGroup(prepare func(context.Context, *awsapi.Clients, *Entry) error) func(context.Context, *awsapi.Clients, *Entry) error {
	return func(ctx context.Context, c *awsapi.Clients, e *Entry) error {
		if e.Replace {
			group, err := scaling.Describe(ctx, c, e.Group)
			if err != nil {
				return err
			}
			if group == nil {
				return &Unsteady{Reasons: []string{"there is no Auto Scaling group " + e.Group}}
			}
			if off := group.Lacks(); len(off) > 0 {
				return &Unsteady{Reasons: []string{fmt.Sprintf("the Auto Scaling group would not replace what is broken: %s suspended; resume, or add --keep-instance",
					strings.Join(off, " and ")+map[bool]string{true: " is", false: " are"}[len(off) == 1])}}
			}
		}
		return prepare(ctx, c, e)
	}
}

// stillReplaces says whether the group replaces the victims, so that nothing is to be restored. It doesn't where it is gone,
// or where somebody suspended its processes meanwhile.
func stillReplaces(ctx context.Context, c *awsapi.Clients, e Entry) (bool, error) {
	group, err := scaling.Describe(ctx, c, e.Group)
	if err != nil || group == nil {
		return false, err
	}
	return len(group.Lacks()) == 0, nil
}

// settle waits until the group would find nothing wrong with what was restored: else it would replace it the moment its
// processes are resumed. It takes back what the group noticed before they were suspended.
func settle(ctx context.Context, c *awsapi.Clients, e Entry) error {
	if len(e.Suspended) == 0 {
		return nil
	}
	err := until(ctx, RestoreTimeout, fmt.Sprintf("the targets of %s to be healthy", e.Group), func(ctx context.Context) (bool, error) {
		group, err := scaling.Describe(ctx, c, e.Group)
		if err != nil || group == nil {
			return true, err
		}
		states, err := TargetStates(ctx, c, e.TargetGroup)
		if err != nil {
			return awsapi.IsNotFound(err), ignoreNotFound(err)
		}
		for _, m := range group.Members {
			if e.concerns(m.Instance) && m.Lifecycle == lifecycleInService && states[m.Instance] != string(elbtypes.TargetHealthStateEnumHealthy) {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	group, err := scaling.Describe(ctx, c, e.Group)
	if err != nil || group == nil {
		return err
	}
	for _, m := range group.Members {
		if !e.concerns(m.Instance) || m.Health != scaling.Unhealthy {
			continue
		}
		_, err := c.AutoScaling.SetInstanceHealth(ctx, &autoscaling.SetInstanceHealthInput{
			InstanceId: &m.Instance, HealthStatus: aws.String(scaling.Healthy), ShouldRespectGracePeriod: aws.Bool(false),
		})
		if err != nil && !groupIsGone(err) {
			return fmt.Errorf("tell the Auto Scaling group that %s is healthy: %w", m.Instance, err)
		}
	}
	return nil
}

func ignoreNotFound(err error) error {
	if awsapi.IsNotFound(err) {
		return nil
	}
	return err
}

// concerns says whether an entry is about an instance. One whose victims aren't known may be about any.
func (e Entry) concerns(instance string) bool {
	return len(e.Victims) == 0 || slices.Contains(e.Instances(), instance)
}
