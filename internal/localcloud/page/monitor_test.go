package page

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	cwmodel "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// standing is a clock that stands still.
type standing struct {
	clock.Clock
	now time.Time
}

func (s standing) Now() time.Time { return s.now }

func TestMinutes_AddUpLoadBalancersByClass(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 10, 30, 0, time.UTC)
	store := metrics.New(func() time.Time { return now })
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }}, cwmodel.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	add := func(balancer, metric string, ago time.Duration, count float64) {
		store.Add(metrics.Metric{Region: "eu-west-1", Namespace: "AWS/ApplicationELB", Name: metric, Dimensions: []metrics.Dimension{{Name: "LoadBalancer", Value: balancer}}},
			"Count", now.Truncate(time.Minute).Add(-ago), metrics.Times(1, count))
	}
	add("app/a/1", "HTTPCode_Target_2XX_Count", time.Minute, 5)
	add("app/b/2", "HTTPCode_Target_2XX_Count", time.Minute, 7)
	add("app/b/2", "HTTPCode_ELB_3XX_Count", time.Minute, 1)
	add("app/a/1", "HTTPCode_Target_4XX_Count", time.Hour, 2)
	add("app/a/1", "HTTPCode_ELB_5XX_Count", time.Hour, 3)
	add("app/a/1", "HTTPCode_Target_2XX_Count", 61*time.Minute, 9) // too early
	add("app/a/1", "HTTPCode_Target_2XX_Count", 0, 9)              // this minute isn't over
	add("app/other/3", "HTTPCode_Target_2XX_Count", time.Minute, 9)
	if err := w.View("eu-west-1", func(tx *world.Tx) error {
		d := &drawing{page: New(Options{Metrics: store, Clock: standing{now: now}}), tx: tx}
		balancer := func(name string) *elbmodel.LoadBalancer {
			b := &elbmodel.LoadBalancer{}
			b.ID = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/" + name
			return b
		}
		minutes := d.minutes([]*elbmodel.LoadBalancer{balancer("app/a/1"), balancer("app/b/2")})
		if len(minutes) != shownMinutes || minutes[shownMinutes-1] != (Minute{OK: 13}) || minutes[0] != (Minute{Class4: 2, Class5: 3}) || minutes[1] != (Minute{}) {
			t.Errorf("%v", minutes)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAlarmsOf_AreThePlatformsTheRingingFirst(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 10, 30, 0, time.UTC)
	w, err := world.Open("", world.Options{Now: func() time.Time { return now }}, cwmodel.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Update("eu-west-1", func(tx *world.Tx) error {
		s := cwmodel.Settings{Namespace: "n", Metric: "m", Statistic: "Sum", Period: 60, Periods: 1, Comparison: "GreaterThanThreshold"}
		for name, platform := range map[string]string{"a": "shop", "b": "shop", "c": "mall", "d": ""} {
			tags := world.Tags{}
			if platform != "" {
				tags[platformTag] = platform
			}
			if err := cwmodel.Put(tx, name, s, tags); err != nil {
				return err
			}
		}
		if err := cwmodel.Set(tx, "b", cwmodel.InAlarm, "too many", ""); err != nil {
			return err
		}
		alarms := alarmsOf(tx, "shop")
		if len(alarms) != 3 || alarms[0] != (Alarm{"b", "ALARM", "too many", now}) || alarms[1].Name != "a" || alarms[2].Name != "d" {
			t.Errorf("%+v", alarms)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
