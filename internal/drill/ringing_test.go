package drill

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/drill/alarms"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// bells are the alarms of a stage: each rings so long after the fault, and tells a second later.
type bells struct {
	after  map[string]time.Duration
	mute   bool // CloudWatch may not publish
	told   []string
	untold bool // nobody can be told of the drill
}

func (b *bells) put(s *stage) {
	r := newRinging(nil, []alarms.Alarm{{Name: "unhealthy-targets", ID: "platformctl.shop.unhealthy-targets"}, {Name: "latency", ID: "platformctl.shop.latency"}}, "arn:topic")
	r.predicted["platformctl.shop.unhealthy-targets"] = predict.Window{Min: time.Minute, Max: 5 * time.Minute}
	r.look = func(_ context.Context, ids []string) (map[string]alarms.State, error) {
		states := map[string]alarms.State{}
		for _, id := range ids {
			after, rings := b.after[id]
			at := r.fault.Add(after)
			states[id] = alarms.State{Ringing: rings && !time.Now().Before(at), Since: at}
		}
		return states, nil
	}
	r.told = func(_ context.Context, id string, _ time.Time) (time.Time, error) {
		if b.mute {
			return time.Time{}, errors.New("Failed to execute action")
		}
		return r.fault.Add(b.after[id] + time.Second), nil
	}
	r.tell = func(_ context.Context, subject, _ string) error {
		b.told = append(b.told, subject)
		if b.untold {
			return errors.New("denied")
		}
		return nil
	}
	s.plan.rings = r
}

func TestRun_ProvesAlarms(t *testing.T) {
	const unhealthy, latency = "platformctl.shop.unhealthy-targets", "platformctl.shop.latency"
	for name, test := range map[string]struct {
		bells    bells
		change   func(*Options)
		verdict  Verdict
		reason   string
		rang     string
		atMost   time.Duration // that the fault lasts
		longerAs time.Duration
	}{
		"it is raised while the fault lasts, which then ends": {bells: bells{after: map[string]time.Duration{unhealthy: 130 * time.Second}}, verdict: Pass,
			rang: "unhealthy-targets 2m10s 2m11s", longerAs: 130 * time.Second, atMost: 140 * time.Second},
		"it is late, and waited for": {bells: bells{after: map[string]time.Duration{unhealthy: 250 * time.Second}}, verdict: Pass,
			rang: "unhealthy-targets 4m10s 4m11s", longerAs: 199 * time.Second, atMost: 201 * time.Second},
		"it is never raised": {bells: bells{after: map[string]time.Duration{latency: 30 * time.Second}}, verdict: Fail, reason: "unhealthy-targets was not raised within 5m0s",
			rang: "latency 30s 31s unhealthy-targets – –", longerAs: 199 * time.Second, atMost: 201 * time.Second},
		"it tells nobody": {bells: bells{after: map[string]time.Duration{unhealthy: 130 * time.Second}, mute: true}, verdict: Fail, reason: "was raised, and told nobody: Failed to execute action",
			rang: "unhealthy-targets 2m10s –", longerAs: 199 * time.Second, atMost: 201 * time.Second},
		"nothing is asked of them": {bells: bells{}, change: func(o *Options) { o.RequireAlarm = false }, verdict: Pass,
			rang: "unhealthy-targets – –", longerAs: 199 * time.Second, atMost: 201 * time.Second},
		"one ends the drill": {bells: bells{after: map[string]time.Duration{latency: 30 * time.Second}}, change: func(o *Options) { o.AbortOnAlarm = []string{"latency"} }, verdict: Aborted,
			reason: "the alarm latency was raised", rang: "latency 30s 31s unhealthy-targets – –", longerAs: 30 * time.Second, atMost: 40 * time.Second},
		"nobody can be told": {bells: bells{after: map[string]time.Duration{unhealthy: 130 * time.Second}, untold: true}, verdict: Pass,
			rang: "unhealthy-targets 2m10s 2m11s", longerAs: 130 * time.Second, atMost: 140 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				test.bells.put(s)
				s.class = func(bool) load.Class { return load.OK }
				s.plan.Options.RequireAlarm, s.plan.Options.Duration = true, 200*time.Second
				s.plan.Situation = predict.Situation{Effect: predict.Refuses, Interval: time.Second, Unhealthy: 1, Duration: 200 * time.Second}
				if test.change != nil {
					test.change(&s.plan.Options)
				}
				outcome, err := s.plan.Run(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if outcome.Verdict != test.verdict || !strings.Contains(strings.Join(outcome.Reasons, "; "), test.reason) {
					t.Errorf("%s: %v, want %s: %s", outcome.Verdict, outcome.Reasons, test.verdict, test.reason)
				}
				s.isRestored(t)
				var rang []string
				for _, one := range outcome.Rang() {
					rang = append(rang, one.Name, text(one.Raised), text(one.Notified))
				}
				if got := strings.Join(rang, " "); got != test.rang {
					t.Errorf("rang: %s, want %s", got, test.rang)
				}
				lasted := outcome.Result.Marks[measure.Restore] - outcome.Result.Marks[measure.Fault]
				if lasted < test.longerAs || lasted > test.atMost {
					t.Errorf("the fault lasted %s, want %s to %s", lasted, test.longerAs, test.atMost)
				}
				if told := strings.Join(test.bells.told, ", "); told != "Failover drill of  begins, Failover drill of  has ended" {
					t.Errorf("told: %s", told)
				}
			})
		})
	}
}

func text(d *time.Duration) string {
	if d == nil {
		return "–"
	}
	return d.String()
}

func TestPlan_TakesAlarmsThatTheFaultConcerns(t *testing.T) {
	rule := predict.Alarm{Period: time.Minute, Breaching: 2, Watches: predict.Unhealthy}
	emptied := predict.Alarm{Period: time.Minute, Breaching: 3, Watches: predict.Emptied}
	missing := predict.Alarm{Period: time.Minute, Breaching: 10, Watches: predict.Missing}
	all := []alarms.Alarm{
		{Name: "unhealthy-targets", ID: "u", Targets: true, Rule: rule},
		{Name: "no-healthy-target-z1", ID: "z1", Targets: true, Zone: "z1", Rule: emptied}, {Name: "no-healthy-target-z2", ID: "z2", Targets: true, Zone: "z2", Rule: emptied},
		{Name: "missing-targets", ID: "m", Targets: true, Rule: missing}, {Name: "latency", ID: "l"},
	}
	for name, test := range map[string]struct {
		change    func(*Plan)
		predicted string
		wrong     string
		lasts     time.Duration
	}{
		"as long as it takes": {func(*Plan) {}, "u z1", "", 250 * time.Second},
		"a fault that is too short for a zone": {func(p *Plan) {
			p.asked.Duration, p.Situation.Duration = 200*time.Second, 200*time.Second
		}, "u", "", 200 * time.Second},
		"too short for any": {func(p *Plan) {
			p.asked.Duration, p.Situation.Duration = time.Minute, time.Minute
		}, "", "no alarm is raised for certain by a fault of 1m0s: one of 3m10s is long enough", time.Minute},
		"long enough for all": {func(p *Plan) {
			p.asked.Duration, p.Situation.Duration = 12*time.Minute, 12*time.Minute
		}, "u z1 m", "", 12 * time.Minute},
		"of those that take long alone the first": {func(p *Plan) { p.rings.alarms = p.rings.alarms[3:] }, "m", "", 670 * time.Second},
		"not required": {func(p *Plan) { p.Options.RequireAlarm, p.Situation.Duration = false, time.Minute }, "", "", time.Minute},
		"it rings":     {func(p *Plan) { p.rings.alarms[0].Ringing = true }, "", "the alarm unhealthy-targets rings since", time.Minute},
		"one rings that is to end it": {func(p *Plan) {
			p.Options.AbortOnAlarm, p.rings.alarms[4].Ringing = []string{"latency"}, true
		}, "", "the alarm latency rings since", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			p := s.plan
			p.targets[0].Zone, p.targets[1].Zone = "z1", "z2"
			p.Options.RequireAlarm = true
			p.Situation = predict.Situation{Effect: predict.Refuses, Interval: 5 * time.Second, Timeout: 2 * time.Second, Unhealthy: 2, Duration: time.Minute}
			p.rings = newRinging(nil, append([]alarms.Alarm{}, all...), "")
			test.change(p)
			err := p.predictAlarms([]string{"a"})
			switch {
			case test.wrong == "" && err != nil, test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Errorf("%v, want %s", err, test.wrong)
			case test.wrong == "" || p.Situation.Duration == test.lasts:
			}
			if p.Situation.Duration != test.lasts {
				t.Errorf("it lasts %s, want %s", p.Situation.Duration, test.lasts)
			}
			var predicted []string
			for _, alarm := range all {
				if _, is := p.rings.predicted[alarm.ID]; is {
					predicted = append(predicted, alarm.ID)
				}
			}
			if got := strings.Join(predicted, " "); got != test.predicted {
				t.Errorf("predicted: %s, want %s", got, test.predicted)
			}
			if unsteady := new(fault.Unsteady); strings.Contains(test.wrong, "rings") && !errors.As(err, &unsteady) {
				t.Errorf("%v is no reason not to begin", err)
			}
		})
	}
}
