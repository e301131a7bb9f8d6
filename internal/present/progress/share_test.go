package progress

import (
	"math"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestShare_GoesByTimeOfLongestChain follows a load balancer of 150 s beside a NAT gateway of 100 s and three steps that are
// done at once, in a cloud ten times as fast as AWS.
func TestShare_GoesByTimeOfLongestChain(t *testing.T) {
	began := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	step := func(kind string, seconds int, needs ...int) plan.Upcoming {
		return plan.Upcoming{Key: resource.Key{Kind: kind, Name: "a"}, Action: plan.Create, Expected: time.Duration(seconds) * time.Second, Needs: needs}
	}
	steps := []plan.Upcoming{step("vpc", 0), step("subnet", 0, 0), step("load-balancer", 150, 1), step("nat-gateway", 100, 1), step("instance", 20, 3), step("listener", 0, 2)}
	b := &board{}
	b.plan(steps, time.Second/10)
	event := func(what apply.EventType, after float64, places ...int) {
		for _, i := range places {
			e := apply.Event{Type: what, Key: steps[i].Key, Action: plan.Create, At: began.Add(time.Duration(after * float64(time.Second)))}
			if what == apply.Started {
				b.start(e)
			} else {
				b.end(e)
			}
		}
	}
	at := func(seconds, want float64) {
		t.Helper()
		if got := b.share(began.Add(time.Duration(seconds * float64(time.Second)))); math.Abs(got-want) > 0.001 {
			t.Errorf("after %g s it is at %.3f, want %.3f", seconds, got, want)
		}
	}
	at(0, 0)
	event(apply.Started, 0, 0)
	event(apply.Done, 0, 0)
	event(apply.Started, 0, 1)
	event(apply.Done, 0, 1)
	at(0, 0) // a third of the steps is done
	event(apply.Started, 0, 2, 3)
	at(7.5, 0.5)
	event(apply.Done, 10, 3)
	event(apply.Started, 10, 4)
	event(apply.Done, 12, 4)
	at(12, 0.8)
	at(99, 0.95) // longer than usual
	event(apply.Done, 99, 2)
	at(99, 1)
}

func TestShare_CountsWhereNoTimeIsKnown(t *testing.T) {
	b := &board{}
	b.plan([]plan.Upcoming{{Key: resource.Key{Kind: "vpc"}}, {Key: resource.Key{Kind: "subnet"}}}, time.Second)
	b.start(apply.Event{Key: resource.Key{Kind: "vpc"}})
	b.end(apply.Event{Type: apply.Done, Key: resource.Key{Kind: "vpc"}})
	if got := b.share(time.Time{}); got != 0.5 {
		t.Errorf("it is at %g", got)
	}
}
