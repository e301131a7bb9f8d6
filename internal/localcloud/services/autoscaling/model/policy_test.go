package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	cloudwatch "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// tracked is a group of three to nine with a policy that keeps its CPU at 50 %. What it launches, the test adds.
type tracked struct {
	*testing.T
	world  *world.World
	store  *metrics.Store
	now    time.Time
	policy *model.Policy
}

func newTracked(t *testing.T, tracking model.Tracking) *tracked {
	t.Helper()
	s := &tracked{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s.store = metrics.New(func() time.Time { return s.now })
	var err error
	if s.world, err = world.Open("", world.Options{Now: func() time.Time { return s.now }}, slices.Concat(model.Kinds(), cloudwatch.Kinds())...); err != nil {
		t.Fatal(err)
	}
	s.do(func(tx *world.Tx) (err error) {
		world.Add(tx, &model.Group{Object: tx.NamedObject("web", nil), Settings: model.Settings{Min: 3, Max: 9, Warmup: new(120)}, Desired: 3})
		s.policy, err = model.PutPolicy(tx, "web", "keep", tracking, nil, true)
		return err
	})
	s.launch(3)
	s.now = s.now.Add(2 * time.Minute)
	return s
}

func (s *tracked) do(f func(*world.Tx) error) {
	s.Helper()
	if err := s.world.Update("eu-west-1", f); err != nil {
		s.Fatal(err)
	}
}

func (s *tracked) launch(n int) {
	s.do(func(tx *world.Tx) error {
		for range n {
			world.Add(tx, &model.Instance{Object: tx.NewObject("i", nil), Group: "web", State: model.InService, InServiceAt: tx.Now(), Healthy: true})
		}
		return nil
	})
}

// minutes lets so many minutes pass with a CPU, as the server does; -1 is none. It returns the desired capacity after each.
func (s *tracked) minutes(n int, cpu float64) (desired []int) {
	for range n {
		if cpu >= 0 {
			s.store.Add(metrics.Metric{Region: "eu-west-1", Namespace: "AWS/EC2", Name: "CPUUtilization", Dimensions: []metrics.Dimension{{Name: "AutoScalingGroupName", Value: "web"}}}, "Percent", s.now, metrics.One(cpu))
		}
		s.now = s.now.Add(time.Minute)
		s.do(func(tx *world.Tx) error {
			cloudwatch.Evaluate(tx, s.store.Read)
			for _, a := range world.Where(tx, func(a *cloudwatch.Alarm) bool { return a.State == cloudwatch.InAlarm }) {
				_ = model.Alarmed(tx, a, a.AlarmActions[0], s.store.Read)
			}
			return nil
		})
		desired = append(desired, s.group().Desired)
	}
	return desired
}

func (s *tracked) group() (g *model.Group) {
	s.do(func(tx *world.Tx) error { g, _ = world.Get[model.Group](tx, "web"); return nil })
	return g
}

func (s *tracked) want(what string, got []int, want ...int) {
	s.Helper()
	if !slices.Equal(got, want) {
		s.Errorf("%s: desired %v, not %v", what, got, want)
	}
}

func keepCPU() model.Tracking { return model.Tracking{Predefined: model.AverageCPU, Target: 50} }

func TestAlarmed_ScalesOutAfterThreeMinutes_InAfterFifteen(t *testing.T) {
	s := newTracked(t, keepCPU())
	s.want("80 % of three", s.minutes(4, 80), 3, 3, 5, 5)
	if cause := s.group().Cause; !strings.Contains(cause, "a monitor alarm TargetTracking-web-AlarmHigh-") || !strings.Contains(cause, "in state ALARM triggered policy keep changing the desired capacity from 3 to 5.") {
		t.Error(cause)
	}
	s.launch(2)
	s.want("those that warm up don't count", s.minutes(1, 80), 5)
	s.want("all five are warm", s.minutes(1, 80), 8)
	s.launch(3)
	s.want("above 0.7 of the target for long", s.minutes(17, 40), slices.Repeat([]int{8}, 17)...)
	s.want("below it for 15", s.minutes(15, 30), append(slices.Repeat([]int{8}, 14), 5)...)
	s.want("never below the least", s.minutes(1, 1), 3)
	s.want("never above the most", s.minutes(3, 100), 3, 3, 9)
}

func TestAlarmed_DoesNothing_WhereItIsNotToOrCannotTell(t *testing.T) {
	s := newTracked(t, keepCPU())
	s.want("no data", s.minutes(20, -1), slices.Repeat([]int{3}, 20)...)
	s.do(func(tx *world.Tx) error { return model.Suspend(tx, "web", []string{"AlarmNotification"}, false) })
	s.want("suspended", s.minutes(5, 90), 3, 3, 3, 3, 3)
	s.do(func(tx *world.Tx) error { return model.Suspend(tx, "web", []string{"AlarmNotification"}, true) })
	s.want("resumed: the action is repeated while the alarm lasts", s.minutes(1, 90), 6)
	s.launch(3)
	s.do(func(tx *world.Tx) error {
		_, err := model.PutPolicy(tx, "web", "keep", keepCPU(), nil, false)
		return err
	})
	s.want("disabled", s.minutes(5, 100), 6, 6, 6, 6, 6)
	s.do(func(tx *world.Tx) error {
		_, err := model.PutPolicy(tx, "web", "keep", model.Tracking{Predefined: model.AverageCPU, Target: 50, DisableScaleIn: true}, nil, true)
		return err
	})
	s.want("no scaling in", s.minutes(16, 1), slices.Repeat([]int{6}, 16)...)
}

func TestPolicies_HaveTheirAlarms_AndTakeThemAlong(t *testing.T) {
	s := newTracked(t, keepCPU())
	alarms := func() (all []string) {
		s.do(func(tx *world.Tx) error {
			for _, a := range world.All[cloudwatch.Alarm](tx) {
				kind, _, _ := strings.Cut(strings.TrimPrefix(a.ID, "TargetTracking-web-"), "-")
				all = append(all, fmt.Sprint(kind, " ", a.Comparison, " ", a.Threshold, " ", a.Periods, " ", a.AlarmActions[0] == s.policy.ARN))
			}
			return nil
		})
		return all
	}
	want := []string{"AlarmHigh GreaterThanThreshold 50 3 true", "AlarmLow LessThanThreshold 35 15 true"}
	if got := alarms(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	s.do(func(tx *world.Tx) error { return model.DeletePolicy(tx, "", s.policy.ARN) })
	if got := alarms(); len(got) != 0 {
		t.Errorf("%q outlive their policy", got)
	}
	for _, wrong := range []model.Tracking{{Predefined: model.AverageCPU}, {Predefined: model.AverageCPU, Label: "x", Target: 1}, {Predefined: model.RequestsPerTarget, Target: 1},
		{Predefined: model.RequestsPerTarget, Target: 1, Label: "app/web/1/target/web/1"}, {Predefined: model.RequestsPerTarget, Target: 1, Label: "app/web/1/targetgroup/web/1"}} {
		if err := s.world.Update("eu-west-1", func(tx *world.Tx) error { _, err := model.PutPolicy(tx, "web", "other", wrong, nil, true); return err }); err == nil {
			t.Errorf("%+v was taken", wrong)
		}
	}
}
