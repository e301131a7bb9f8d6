package autoscaling

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/platformctl/platformctl/internal/resource"
)

// refresh brings the group's instances to the wanted version of its launch template.
func refresh(ctx context.Context, call resource.Call[Group], _ LiveGroup) error {
	version, err := wantedVersion(ctx, call)
	if err != nil {
		return err
	}
	call.Unconfirmed()
	if _, err := call.Clients.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &call.ID, LaunchTemplate: version,
	}); err != nil {
		return fmt.Errorf("change the launch template of the Auto Scaling group %s: %w", call.ID, err)
	}
	return nil
}
