package apply_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// onAWS applies a plan where expectations hold.
func (p *platform) onAWS(ctx context.Context, plan *plan.Plan) *apply.Result {
	p.t.Helper()
	run := &apply.Run{Clients: &awsapi.Clients{}, Owner: p.owner, Store: p.store, Replans: true, Second: time.Second, Events: func(e apply.Event) {
		p.evMu.Lock()
		defer p.evMu.Unlock()
		p.events = append(p.events, e)
	}}
	result, err := run.Apply(ctx, plan)
	if err != nil {
		p.t.Fatal(err)
	}
	return result
}

func between(least, usual, most int) resource.Expectation {
	return resource.Expectation{Least: time.Duration(least) * time.Second, Usual: time.Duration(usual) * time.Second, Most: time.Duration(most) * time.Second}
}

// expecting is a kind that says what it expects, and as what it is made.
func expecting(ready, gone resource.Expectation) func(*resource.Kind[spec, thing]) {
	return func(k *resource.Kind[spec, thing]) {
		k.Ready, k.Gone = ready, gone
		k.AsCreated = func(call resource.Call[spec], id string) thing {
			return thing{id: id, value: call.Spec.Value, fixed: call.Spec.Fixed, parents: call.IDs.All(call.Spec.Parents), ready: time.Now().Add(time.Hour)}
		}
	}
}

// TestApply_ListsWhenDue counts the lists of waits for a kind with an expectation, and how
// late they end.
func TestApply_ListsWhenDue(t *testing.T) {
	for _, test := range []struct {
		making, ending int // seconds
		lists          [2]int
		late           [2]time.Duration
	}{
		{165, 50, [2]int{45, 11}, [2]time.Duration{1100 * time.Millisecond, 3300 * time.Millisecond}},
		{126, 37, [2]int{7, 7}, [2]time.Duration{5 * time.Second, 6 * time.Second}},
		{60, 10, [2]int{3, 2}, [2]time.Duration{32 * time.Second, 11 * time.Second}},
		{300, 120, [2]int{90, 32}, [2]time.Duration{9 * time.Second, 8 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			m.making, m.ending = time.Duration(test.making)*time.Second, time.Duration(test.ending)*time.Second
			slow := m.kind("slow", expecting(between(125, 155, 190), between(37, 55, 80)))
			p := newPlatform(t, m, slow)
			g := &resource.Graph{}
			for _, name := range []string{"a", "b", "c"} { // which cost no more than one
				resource.Add(g, slow, name, spec{})
			}
			for i, graph := range []*resource.Graph{g, {}} {
				plan := p.plan(t.Context(), graph)
				m.lists = map[string]int{}
				took := p.onAWS(t.Context(), plan).Duration
				late := took - []time.Duration{m.making, m.ending}[i]
				if n := m.lists["slow"]; n > test.lists[i] || late > test.late[i] {
					t.Errorf("%+v, %d: %d lists, %s late", test, i, n, late)
				}
				<-time.After(time.Minute)
			}
		})
	}
}

// TestApply_OneListServesAllWhoWait has objects of one kind begin at different times, so that
// one is due when the others aren't.
func TestApply_OneListServesAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		lists := map[int]int{}
		for _, n := range []int{1, 6} {
			m.making = 30 * time.Second
			slow := m.kind("slow", expecting(between(10, 30, 50), resource.Expectation{}))
			p := newPlatform(t, m, slow)
			p.owner.Platform = strings.Repeat("x", n)
			g := &resource.Graph{}
			for i := range n {
				resource.Add(g, slow, string(rune('a'+i)), spec{})
			}
			plan := p.plan(t.Context(), g)
			create := plan.Steps[0].Handler.Create
			for i, step := range plan.Steps {
				step.Handler.Create = func(ctx context.Context, r resource.Request) (string, error) {
					<-time.After(time.Duration(i) * time.Second)
					return create(ctx, r)
				}
			}
			m.lists = map[string]int{}
			result := p.onAWS(t.Context(), plan)
			lists[n] = m.lists["slow"]
			if late := result.Duration - m.making - time.Duration(n-1)*time.Second; late > 1500*time.Millisecond {
				t.Errorf("%d objects: %s late", n, late)
			}
		}
		// The last of them is due 5 s after the first.
		if lists[6] > lists[1]+15 {
			t.Errorf("one object took %d lists, six at a second's distance %d", lists[1], lists[6])
		}
	})
}

// TestApply_CountsFromCreationOfPending goes on waiting for what an earlier run made, which is
// due by then.
func TestApply_CountsFromCreationOfPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.making = 165 * time.Second
		slow := m.kind("slow", expecting(between(125, 155, 190), resource.Expectation{}))
		p := newPlatform(t, m, slow)
		g := &resource.Graph{}
		resource.Add(g, slow, "s", spec{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(150*time.Second, cancel)
		began := time.Now()
		if _, err := p.apply(ctx, p.plan(ctx, g)); err == nil {
			t.Fatal("it wasn't interrupted")
		}
		p.onAWS(t.Context(), p.plan(t.Context(), g))
		if late := time.Since(began) - m.making; late > 1100*time.Millisecond {
			t.Errorf("%s late", late)
		}
	})
}

// TestApply_CountsFromDeletionOfGoing goes on waiting for what an earlier run deleted.
func TestApply_CountsFromDeletionOfGoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.ending = 50 * time.Second
		slow := m.kind("slow", expecting(resource.Expectation{}, between(37, 55, 80)))
		p := newPlatform(t, m, slow)
		g := &resource.Graph{}
		resource.Add(g, slow, "s", spec{})
		p.up(t.Context(), g)
		<-time.After(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(45*time.Second, cancel)
		began := time.Now()
		if _, err := p.apply(ctx, p.plan(ctx, &resource.Graph{})); err == nil {
			t.Fatal("it wasn't interrupted")
		}
		p.onAWS(t.Context(), p.plan(t.Context(), &resource.Graph{}))
		if late := time.Since(began) - m.ending; late > 4*time.Second {
			t.Errorf("%s late", late)
		}
	})
}

// TestApply_DeletionWaitsForHold deletes what something holds for a time after it is gone:
// not before that can be over, and seldom before it is.
func TestApply_DeletionWaitsForHold(t *testing.T) {
	for _, second := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			m := newMemory()
			var released time.Time
			balancer := m.kind("balancer", func(k *resource.Kind[spec, thing]) {
				k.AsynchronousDelete = false
				k.Holds = resource.Hold{Expectation: between(20, 60, 120), What: "network interfaces", Kinds: []string{"group"}}
				remove := k.Delete
				k.Delete = func(ctx context.Context, c *awsapi.Clients, r resource.Record) error {
					released = time.Now().Add(80 * time.Second)
					return remove(ctx, c, r)
				}
			})
			asked, looked, first := 0, 0, time.Duration(0)
			began := time.Now()
			group := m.kind("group", func(k *resource.Kind[spec, thing]) {
				k.AsynchronousDelete = false
				remove := k.Delete
				k.Delete = func(ctx context.Context, c *awsapi.Clients, r resource.Record) error {
					if asked++; asked == 1 {
						first = time.Since(began)
					}
					if time.Now().Before(released) {
						return violation()
					}
					return remove(ctx, c, r)
				}
				k.Blockers = func(context.Context, *awsapi.Clients, string) ([]resource.Blocker, error) {
					looked++
					return nil, nil
				}
			})
			p := newPlatform(t, m, group, balancer)
			g := &resource.Graph{}
			resource.Add(g, balancer, "b", spec{Parents: []resource.Ref{resource.Add(g, group, "g", spec{})}})
			p.up(t.Context(), g)
			<-time.After(time.Minute)
			plan := p.plan(t.Context(), &resource.Graph{})
			began = time.Now()
			run := &apply.Run{Clients: &awsapi.Clients{}, Owner: p.owner, Store: p.store, Replans: true, Second: second, Events: func(e apply.Event) {
				p.evMu.Lock()
				defer p.evMu.Unlock()
				p.events = append(p.events, e)
			}}
			result, err := run.Apply(t.Context(), plan)
			if err != nil {
				t.Fatal(err)
			}
			if second == 0 { // AWS's times say nothing of this cloud
				if first != 0 || looked == 0 {
					t.Errorf("asked first after %s, and looked %d times what is in the way", first, looked)
				}
				return
			}
			if first < 20*time.Second || asked > 20 || looked > 0 || result.Duration > 86*time.Second {
				t.Errorf("asked first after %s, %d times, looked %d times what is in the way, and took %s", first, asked, looked, result.Duration)
			}
			told := ""
			for _, e := range p.events {
				if e.Type == apply.Waiting {
					told = e.Detail
				}
			}
			if !strings.Contains(told, "AWS to release the network interfaces of balancer/b (balancer-0002)") {
				t.Errorf("told: %q", told)
			}
		})
	}
}

// TestApply_ForeseenRefusalsEnd has the hold last longer than it ever did: then AWS is asked what
// is in the way.
func TestApply_ForeseenRefusalsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		balancer := m.kind("balancer", func(k *resource.Kind[spec, thing]) {
			k.AsynchronousDelete = false
			k.Holds = resource.Hold{Expectation: between(20, 60, 120), What: "network interfaces", Kinds: []string{"group"}}
		})
		var looked time.Duration
		began := time.Now()
		group := m.kind("group", func(k *resource.Kind[spec, thing]) {
			k.AsynchronousDelete = false
			remove := k.Delete
			k.Delete = func(ctx context.Context, c *awsapi.Clients, r resource.Record) error {
				if time.Since(began) < 150*time.Second {
					return violation()
				}
				return remove(ctx, c, r)
			}
			k.Blockers = func(context.Context, *awsapi.Clients, string) ([]resource.Blocker, error) {
				if looked == 0 {
					looked = time.Since(began)
				}
				return []resource.Blocker{{Type: "network interface", ID: "eni-1"}}, nil
			}
		})
		p := newPlatform(t, m, group, balancer)
		g := &resource.Graph{}
		resource.Add(g, balancer, "b", spec{Parents: []resource.Ref{resource.Add(g, group, "g", spec{})}})
		p.up(t.Context(), g)
		<-time.After(time.Minute)
		plan := p.plan(t.Context(), &resource.Graph{})
		began = time.Now()
		result := p.onAWS(t.Context(), plan)
		if looked < 2*time.Minute || looked > 130*time.Second || result.Duration > 160*time.Second {
			t.Errorf("looked what is in the way after %s, and took %s", looked, result.Duration)
		}
	})
}
