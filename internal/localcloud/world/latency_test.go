package world

import (
	"testing"
	"time"
)

// What traffic meets takes AWS's time, so that a drill measures the same whatever the latency.
func TestDuration_OfWhatTrafficMeetsIsAWSOwn(t *testing.T) {
	made, met := Step{Fast: time.Second, AWS: time.Minute}, Step{Fast: time.Second, AWS: time.Minute, Met: true}
	for _, c := range []struct {
		latency   string
		hurried   bool
		made, met time.Duration
	}{
		{"fast", false, time.Second, time.Minute},
		{"aws", false, time.Minute, time.Minute},
		{"aws/60", false, time.Second, time.Minute},
		{"fast", true, time.Second, time.Second},
		{"aws/30", true, 2 * time.Second, 2 * time.Second},
	} {
		latency, err := ParseLatency(c.latency)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Open("", Options{Latency: latency, Hurried: c.hurried})
		if err != nil {
			t.Fatal(err)
		}
		if made, met := w.duration(made), w.duration(met); made != c.made || met != c.met {
			t.Errorf("%s, hurried: %t: %v and %v, want %v and %v", c.latency, c.hurried, made, met, c.made, c.met)
		}
	}
}
