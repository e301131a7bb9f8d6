package apply_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/resource"
)

// rollout is what a cloud does by itself once it has accepted another value: it goes over to that within a minute, or, where the
// value is bad, never, until it is asked to go back or does so after an hour.
type rollout struct {
	to        string
	until     time.Time
	bad       bool
	rolledOut time.Time // when it was asked to go back; zero: it wasn't
	ended     string    // how the last one ended; "" while one is under way, or where there was none
}

const (
	rolloutTakes = time.Minute
	rollback     = 20 * time.Second
	patience     = time.Hour
)

func (r *rollout) underWay() bool { return r.to != "" && r.ended == "" }

// settle lets time pass: value is what the object has, and gets.
func (r *rollout) settle(value *string) {
	now := time.Now()
	switch {
	case !r.underWay():
	case !r.rolledOut.IsZero():
		if !now.Before(r.rolledOut.Add(rollback)) {
			r.ended = "rolled back"
		}
	case r.bad && !now.Before(r.until.Add(patience)):
		r.rolledOut = now
	case !r.bad && !now.Before(r.until):
		r.ended, *value = "done", r.to
	}
}

// rollingOut is a platform of one fleet, which changes its value by a rollout.
func rollingOut(t *testing.T, stuckAfter time.Duration) (*platform, *rollout, func(value string) *resource.Graph) {
	m, r := newMemory(), &rollout{}
	fleet := m.kind("fleet", func(k *resource.Kind[spec, thing]) {
		k.Timeout = 4 * time.Hour
		list, diff := k.List, k.Diff
		k.List = func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]thing, error) {
			m.mu.Lock()
			for _, object := range m.objects {
				r.settle(&object.value)
			}
			m.mu.Unlock()
			return list(ctx, c, owner)
		}
		k.Status = func(t thing) resource.Status {
			if r.underWay() {
				return resource.Status{Phase: resource.Pending, Reason: "rolling out " + r.to}
			}
			return status(t)
		}
		k.Diff = func(s spec, t thing, ids resource.IDs) []resource.Change {
			if r.underWay() && r.to == s.Value {
				return nil
			}
			return diff(s, t, ids)
		}
		k.Update = func(_ context.Context, call resource.Call[spec], _ thing, _ []resource.Change) error {
			m.log = append(m.log, "roll out "+call.Spec.Value)
			*r = rollout{to: call.Spec.Value, until: time.Now().Add(rolloutTakes), bad: strings.HasPrefix(call.Spec.Value, "bad")}
			return nil
		}
		k.Stuck = func(context.Context, *awsapi.Clients, thing) (resource.Diagnosis, error) {
			if !r.underWay() || !r.bad || time.Since(r.until) < stuckAfter || !r.rolledOut.IsZero() {
				return resource.Diagnosis{}, nil
			}
			return resource.Diagnosis{Reason: "it never works", TakeBack: func(context.Context) error {
				m.log = append(m.log, "roll back")
				r.rolledOut = time.Now()
				return nil
			}}, nil
		}
		k.TakenBack = func(_ thing, changes []resource.Change) string {
			if r.ended == "rolled back" && len(changes) > 0 {
				return "rolled back"
			}
			return ""
		}
	})
	return newPlatform(t, m, fleet), r, func(value string) *resource.Graph {
		g := &resource.Graph{}
		resource.Add(g, fleet, "web", spec{Value: value})
		return g
	}
}

// TestApply_TakenBackChangeIsNoAttempt rolls out a value that fails: the change is made once, taken back once where it is seen to be
// stuck, and an error, while the object has what it had. The next run tries it again, and a good one goes through.
func TestApply_TakenBackChangeIsNoAttempt(t *testing.T) {
	for name, test := range map[string]struct {
		stuckAfter time.Duration
		log        []string
		within     time.Duration
		says       string
	}{
		"seen to be stuck": {time.Minute, []string{"roll out bad", "roll back"}, 4 * time.Minute, "it never works; rolled back"},
		"AWS gives up":     {10 * patience, []string{"roll out bad"}, patience + 4*time.Minute, "the change was taken back: rolled back"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _, graph := rollingOut(t, test.stuckAfter)
				p.up(t.Context(), graph("v1"))
				p.log = nil
				began := time.Now()
				_, err := p.apply(t.Context(), p.plan(t.Context(), graph("bad")))
				var undone *apply.TakenBack
				if !errors.As(err, &undone) || !strings.Contains(err.Error(), test.says) {
					t.Fatalf("got %v, want an error that says %q", err, test.says)
				}
				if !slices.Equal(p.log, test.log) {
					t.Errorf("did %q, want %q", p.log, test.log)
				}
				if took := time.Since(began); took > test.within {
					t.Errorf("took %s, want %s at most", took, test.within)
				}
				p.log = nil
				p.up(t.Context(), graph("v2"))
				if want := []string{"roll out v2"}; !slices.Equal(p.log, want) {
					t.Errorf("then did %q, want %q", p.log, want)
				}
			})
		})
	}
}

// TestApply_FollowsRolloutOfEarlierRun finds a rollout under way: it makes no change, waits for its end, and says how that was.
func TestApply_FollowsRolloutOfEarlierRun(t *testing.T) {
	for value, fails := range map[string]bool{"v2": false, "bad": true} {
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r, graph := rollingOut(t, 10*patience)
				p.up(t.Context(), graph("v1"))
				p.log = nil
				*r = rollout{to: value, until: time.Now().Add(rolloutTakes), bad: fails}
				_, err := p.apply(t.Context(), p.plan(t.Context(), graph(value)))
				var undone *apply.TakenBack
				if errors.As(err, &undone) != fails || !fails && err != nil {
					t.Errorf("got %v, want taken back: %t", err, fails)
				}
				if len(p.log) > 0 {
					t.Errorf("it changed something: %q", p.log)
				}
			})
		})
	}
}
