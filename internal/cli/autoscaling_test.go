package cli

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/testenv"
)

// scaledOut is a group of two instances in one zone and one in another, of which all serve but a fourth.
func scaledOut() autoscaling.LiveGroup {
	group := autoscaling.LiveGroup{AutoScalingGroup: types.AutoScalingGroup{
		AutoScalingGroupName: aws.String("shop-web"), MinSize: aws.Int32(2), MaxSize: aws.Int32(6), DesiredCapacity: aws.Int32(4),
		LaunchTemplate: version("2"),
	}}
	for _, i := range []struct{ id, zone, state string }{{"i-0a", "a", "healthy"}, {"i-0b", "a", "healthy"}, {"i-0c", "b", "healthy"}, {"i-0d", "b", "initial"}} {
		group.Instances = append(group.Instances, types.Instance{
			InstanceId: &i.id, AvailabilityZone: &i.zone, LifecycleState: types.LifecycleStateInService, HealthStatus: aws.String("Healthy"), LaunchTemplate: version("2"),
		})
		group.Targets = append(group.Targets, loadbalancing.LiveRegistration{RegistrationID: loadbalancing.RegistrationID{Instance: i.id}, State: i.state})
	}
	return group
}

func version(number string) *types.LaunchTemplateSpecification {
	return &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: &number}
}

// TestGroupDocument_TellsGroup compares the whole block of status.
func TestGroupDocument_TellsGroup(t *testing.T) {
	group := scaledOut()
	group.SuspendedProcesses = []types.SuspendedProcess{{ProcessName: aws.String("Launch")}}
	group.Refresh = &types.InstanceRefresh{Status: types.InstanceRefreshStatusRollbackSuccessful, PercentageComplete: aws.Int32(50), StatusReason: aws.String("no room")}
	at := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	activities := []types.Activity{
		{StartTime: &at, Description: aws.String("Launching a new EC2 instance."), StatusCode: types.ScalingActivityStatusCodeFailed, StatusMessage: aws.String("no room"),
			Cause: aws.String("At 2026-12-01T12:00:00Z an instance was launched in response to an unhealthy instance needing to be replaced.")},
		{StartTime: &at, Description: aws.String("Terminating EC2 instance: i-0e"), StatusCode: types.ScalingActivityStatusCodeSuccessful,
			Cause: aws.String("At 2026-12-01T12:00:00Z an instance was taken out of service in response to an ELB system health check failure.")},
	}
	enough := false
	want := &report.AutoScaling{
		Name: "shop-web", Min: 2, Max: 6, Desired: 4,
		Instances: []report.Member{
			{Instance: "i-0a", Zone: "a", Lifecycle: "InService", Health: "Healthy", Serves: true},
			{Instance: "i-0b", Zone: "a", Lifecycle: "InService", Health: "Healthy", Serves: true},
			{Instance: "i-0c", Zone: "b", Lifecycle: "InService", Health: "Healthy", Serves: true},
			{Instance: "i-0d", Zone: "b", Lifecycle: "InService", Health: "Healthy"},
		},
		Refresh:   &report.Refresh{Status: "RollbackSuccessful", Percent: 50, Reason: "no room"},
		Suspended: []string{"Launch"},
		Activities: []report.Activity{
			{At: "2026-12-01T12:00:00Z", What: "Launching a new EC2 instance.", Why: "no room", Status: "Failed"},
			{At: "2026-12-01T12:00:00Z", What: "Terminating EC2 instance: i-0e", Why: "an ELB system health check failure", Status: "Successful"},
		},
		ZoneLoss: &report.ZoneLoss{Zone: "a", Remain: 1, Serving: 3, LoadFactor: 3, Sufficient: &enough},
	}
	if diff := testenv.Diff(want, groupDocument(group, activities, config.AutoScaling{CPU: 50})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestZoneLoss_SaysWhetherOthersCarry takes the zone with most instances away.
func TestZoneLoss_SaysWhetherOthersCarry(t *testing.T) {
	members := func(zones ...string) (all []report.Member) {
		for _, zone := range zones {
			all = append(all, report.Member{Zone: zone, Serves: true})
		}
		return all
	}
	for name, test := range map[string]struct {
		members []report.Member
		cpu     int
		want    string // "": nothing serves
	}{
		"nothing serves":         {append(members(), report.Member{Zone: "a"}), 50, ""},
		"two zones at 50":        {members("a", "b"), 50, "without a 1 of 2 remains, with 2.0 times its load, which it carries"},
		"two zones at 60":        {members("a", "b"), 60, "without a 1 of 2 remains, with 2.0 times its load, which is too much for it"},
		"three zones at 60":      {members("a", "b", "c"), 60, "without a 2 of 3 remain, each with 1.5 times its load, which they carry"},
		"uneven":                 {members("a", "b", "b"), 0, "without b 1 of 3 remains, with 3.0 times its load"},
		"all of them in one":     {members("a", "a"), 10, "without a none of 2 instances remains"},
		"no target to go by":     {members("a", "b"), 0, "without a 1 of 2 remains, with 2.0 times its load"},
		"one instance in a zone": {members("a"), 0, "without a none of 1 instance remains"},
	} {
		got := ""
		if loss := zoneLoss(test.members, test.cpu); loss != nil {
			got = loss.String()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestGroupNotes_NameWhatOperatorsDid holds that each thing that somebody did to the group is named, and nothing is of a group that
// nobody touched.
func TestGroupNotes_NameWhatOperatorsDid(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*autoscaling.LiveGroup)
		want   string
	}{
		"nothing": {func(*autoscaling.LiveGroup) {}, ""},
		"suspended": {func(g *autoscaling.LiveGroup) {
			g.SuspendedProcesses = []types.SuspendedProcess{{ProcessName: aws.String("Launch")}}
		}, "(aws autoscaling resume-processes --auto-scaling-group-name shop-web --scaling-processes Launch --endpoint-url here)"},
		"standby":   {func(g *autoscaling.LiveGroup) { g.Instances[0].LifecycleState = types.LifecycleStateStandby }, "i-0a is in standby: it gets no requests, no health checks and no new version (aws autoscaling exit-standby --auto-scaling-group-name shop-web --instance-ids i-0a --endpoint-url here)"},
		"protected": {func(g *autoscaling.LiveGroup) { g.Instances[1].ProtectedFromScaleIn = aws.Bool(true) }, "--no-protected-from-scale-in --auto-scaling-group-name shop-web --instance-ids i-0b --endpoint-url here)"},
		"attached":  {func(g *autoscaling.LiveGroup) { g.Instances[2].LaunchTemplate = nil }, "i-0c was attached by somebody"},
		"two in standby": {func(g *autoscaling.LiveGroup) {
			g.Instances[0].LifecycleState, g.Instances[1].LifecycleState = types.LifecycleStateStandby, types.LifecycleStateStandby
		}, "i-0a, i-0b are in standby: they get no requests"},
		"outdated": {func(g *autoscaling.LiveGroup) { g.Instances[3].LaunchTemplate = version("1") }, "i-0d is of another version"},
		"refreshing": {func(g *autoscaling.LiveGroup) {
			g.Instances[3].LaunchTemplate = version("3")
			g.Refresh = &types.InstanceRefresh{Status: types.InstanceRefreshStatusInProgress}
		}, ""},
		"ending": {func(g *autoscaling.LiveGroup) {
			g.Instances[3].LaunchTemplate, g.Instances[3].LifecycleState = version("1"), types.LifecycleStateTerminating
		}, ""},
	} {
		group := scaledOut()
		test.change(&group)
		notes := groupNotes(group, func(arguments string) string { return "aws " + arguments + " --endpoint-url here" })
		if got := strings.Join(notes, "\n"); (got == "") != (test.want == "") || !strings.Contains(got, test.want) || len(notes) > 1 {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// TestWhyOf_FirstSentence reads AWS's own causes.
func TestWhyOf_FirstSentence(t *testing.T) {
	for cause, want := range map[string]string{
		"At 2026-12-01T12:00:00Z an instance was taken out of service in response to an ELB system health check failure.": "an ELB system health check failure",
		"At 2026-12-01T12:00:00Z a monitor alarm TargetTracking-shop-web-AlarmLow-1 in state ALARM triggered policy shop-web changing the desired capacity from 3 to 2.  At 2026-12-01T12:00:00Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 3 to 2.": "a monitor alarm TargetTracking-shop-web-AlarmLow-1 in state ALARM triggered policy shop-web changing the desired capacity from 3 to 2",
		"At 2026-12-01T12:00:00Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 2.":                                                                                                                                                                             "a difference between desired and actual capacity, increasing the capacity from 1 to 2",
		"": "", "\x1b[2J": "\x1b[2J",
	} {
		if got := whyOf(cause); got != want {
			t.Errorf("%q: got %q, want %q", cause, got, want)
		}
	}
}

// TestGroupDocument_SurvivesWhatNoGroupSays reads replies without anything in them, and with what a terminal would obey: the text of
// status has all of it on lines of its own.
func TestGroupDocument_SurvivesWhatNoGroupSays(t *testing.T) {
	hostile := "\x1b[2J\r\nhealthy"
	group := autoscaling.LiveGroup{AutoScalingGroup: types.AutoScalingGroup{
		DesiredCapacity: aws.Int32(math.MaxInt32), MinSize: aws.Int32(math.MinInt32), Instances: []types.Instance{{}, {AvailabilityZone: &hostile, InstanceId: &hostile}},
		SuspendedProcesses: []types.SuspendedProcess{{}, {ProcessName: &hostile}},
	}}
	group.Refresh = &types.InstanceRefresh{Status: types.InstanceRefreshStatus(hostile), StatusReason: &hostile}
	activities := []types.Activity{{}}
	for range 1000 {
		activities = append(activities, types.Activity{Description: &hostile, Cause: &hostile, StatusCode: types.ScalingActivityStatusCode(hostile)})
	}
	document := report.Status{Health: "healthy", AutoScaling: groupDocument(group, activities, config.AutoScaling{}), Notes: groupNotes(group, strings.ToUpper)}
	var out bytes.Buffer
	document.Show(terminal.Streams{Out: terminal.Guard(&out, false)})
	if text := out.String(); strings.ContainsAny(text, "\x1b\r") || strings.Contains(text, "\nhealthy") || strings.Count(text, "\n") > 40 {
		t.Errorf("it shows:\n%q", text)
	}
}
