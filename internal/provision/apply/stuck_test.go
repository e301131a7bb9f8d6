package apply_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// The times of a cloud in which a server boots for a minute, and a target that
// has recovered is seen within 20 s.
const (
	boot   = time.Minute
	notice = 20 * time.Second
)

// rolling is a memory cloud of servers in zones, and a graph of a version.
func rolling(t *testing.T) (*platform, func(version string) *resource.Graph) {
	m := newMemory()
	m.making, m.sick = 10*time.Second, map[string]bool{}
	server := m.kind("server")
	target := m.kind("target", func(k *resource.Kind[spec, thing]) {
		k.Serves = func(id string) string {
			m.mu.Lock()
			defer m.mu.Unlock()
			if t := m.objects[id]; t != nil {
				return resource.Handle("server", t.parents[0])
			}
			return ""
		}
		k.Stuck = func(_ context.Context, _ *awsapi.Clients, t thing) (resource.Diagnosis, error) {
			if time.Since(t.born) < boot {
				return resource.Diagnosis{}, nil
			}
			return resource.Diagnosis{Reason: "it doesn't answer", Own: !m.elsewhere, Confirm: notice}, nil
		}
	})
	return newPlatform(t, m, server, target), func(version string) *resource.Graph {
		g := &resource.Graph{}
		for _, zone := range []string{"a", "b"} {
			s := resource.Add(g, server, zone, spec{Fixed: version})
			g.InBatch(zone, s, resource.Add(g, target, zone, spec{Parents: []resource.Ref{s}}))
		}
		return g
	}
}

// TestApply_StuckVersionStopsRoll lets the new version fail in the second
// zone; then it is corrected, tried again, or taken back.
func TestApply_StuckVersionStopsRoll(t *testing.T) {
	for name, test := range map[string]struct {
		then string
		log  []string
	}{
		"corrected": {"v3", []string{
			"delete target/b@2", "delete server/b@2",
			"create server/a@3", "create target/a@3", "delete target/a@2", "delete server/a@2",
			"create server/b@3", "create target/b@3", "delete target/b@1", "delete server/b@1",
		}},
		"tried again": {"v2", []string{
			"delete target/b@2", "delete server/b@2",
			"create server/b@3", "create target/b@3", "delete target/b@1", "delete server/b@1",
		}},
		"taken back": {"v1", []string{
			"delete target/b@2", "delete server/b@2",
			"create server/a@3", "create target/a@3", "delete target/a@2", "delete server/a@2",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, graph := rolling(t)
				p.up(t.Context(), graph("v1"))
				p.log, p.sick["target/b"] = nil, true
				began := time.Now()
				_, err := p.apply(t.Context(), p.plan(t.Context(), graph("v2")))
				var step *apply.StepError
				var never *apply.NeverReady
				if !errors.As(err, &step) || step.Key.String() != "target/b" || !errors.As(err, &never) || !strings.Contains(err.Error(), "it doesn't answer") {
					t.Fatalf("got %v", err)
				}
				// Two servers and a target of 10 s each, then the boot and the notice.
				if took := time.Since(began); took < 30*time.Second+boot+notice || took > 60*time.Second+boot+notice {
					t.Errorf("it took %s to give it up", took)
				}
				failed := []string{
					"create server/a@2", "create target/a@2", "delete target/a@1", "delete server/a@1",
					"create server/b@2", "create target/b@2",
				}
				if diff := testenv.Diff(failed, p.log); diff != "" {
					t.Error(diff)
				}
				p.log, p.sick["target/b"] = nil, false
				p.up(t.Context(), graph(test.then))
				if diff := testenv.Diff(test.log, p.log); diff != "" {
					t.Error(diff)
				}
				p.log = nil
				p.up(t.Context(), graph(test.then))
				if len(p.log) > 0 {
					t.Errorf("another run did %v", p.log)
				}
			})
		})
	}
}

// TestApply_KeepsWhatIsNotReadyForCauseElsewhere lets a target that was healthy go silent for
// a cause that doesn't lie in its server: each run waits and fails, and none ends the server.
func TestApply_KeepsWhatIsNotReadyForCauseElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, graph := rolling(t)
		p.elsewhere = true
		p.up(t.Context(), graph("v1"))
		p.log = nil
		p.silence("target/b", true)
		for range 2 {
			_, err := p.apply(t.Context(), p.plan(t.Context(), graph("v1")))
			var never *apply.NeverReady
			if !errors.As(err, &never) || never.Own {
				t.Fatalf("got %v", err)
			}
			if len(p.log) > 0 {
				t.Fatalf("for a cause elsewhere it did %v", p.log)
			}
		}
		p.silence("target/b", false)
		p.up(t.Context(), graph("v1"))
		if len(p.log) > 0 {
			t.Errorf("once the cause was gone it did %v", p.log)
		}
	})
}
