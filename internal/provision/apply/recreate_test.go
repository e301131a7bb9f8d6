package apply_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestApply_RecreatesTransientFailureOnce dooms the first roofs.
func TestApply_RecreatesTransientFailureOnce(t *testing.T) {
	for name, test := range map[string]struct {
		dooms []string
		fails bool
		log   []string
	}{
		"once":    {[]string{passing}, false, []string{"create roof/r0@1", "delete roof/r0@1", "create roof/r0@2"}},
		"twice":   {[]string{passing, passing}, true, []string{"create roof/r0@1", "delete roof/r0@1", "create roof/r0@2"}},
		"lasting": {[]string{"broken"}, true, []string{"create roof/r0@1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTower(t)
				p.dooms = map[string][]string{"roof/r0": test.dooms}
				_, err := p.apply(t.Context(), p.plan(t.Context(), tower(p.memory, "x", "", 1)))
				if (err != nil) != test.fails || err != nil && !strings.Contains(err.Error(), "the same command replaces it") {
					t.Errorf("got %v", err)
				}
				var roofs []string
				for _, line := range p.log {
					if strings.Contains(line, "roof") {
						roofs = append(roofs, line)
					}
				}
				if diff := testenv.Diff(test.log, roofs); diff != "" {
					t.Error(diff)
				}
				// The same command makes it whole, and then there is nothing to do.
				p.up(t.Context(), tower(p.memory, "x", "", 1))
				if diff := testenv.Diff([]string{"base/b", "floor/f", "roof/r0"}, p.alive()); diff != "" {
					t.Error(diff)
				}
				p.log = nil
				p.up(t.Context(), tower(p.memory, "x", "", 1))
				if len(p.log) > 0 {
					t.Errorf("another run did %v", p.log)
				}
			})
		})
	}
}

// TestApply_RecreatesWhatIsGoneSincePlan plans with a list that still shows what is gone: to
// be changed, or to be waited for.
func TestApply_RecreatesWhatIsGoneSincePlan(t *testing.T) {
	for name, test := range map[string]struct {
		value string
		log   []string
	}{
		"to be changed":    {"new", []string{"create only/o@2", "update only/o"}},
		"to be waited for": {"", []string{"create only/o@2"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				kind := m.kind("only")
				p := newPlatform(t, m, kind)
				graph := func(value string) *resource.Graph {
					g := &resource.Graph{}
					resource.Add(g, kind, "o", spec{Value: value})
					return g
				}
				p.up(t.Context(), graph(""))
				for _, object := range m.objects {
					object.ready = time.Now().Add(time.Hour)
				}
				plan := p.plan(t.Context(), graph(test.value))
				clear(m.objects)
				m.log, m.hidden = nil, 20*time.Second // longer than a list is mostly late
				result, err := p.apply(t.Context(), plan)
				if err != nil {
					t.Fatal(err)
				}
				if diff := testenv.Diff(test.log, m.log); diff != "" {
					t.Error(diff)
				}
				if diff := testenv.Diff([]string{"only/o"}, p.alive()); diff != "" {
					t.Error(diff)
				}
				if result.Duration > time.Minute {
					t.Errorf("it took %v", result.Duration)
				}
				records := p.store.Document().Records
				if len(records) != 1 || m.objects[records[0].ID] == nil {
					t.Errorf("recorded: %v", records)
				}
			})
		})
	}
}

// TestApply_WaitsForPendingObjectWithoutChangingIt changes the object between plan and
// apply: what the plan keeps is waited for, and another plan finds the difference.
func TestApply_WaitsForPendingObjectWithoutChangingIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		kind := m.kind("only")
		p := newPlatform(t, m, kind)
		g := &resource.Graph{}
		resource.Add(g, kind, "o", spec{Value: "wanted"})
		p.up(t.Context(), g)
		for _, object := range m.objects {
			object.ready = time.Now().Add(time.Minute)
		}
		kept := p.plan(t.Context(), g)
		for _, object := range m.objects {
			object.value = "drifted"
		}
		m.log = nil
		if _, err := p.apply(t.Context(), kept); err != nil || len(m.log) > 0 {
			t.Errorf("it did %v: %v", m.log, err)
		}
		p.up(t.Context(), g)
		if diff := testenv.Diff([]string{"update only/o"}, m.log); diff != "" {
			t.Error(diff)
		}
	})
}
