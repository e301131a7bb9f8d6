package predict

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/platformctl/platformctl/internal/testenv"
)

// of is the default platform: two targets, checked every 5 s.
func of(effect Effect) Situation {
	return Situation{
		Effect: effect, Interval: 5 * time.Second, Timeout: 2 * time.Second, Healthy: 2, Unhealthy: 2,
		Drain: 30 * time.Second, Targets: 2, Broken: 1, Nodes: 2, Rate: 50, UserTimeout: 15 * time.Second, Duration: time.Minute,
	}
}

func seconds(from, to float64) Window {
	return Window{time.Duration(from * float64(time.Second)), time.Duration(to * float64(time.Second))}
}

func TestFor(t *testing.T) {
	cutOff := of(Silent)
	cutOff.LostNodes = 1
	impatient := of(Silent)
	impatient.UserTimeout = 5 * time.Second
	short := of(Refuses)
	short.Duration = 3 * time.Second
	slow := of(Refuses)
	slow.Interval, slow.Timeout, slow.Unhealthy, slow.Healthy, slow.Targets = 30*time.Second, 5*time.Second, 3, 5, 4
	slow.Duration = 10 * time.Minute
	looked := of(Refuses)
	looked.Look = time.Second
	for _, test := range []struct {
		name string
		s    Situation
		want Prediction
	}{
		{"a dead process", of(Refuses), Prediction{
			Detect: seconds(5, 10), Recover: seconds(5, 10), LastError: 10 * time.Second,
			Errors: []Errors{{[]string{"502"}, 125, 250}},
		}},
		{"checks are read a second late", looked, Prediction{
			Detect: seconds(5, 11), Recover: seconds(5, 11), LastError: 11 * time.Second,
			Errors: []Errors{{[]string{"502"}, 125, 275}},
		}},
		{"AWS's own defaults", slow, Prediction{
			Detect: seconds(60, 90), Recover: seconds(120, 150), LastError: 90 * time.Second,
			Errors: []Errors{{[]string{"502"}, 750, 1125}},
		}},
		{"over before it is noticed", short, Prediction{
			Detect: seconds(5, 10), Recover: seconds(5, 10), LastError: 3 * time.Second,
			Errors: []Errors{{[]string{"502"}, 75, 75}},
		}},
		{"a zone's targets cut off", of(Silent), Prediction{
			Detect: seconds(7, 12), Recover: seconds(3, 12), LastError: 12 * time.Second,
			Errors: []Errors{{[]string{"504", "timeout"}, 175, 300}},
		}},
		{"users time out before the 504", impatient, Prediction{
			Detect: seconds(7, 12), Recover: seconds(3, 12), LastError: 12 * time.Second,
			Errors: []Errors{{[]string{"timeout"}, 175, 300}},
		}},
		{"a whole zone cut off", cutOff, Prediction{
			Detect: seconds(7, 12), Recover: seconds(3, 102), LastError: time.Minute,
			Errors: []Errors{{[]string{"504", "timeout"}, 175, 300}, {[]string{"timeout", "reset"}, 0, 1500}},
		}},
		{"a stopped instance", of(Stops), Prediction{
			Detect: seconds(0, 12), Recover: seconds(0, 132), LastError: 12 * time.Second,
			Errors: []Errors{{[]string{"502", "504"}, 0, 300}},
		}},
		{"planned maintenance", of(Drains), Prediction{Detect: seconds(0, 0), Recover: seconds(0, 127)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := testenv.Diff(test.want, For(test.s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a load balancer does with a phase of its checks that nobody can choose,
// tried for every phase, stays within the window, and reaches both its ends.
func TestFor_DetectWindowHoldsForEveryCheckPhase(t *testing.T) {
	for _, effect := range []Effect{Refuses, Silent} {
		t.Run(string(effect), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := of(effect)
				s.Interval = time.Duration(rapid.IntRange(5, 300).Draw(t, "interval")) * time.Second
				s.Timeout = time.Duration(rapid.IntRange(2, int(s.Interval.Seconds())-1).Draw(t, "timeout")) * time.Second
				s.Unhealthy = rapid.IntRange(2, 10).Draw(t, "unhealthy")
				window := For(s).Detect
				phase := time.Duration(rapid.Int64Range(0, int64(s.Interval)).Draw(t, "phase")) // from the fault to the next check
				verdict := phase + time.Duration(s.Unhealthy-1)*s.Interval
				if effect == Silent {
					verdict += s.Timeout
				}
				if verdict < window.Min || verdict > window.Max {
					t.Fatalf("%s is outside of %v", verdict, window)
				}
				if phase == 0 && verdict != window.Min || phase == s.Interval && verdict != window.Max {
					t.Fatalf("the window %v is wider than needed: %s", window, verdict)
				}
			})
		})
	}
}

func TestFailures_SumsBounds(t *testing.T) {
	p := Prediction{Errors: []Errors{{Min: 1, Max: 2}, {Min: 10, Max: 20}}}
	if least, most := p.Failures(); least != 11 || most != 22 {
		t.Errorf("%d to %d", least, most)
	}
}
