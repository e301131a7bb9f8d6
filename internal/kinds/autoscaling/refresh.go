package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// An instance refresh brings the instances of a group to another version of its launch template. The group itself names that version
// only once all of them are of it, and goes on naming the one before where the refresh fails: so what is launched meanwhile for
// another reason is of the version that is known to serve.

// bakeTime is how long AWS watches when all instances have been replaced, before the version is the group's: the time in which an
// operator, or an alarm, can still have it rolled back.
const bakeTime = time.Minute

// codeNoRefresh is how Auto Scaling answers where no instance refresh is under way.
const codeNoRefresh = "ActiveInstanceRefreshNotFound"

// refresh begins to bring the group's instances to the wanted version of its launch template. One that is under way to another
// version is cancelled first: those instances that are of the wanted version already stay.
func refresh(ctx context.Context, call resource.Call[Group], live LiveGroup) error {
	version, err := wantedVersion(ctx, call)
	if err != nil {
		return err
	}
	call.Unconfirmed()
	scaling := call.Clients.AutoScaling
	if live.isRefreshing() && live.Refresh.Status != types.InstanceRefreshStatusCancelling {
		_, err := scaling.CancelInstanceRefresh(ctx, &autoscaling.CancelInstanceRefreshInput{
			AutoScalingGroupName: &call.ID, WaitForTransitioningInstances: aws.Bool(false),
		})
		if err != nil && !awsapi.HasCode(err, codeNoRefresh) {
			return fmt.Errorf("cancel the instance refresh of %s to a version that is not wanted any more: %w", call.ID, err)
		}
	}
	// AWS rolls back to a version that the group names by its number, and to no other.
	_, numbered := versionOf(live.LaunchTemplate)
	if _, err := scaling.StartInstanceRefresh(ctx, &autoscaling.StartInstanceRefreshInput{
		AutoScalingGroupName: &call.ID,
		Strategy:             types.RefreshStrategyRolling,
		DesiredConfiguration: &types.DesiredConfiguration{LaunchTemplate: version},
		Preferences: &types.RefreshPreferences{
			MinHealthyPercentage: aws.Int32(minHealthy), MaxHealthyPercentage: aws.Int32(maxHealthy),
			SkipMatching: aws.Bool(true), AutoRollback: &numbered, BakeTime: seconds(bakeTime),
			// An operator has taken these out of what is done by itself; status names those that are of another version.
			ScaleInProtectedInstances: types.ScaleInProtectedInstancesIgnore, StandbyInstances: types.StandbyInstancesIgnore,
		},
	}); err != nil {
		return fmt.Errorf("begin an instance refresh of %s to version %s of its launch template: %w", call.ID, aws.ToString(version.Version), err)
	}
	return nil
}

// lastRefresh is a group's last instance refresh; nil where there was none. Where the group is gone there is none.
func lastRefresh(ctx context.Context, c *awsapi.Clients, group string) (*types.InstanceRefresh, error) {
	out, err := c.AutoScaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
		AutoScalingGroupName: &group, MaxRecords: aws.Int32(1), // the newest comes first
	})
	if awsapi.IsUnknownOperation(err) || err != nil && isGroupNotFound(err) || err == nil && len(out.InstanceRefreshes) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the instance refreshes of %s: %w", group, err)
	}
	return &out.InstanceRefreshes[0], nil
}

// isGroupNotFound reports whether Auto Scaling has refused a call because there is no such group.
func isGroupNotFound(err error) bool {
	return awsapi.HasCode(err, codeValidation) && strings.Contains(err.Error(), "not found")
}

func refreshesOf(ctx context.Context, c *awsapi.Clients, groups []types.AutoScalingGroup) (map[string]*types.InstanceRefresh, error) {
	last := map[string]*types.InstanceRefresh{}
	for _, group := range groups {
		name := aws.ToString(group.AutoScalingGroupName)
		refresh, err := lastRefresh(ctx, c, name)
		if err != nil {
			return nil, err
		}
		last[name] = refresh
	}
	return last, nil
}

// isRefreshing reports whether an instance refresh of the group, or its rollback, is under way.
func (g LiveGroup) isRefreshing() bool {
	return g.Refresh != nil && slices.Contains([]types.InstanceRefreshStatus{
		types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusBaking,
		types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress,
	}, g.Refresh.Status)
}

// refreshesTo is the version to which an instance refresh under way brings the group, or from which it is being rolled back.
func (g LiveGroup) refreshesTo() (Version, bool) {
	if !g.isRefreshing() || g.Refresh.DesiredConfiguration == nil {
		return Version{}, false
	}
	return versionOf(g.Refresh.DesiredConfiguration.LaunchTemplate)
}

// RefreshWords begin what is said of a group while an instance refresh is under way.
const RefreshWords = "instance refresh"

// refreshProgress is how far an instance refresh is, and what it waits for.
func refreshProgress(live LiveGroup) string {
	r := live.Refresh
	percent, left := aws.ToInt32(r.PercentageComplete), instances(int(aws.ToInt32(r.InstancesToUpdate)))
	var parts []string
	switch r.Status {
	case types.InstanceRefreshStatusBaking:
		parts = append(parts, RefreshWords+": all instances are replaced, and are watched for a while")
	case types.InstanceRefreshStatusRollbackInProgress:
		parts = append(parts, fmt.Sprintf("%s: rolls back, %d percent are still of the new version", RefreshWords, percent))
	case types.InstanceRefreshStatusCancelling:
		parts = append(parts, RefreshWords+": is being cancelled")
	case types.InstanceRefreshStatusPending:
		parts = append(parts, RefreshWords+": has not begun yet")
	default:
		parts = append(parts, fmt.Sprintf("%s: %d percent, %s to go", RefreshWords, percent, left))
	}
	_, _, others := live.census()
	parts = append(parts, others...)
	if reason := aws.ToString(r.StatusReason); reason != "" {
		parts = append(parts, reason)
	}
	return strings.Join(parts, "; ")
}

// takenBack says why a group whose version is to change has the one before: its last instance refresh didn't succeed.
func takenBack(live LiveGroup, changes []resource.Change) string {
	if live.Refresh == nil || !slices.ContainsFunc(changes, func(c resource.Change) bool { return c.Field == fieldVersion }) {
		return ""
	}
	said := ""
	if reason := aws.ToString(live.Refresh.StatusReason); reason != "" {
		said = ": " + reason
	}
	switch live.Refresh.Status {
	case types.InstanceRefreshStatusRollbackSuccessful:
		return "the instance refresh was rolled back" + said
	case types.InstanceRefreshStatusRollbackFailed:
		return "the instance refresh failed, and so did its rollback, so that instances of both versions serve" + said
	case types.InstanceRefreshStatusFailed:
		return "the instance refresh failed, and was not rolled back" + said
	case types.InstanceRefreshStatusCancelled:
		return "somebody cancelled the instance refresh" + said
	}
	return ""
}
