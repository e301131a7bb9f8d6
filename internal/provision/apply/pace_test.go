package apply

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestPace_CountsPollsOfLongWaits counts the looks of waits as long as AWS's, and how late the last
// one comes at the worst.
func TestPace_CountsPollsOfLongWaits(t *testing.T) {
	for name, test := range map[string]struct {
		pause  time.Duration
		action plan.Action
		takes  time.Duration
		looks  int           // at most
		late   time.Duration // at most
	}{
		"load balancer":             {4 * time.Second, plan.Create, 165 * time.Second, 43, 5 * time.Second},
		"load balancer, local":      {0, plan.Create, 400 * time.Millisecond, 2, 300 * time.Millisecond},
		"load balancer, at a tenth": {400 * time.Millisecond, plan.Create, 16500 * time.Millisecond, 43, 500 * time.Millisecond},
		"NAT gateway":               {4 * time.Second, plan.Create, 102 * time.Second, 27, 5 * time.Second},
		"NAT gateway goes":          {4 * time.Second, plan.Delete, 50 * time.Second, 14, 6 * time.Second},
	} {
		x := &execution{Run: &Run{Pause: test.pause}}
		p := x.paceOf(&plan.Step{Action: test.action, Handler: resource.Handler{Traits: resource.Traits{Waiting: resource.Waiting{ReadyIn: resource.Minutes}}}})
		looks, waited := 0, time.Duration(0)
		for waited < test.takes {
			waited += p.Pause(waited)
			looks++
		}
		if looks > test.looks || waited-test.takes > test.late {
			t.Errorf("%s: %d looks, the last one %s late, want at most %d and %s", name, looks, waited-test.takes, test.looks, test.late)
		}
	}
	soon := (&execution{Run: &Run{Pause: 4 * time.Second}}).paceOf(&plan.Step{Action: plan.Create, Handler: resource.Handler{Traits: resource.Traits{Waiting: resource.Waiting{ReadyIn: resource.Seconds}}}})
	if pause := soon.Pause(0); pause > 500*time.Millisecond {
		t.Errorf("what may be ready within a moment is looked at after %s", pause)
	}
	quick := (&execution{Run: &Run{Pause: 4 * time.Second}}).paceOf(&plan.Step{Action: plan.Create})
	if pause := quick.Pause(0); pause > time.Second {
		t.Errorf("what AWS makes at once is looked at after %s", pause)
	}
}
