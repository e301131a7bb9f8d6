package measure

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/testenv"
)

// began is the start of every drill here.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }

func seconds(s float64) *time.Duration {
	d := time.Duration(s * float64(time.Second))
	return &d
}

// aDrill has a request every half a second for 20 s. The fault comes at 5 s;
// every other request fails until 9 s; it is noticed at 10 s, restored at 15 s,
// and all is well at 18 s.
func aDrill() *Recorder {
	r := NewRecorder([]string{"i-1"})
	r.Mark(Began, at(0))
	r.Mark(Fault, at(5))
	r.Mark(Fault, at(6)) // doesn't count
	r.Mark(Broken, at(5.25))
	r.Mark(Restore, at(15))
	r.Mark(Recovered, at(18))
	r.Mark(Ended, at(20))
	for i := 39; i >= 0; i-- { // samples come when they end, in no order
		s := load.Sample{Due: at(float64(i) / 2), Class: load.OK, Instance: "i-2", Zone: "b", Latency: time.Duration(i+1) * time.Millisecond, Kept: i%4 == 1}
		if i%2 == 1 {
			s.Instance, s.Zone = "i-1", "a"
			if i >= 10 && i < 18 {
				s.Class, s.Instance, s.Zone = load.BadGateway, "", ""
			}
		}
		r.Sample(s)
	}
	for i := range 40 {
		states := map[string]string{"i-1": Healthy, "i-2": Healthy}
		if i >= 20 && i < 36 {
			states["i-1"] = "unhealthy"
		}
		r.Look(at(float64(i)/2), states)
	}
	return r
}

func TestResult(t *testing.T) {
	result := aDrill().Result()
	timeline := result.Timeline
	result.Timeline = nil
	want := Result{
		Overall:    Count{40, 4, map[load.Class]int{load.OK: 36, load.BadGateway: 4}},
		Window:     Count{27, 4, map[load.Class]int{load.OK: 23, load.BadGateway: 4}},
		Kept:       Count{6, 2, map[load.Class]int{load.OK: 4, load.BadGateway: 2}},
		FirstError: seconds(0.5), LastError: seconds(3.5), Shift: seconds(3.5),
		Detect: seconds(5), Injection: seconds(0.25), Recover: seconds(3),
		Before:     Latencies{10, 5 * time.Millisecond, 9 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond},
		During:     Latencies{23, 26 * time.Millisecond, 35 * time.Millisecond, 37 * time.Millisecond, 37 * time.Millisecond},
		After:      Latencies{3, 39 * time.Millisecond, 40 * time.Millisecond, 40 * time.Millisecond, 40 * time.Millisecond},
		ByInstance: map[string]int{"i-1": 16, "i-2": 20},
		ByZone:     map[string]int{"a": 16, "b": 20},
		Marks: map[Mark]time.Duration{
			Began: 0, Fault: 5 * time.Second, Broken: 5250 * time.Millisecond, Restore: 15 * time.Second,
			Recovered: 18 * time.Second, Ended: 20 * time.Second,
		},
	}
	if diff := testenv.Diff(want, result); diff != "" {
		t.Error(diff)
	}
	if len(timeline) != 21 {
		t.Fatalf("%d seconds, want 21: the end is in the last", len(timeline))
	}
	wantSecond := Second{
		At: 5, Count: Count{2, 1, map[load.Class]int{load.OK: 1, load.BadGateway: 1}}, P99: 11 * time.Millisecond,
		Targets: map[string]string{"i-1": Healthy, "i-2": Healthy}, Marks: []Mark{Fault, Broken},
	}
	if diff := testenv.Diff(wantSecond, timeline[5]); diff != "" {
		t.Error(diff)
	}
	for i, second := range timeline {
		want := Healthy
		if i >= 10 && i < 18 {
			want = "unhealthy"
		}
		if got := second.Targets["i-1"]; got != want {
			t.Errorf("in second %d the target is %q, want %q", i, got, want)
		}
	}
}

func TestSinceFault(t *testing.T) {
	r := aDrill()
	if got := r.SinceFault(); got.Total != 30 || got.Failed != 4 {
		t.Errorf("%d of %d failed, want 4 of 30", got.Failed, got.Total)
	}
	if got := NewRecorder(nil).SinceFault().Availability(); got != 100 {
		t.Errorf("of none %v %% succeeded", got)
	}
}

func TestResult_NilForWhatNeverHappened(t *testing.T) {
	r := NewRecorder([]string{"i-1"})
	r.Sample(load.Sample{Due: at(0), Class: load.Timeout, Latency: time.Second})
	result := r.Result()
	if result.Detect != nil || result.Recover != nil || result.Shift != nil || result.FirstError != nil || result.Injection != nil {
		t.Errorf("%+v", result)
	}
	if result.Stray != 1 || result.Overall.Failed != 1 || result.Window.Total != 0 {
		t.Errorf("%+v", result)
	}
}

// A victim that no longer is among the targets isn't healthy either.
func TestResult_DetectsMissingTarget(t *testing.T) {
	r := NewRecorder([]string{"i-1"})
	r.Mark(Fault, at(1))
	r.Look(at(0), map[string]string{"i-2": Healthy}) // before the fault it proves nothing
	r.Look(at(1.5), map[string]string{"i-1": Healthy, "i-2": Healthy})
	r.Look(at(2), map[string]string{"i-2": Healthy})
	if got := r.Result().Detect; got == nil || *got != time.Second {
		t.Errorf("detected after %v, want 1s", got)
	}
}
