package metrics_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/testenv"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func metric(name string, dimensions ...metrics.Dimension) metrics.Metric {
	return metrics.Metric{Region: "eu-west-1", Namespace: "shop", Name: name, Dimensions: dimensions}
}

func TestStore_ReadsPeriodsOfMinutes(t *testing.T) {
	now := start
	s := metrics.New(func() time.Time { return now })
	zone, host := metrics.Dimension{Name: "zone", Value: "a"}, metrics.Dimension{Name: "host", Value: "h"}
	for minute := range 6 {
		at := start.Add(time.Duration(minute)*time.Minute + 20*time.Second)
		s.Add(metric("orders", zone, host), "Count", at, metrics.One(float64(minute)))
		s.Add(metric("orders", host, zone), "Count", at.Add(time.Second), metrics.One(10))
	}
	s.Add(metric("orders", zone), "Count", start, metrics.One(1000)) // another metric
	now = start.Add(6 * time.Minute)
	var got []string
	for _, d := range s.Read(metric("orders", host, zone), "", start, start.Add(5*time.Minute), 3*time.Minute) {
		got = append(got, fmt.Sprintln(d.At.Format("15:04"), d.Count, d.Sum, d.Min, d.Max, d.Unit))
	}
	want := []string{"12:00 6 33 0 10 Count\n", "12:03 4 27 3 10 Count\n"} // the sixth minute wasn't asked for
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := s.Read(metric("orders", host, zone), "Percent", start, now, time.Minute); len(got) != 0 {
		t.Errorf("points of another unit: %v", got)
	}
	now = start.Add(metrics.Kept + 3*time.Minute)
	if got := s.Read(metric("orders", host, zone), "", start, now, time.Minute); len(got) != 3 {
		t.Errorf("three minutes aren't too old, but these are there: %v", got)
	}
	if s.Add(metric("orders"), "Count", start, metrics.One(1)) {
		t.Error("a point was kept that is too old")
	}
}

// A point of AWS's own is seen a minute after it came, whether it stands for a minute or for five; a caller's is seen at once.
func TestStore_ShowsAWSsPointsLate(t *testing.T) {
	now := start.Add(10*time.Minute + 200*time.Millisecond) // nobody measures quite on time
	s := metrics.New(func() time.Time { return now })
	minute, five, own := metric("RequestCount"), metric("CPUUtilization"), metric("orders")
	minute.Namespace, five.Namespace = "AWS/ApplicationELB", "AWS/EC2"
	s.Add(minute, "Count", start.Add(8*time.Minute), metrics.One(1)) // an earlier one
	for m, at := range map[*metrics.Metric]time.Duration{&minute: 9 * time.Minute, &five: 5 * time.Minute, &own: 9 * time.Minute} {
		s.Add(*m, "Count", start.Add(at), metrics.One(1))
	}
	seen := func(after time.Duration) string {
		now = start.Add(10*time.Minute + after)
		var n []int
		for _, m := range []metrics.Metric{minute, five, own} {
			n = append(n, len(s.Seen(m, "", start, now, time.Minute)))
		}
		return fmt.Sprint(n)
	}
	if got := seen(59 * time.Second); got != "[1 0 1]" {
		t.Errorf("within a minute these points are seen: %s", got)
	}
	if got := seen(time.Minute); got != "[2 1 1]" {
		t.Errorf("after a minute these are: %s", got)
	}
}

func TestStore_IsBounded(t *testing.T) {
	now := start
	s := metrics.New(func() time.Time { return now })
	for i := range metrics.MostSeries + 10 {
		now = start.Add(time.Duration(i) * time.Second)
		s.Add(metric(fmt.Sprint("m", i)), "Count", now, metrics.One(1))
		s.Add(metric("m0"), "Count", now, metrics.One(1)) // never the stalest
	}
	if n := s.Len(); n != metrics.MostSeries {
		t.Errorf("%d series, not %d", n, metrics.MostSeries)
	}
	if got := s.Read(metric("m0"), "", start, now.Add(time.Minute), time.Minute); len(got) == 0 {
		t.Error("a series in use gave way")
	}
	if got := s.Read(metric("m1"), "", start, now.Add(time.Minute), time.Minute); len(got) != 0 {
		t.Error("the stalest series is still there")
	}
}

func TestStore_GoesOnFromItsFile(t *testing.T) {
	clock := func() time.Time { return start.Add(time.Minute) }
	s, file := metrics.New(clock), filepath.Join(t.TempDir(), "metrics.json")
	if err := s.Load(file); err != nil {
		t.Fatal("without a file:", err)
	}
	s.Add(metric("took"), "Seconds", start, metrics.Times(0.2, 3).Plus(metrics.One(4)))
	if err := s.Save(file); err != nil {
		t.Fatal(err)
	}
	again := metrics.New(clock)
	if err := again.Load(file); err != nil {
		t.Fatal(err)
	}
	again.Add(metric("took"), "Seconds", start, metrics.One(0))
	read := again.Read(metric("took"), "Seconds", start, start.Add(time.Minute), time.Minute)
	if len(read) != 1 || read[0].Count != 5 || math.Abs(read[0].Sum-4.6) > 1e-9 || read[0].Min != 0 {
		t.Fatalf("read %+v", read)
	}
	if median, ok := read[0].Statistic("p50"); !ok || math.Abs(median-0.2) > 0.002 {
		t.Errorf("the median of 0, 0.2, 0.2, 0.2 and 4 is %v, %v", median, ok)
	}
}

func TestStatistic_PercentilesAreWithinAPercent(t *testing.T) {
	var p metrics.Point
	for i := 1; i <= 1000; i++ {
		p.Observe(float64(i) / 1000)
	}
	for name, want := range map[string]float64{"p0": 0.001, "p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "p100": 1, "Average": 0.5005, "Sum": 500.5, "SampleCount": 1000, "Minimum": 0.001, "Maximum": 1} {
		if got, ok := p.Statistic(name); !ok || math.Abs(got-want) > want/100 {
			t.Errorf("%s is %v (%v), not %v", name, got, ok, want)
		}
	}
	given := metrics.Point{Count: 3, Sum: 6, Min: 1, Max: 3}
	if got, ok := given.Statistic("p50"); ok {
		t.Errorf("statistics alone have a median of %v", got)
	}
	for _, name := range []string{"p101", "p", "p-1", "pInf", "pnan", "p1e1", "tm99", "average", ""} {
		if metrics.IsStatistic(name) {
			t.Errorf("%q is taken for a statistic", name)
		}
	}
}
