package autoscaling

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

// member is an instance of a group, of a version, as Auto Scaling and the load balancer see it.
func member(id, zone, version string, state types.LifecycleState, health string) types.Instance {
	return types.Instance{
		InstanceId: aws.String(id), AvailabilityZone: aws.String(zone), LifecycleState: state, HealthStatus: aws.String(health),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: &version},
	}
}

func healthOf(id, zone, state string) loadbalancing.LiveRegistration {
	return loadbalancing.LiveRegistration{RegistrationID: loadbalancing.RegistrationID{Instance: id}, Zone: zone, State: state}
}

// pair is a group of two instances in two zones, both of version 1, which serve.
func pair() LiveGroup {
	return LiveGroup{
		AutoScalingGroup: types.AutoScalingGroup{
			AutoScalingGroupName: aws.String("shop-web"), DesiredCapacity: aws.Int32(2), AvailabilityZones: []string{"a", "b"},
			LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("1")},
			Instances: []types.Instance{
				member("i-0a", "a", "1", types.LifecycleStateInService, "Healthy"),
				member("i-0b", "b", "1", types.LifecycleStateInService, "Healthy"),
			},
		},
		Versions: map[Version]ec2types.ResponseLaunchTemplateData{},
		Targets:  []loadbalancing.LiveRegistration{healthOf("i-0a", "a", "healthy"), healthOf("i-0b", "b", "healthy")},
	}
}

// refreshing is the pair with an instance refresh to version 2, whose first new instance isn't checked yet.
func refreshing(status types.InstanceRefreshStatus) LiveGroup {
	group := pair()
	group.Instances = append(group.Instances, member("i-0c", "a", "2", types.LifecycleStateInService, "Healthy"))
	group.Targets = append(group.Targets, healthOf("i-0c", "a", "initial"))
	group.Refresh = &types.InstanceRefresh{
		Status: status, StartTime: aws.Time(began), PercentageComplete: aws.Int32(0), InstancesToUpdate: aws.Int32(2),
		DesiredConfiguration: &types.DesiredConfiguration{
			LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("2")},
		},
	}
	return group
}

var began = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// TestGroupStatus_RefreshIsNoReadiness holds that a group isn't ready while its instances are being replaced, though as many serve as
// are desired, and what is said meanwhile.
func TestGroupStatus_RefreshIsNoReadiness(t *testing.T) {
	for status, want := range map[types.InstanceRefreshStatus]struct {
		phase resource.Phase
		says  string
	}{
		types.InstanceRefreshStatusPending:            {resource.Pending, "instance refresh: has not begun yet; i-0c in a is initial"},
		types.InstanceRefreshStatusInProgress:         {resource.Pending, "instance refresh: 0 percent, 2 instances to go; i-0c in a is initial"},
		types.InstanceRefreshStatusBaking:             {resource.Pending, "watched for a while"},
		types.InstanceRefreshStatusCancelling:         {resource.Pending, "is being cancelled"},
		types.InstanceRefreshStatusRollbackInProgress: {resource.Pending, "rolls back"},
		types.InstanceRefreshStatusSuccessful:         {resource.Ready, ""},
		types.InstanceRefreshStatusFailed:             {resource.Ready, ""},
		types.InstanceRefreshStatusRollbackSuccessful: {resource.Ready, ""},
	} {
		got := groupStatus(refreshing(status))
		if got.Phase != want.phase || !strings.Contains(got.Reason, want.says) {
			t.Errorf("%s: got %s %q, want %s and %q", status, got.Phase, got.Reason, want.phase, want.says)
		}
	}
}

// TestTakenBack_SaysHowRefreshEnded holds that only a refresh that ended otherwise than wanted takes a version back.
func TestTakenBack_SaysHowRefreshEnded(t *testing.T) {
	version := []resource.Change{{Field: fieldVersion}}
	for status, want := range map[types.InstanceRefreshStatus]string{
		types.InstanceRefreshStatusInProgress:         "",
		types.InstanceRefreshStatusSuccessful:         "",
		types.InstanceRefreshStatusRollbackSuccessful: "was rolled back: too slow",
		types.InstanceRefreshStatusRollbackFailed:     "so did its rollback",
		types.InstanceRefreshStatusFailed:             "was not rolled back: too slow",
		types.InstanceRefreshStatusCancelled:          "somebody cancelled",
	} {
		group := refreshing(status)
		group.Refresh.StatusReason = aws.String("too slow")
		if got := takenBack(group, version); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", status, got, want)
		}
		if got := takenBack(group, []resource.Change{{Field: fieldMax}}); got != "" {
			t.Errorf("%s: another change is said to be taken back: %q", status, got)
		}
	}
}

// activity is one of a group, of an age: the newest come first.
func activity(description, cause string, code types.ScalingActivityStatusCode) types.Activity {
	return types.Activity{Description: &description, Cause: &cause, StatusCode: code, StatusMessage: aws.String("no room"), StartTime: aws.Time(began.Add(time.Minute))}
}

// TestDiagnose_TellsStuckFromSlow holds when a group is said to be unable to get what it waits for, and by which instance that shows.
func TestDiagnose_TellsStuckFromSlow(t *testing.T) {
	const (
		elb     = "At 2026-12-01T12:05:00Z an instance was taken out of service in response to an ELB system health check failure."
		replace = "At 2026-12-01T12:05:00Z an instance was launched in response to an unhealthy instance needing to be replaced."
		failed  = types.ScalingActivityStatusCodeFailed
		done    = types.ScalingActivityStatusCodeSuccessful
	)
	launch := func(id string) types.Activity { return activity("Launching a new EC2 instance: "+id, replace, done) }
	noRoom := activity("Launching a new EC2 instance.  Status Reason: no room. Launching EC2 instance failed.", replace, failed)
	end := func(id string) types.Activity { return activity("Terminating EC2 instance: "+id, elb, done) }
	ill := refreshing(types.InstanceRefreshStatusInProgress)
	ill.Instances[2].HealthStatus = aws.String("Unhealthy")
	ill.Targets[2].State, ill.Targets[2].Reason = "unhealthy", "Target.ResponseCodeMismatch"
	oldIll := refreshing(types.InstanceRefreshStatusInProgress)
	oldIll.Instances[0].HealthStatus = aws.String("Unhealthy")
	empty := pair()
	empty.Instances, empty.Targets = nil, nil
	for name, test := range map[string]struct {
		group      LiveGroup
		activities []types.Activity
		says       string // "": it isn't stuck
		suspect    string
	}{
		"a refresh goes on":                       {refreshing(types.InstanceRefreshStatusInProgress), []types.Activity{launch("i-0c")}, "", ""},
		"a new instance is ended":                 {ill, nil, "the new instance i-0c of version 2, which doesn't pass its health checks (unhealthy: Target.ResponseCodeMismatch)", "i-0c"},
		"a new instance was ended":                {refreshing(types.InstanceRefreshStatusInProgress), []types.Activity{launch("i-0c"), end("i-0d"), launch("i-0d")}, "i-0d", "i-0d"},
		"an old instance fails during a refresh":  {oldIll, []types.Activity{end("i-0a")}, "", ""},
		"two launches failed":                     {empty, []types.Activity{noRoom, noRoom}, "", ""},
		"three launches failed":                   {empty, []types.Activity{noRoom, noRoom, noRoom}, "the last 3 launches failed: no room", ""},
		"launches failed before one that did not": {empty, []types.Activity{launch("i-0c"), noRoom, noRoom, noRoom}, "", ""},
		"one was replaced, others serve":          {pair(), []types.Activity{end("i-0d"), launch("i-0d"), end("i-0e"), launch("i-0e")}, "", ""},
		"one was replaced, none serves":           {empty, []types.Activity{end("i-0d"), launch("i-0d")}, "", ""},
		"each is replaced":                        {empty, []types.Activity{end("i-0e"), launch("i-0e"), end("i-0d"), launch("i-0d")}, "doesn't pass its health checks", "i-0e"},
	} {
		got := diagnose(test.group, test.activities)
		if (got.Reason == "") != (test.says == "") || !strings.Contains(got.Reason, test.says) || got.Suspect != test.suspect {
			t.Errorf("%s: got %q by %q, want %q by %q", name, got.Reason, got.Suspect, test.says, test.suspect)
		}
	}
}
