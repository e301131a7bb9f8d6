package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
)

// stage is a platform of two instances on which a drill is played, in a bubble's
// time: the fault takes a from the moment it is injected until it is restored.
type stage struct {
	plan *Plan

	mu               sync.Mutex
	broken           bool
	calls            []string
	phases           []string
	journalAtInject  bool
	mark, inject     func(context.Context) error
	restore          func(context.Context) error
	class            func(broken bool) load.Class
	states           func(broken bool) (map[string]string, error)
	onPhase, onFrame func(string)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		class: func(broken bool) load.Class {
			if broken {
				return load.BadGateway
			}
			return load.OK
		},
		states: func(broken bool) (map[string]string, error) {
			if broken {
				return map[string]string{"a": "unhealthy", "b": "healthy"}, nil
			}
			return map[string]string{"a": "healthy", "b": "healthy"}, nil
		},
	}
	options := Defaults()
	options.Duration = 20 * time.Second
	options.Availability = 1
	s.plan = &Plan{
		Options: options, page: httpclient.Way{URL: "http://shop"}, targets: []loadbalancing.Target{{Instance: "a"}, {Instance: "b"}},
		Entry:      fault.Entry{Version: fault.EntryVersion, ID: "1", Scenario: fault.Instance, Victims: []fault.Victim{{Instance: "a"}}},
		journal:    journal.Of(filepath.Join(t.TempDir(), "shop.json")),
		Prediction: predict.Prediction{Recover: predict.Window{Max: time.Minute}},
		scenario: fault.Scenario{
			Mark: func(ctx context.Context, _ *awsapi.Clients, _ fault.Entry) error {
				return s.act(ctx, "mark", s.mark, nil)
			},
			Inject: func(ctx context.Context, _ *awsapi.Clients, _ fault.Entry) error {
				_, err := os.Stat(s.plan.journal.Path())
				s.journalAtInject = err == nil
				return s.act(ctx, "inject", s.inject, func() { s.broken = true })
			},
			Restore: func(ctx context.Context, _ *awsapi.Clients, _ fault.Entry) error {
				return s.act(ctx, "restore", s.restore, func() { s.broken = false })
			},
		},
		look: func(context.Context) (map[string]string, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.states(s.broken)
		},
		send: func(ctx context.Context, o load.Options, each func(load.Sample)) error {
			every(ctx, time.Second/time.Duration(o.Rate), func() {
				s.mu.Lock()
				class := s.class(s.broken)
				s.mu.Unlock()
				if class != "" {
					each(load.Sample{Due: time.Now(), Class: class})
				}
			})
			return nil
		},
	}
	return s
}

// act notes that a scenario's function was called, and does what it does: first
// what always happens, then what the test wants.
func (s *stage) act(ctx context.Context, what string, then func(context.Context) error, effect func()) error {
	s.mu.Lock()
	s.calls = append(s.calls, what)
	if effect != nil {
		effect()
	}
	s.mu.Unlock()
	if then != nil {
		return then(ctx)
	}
	return nil
}

func (s *stage) Phase(text string) {
	s.mu.Lock()
	s.phases = append(s.phases, text)
	s.mu.Unlock()
	if s.onPhase != nil {
		s.onPhase(text)
	}
}

func (s *stage) Second(measure.Result) {
	if s.onFrame != nil {
		s.onFrame("")
	}
}

// isRestored fails the test where the fault or the journal is still there.
func (s *stage) isRestored(t *testing.T) {
	t.Helper()
	if s.broken {
		t.Error("the fault is still there")
	}
	if written, err := s.plan.journal.Read(); written != nil || err != nil {
		t.Errorf("the journal is still there: %+v, %v", written, err)
	}
}

func TestRun(t *testing.T) {
	boom := errors.New("boom")
	fail := func(context.Context) error { return boom }
	for _, test := range []struct {
		name     string
		change   func(*stage)
		verdict  Verdict
		reason   string // in the first reason, or in the error without an outcome
		calls    string
		notBegun bool // no outcome
		broken   bool // in the end
		err      bool
	}{
		{name: "a pass", verdict: Pass, calls: "mark inject restore"},
		{name: "too many errors", verdict: Fail, reason: "fewer requests succeeded than the objective asks for", calls: "mark inject restore",
			change: func(s *stage) { s.plan.Options.Availability = 99.9 }},
		{name: "marking fails", verdict: Aborted, reason: "mark what is to be broken: boom", calls: "mark restore", err: true,
			change: func(s *stage) { s.mark = fail }},
		{name: "injection fails", verdict: Aborted, reason: "inject the fault: boom", calls: "mark inject restore", err: true,
			change: func(s *stage) { s.inject = fail }},
		{name: "injection panics", verdict: Aborted, reason: "broke down: ouch", calls: "mark inject restore", err: true,
			change: func(s *stage) { s.inject = func(context.Context) error { panic("ouch") } }},
		{name: "restoring fails", verdict: Aborted, reason: "could not be restored: boom", calls: "mark inject restore", err: true, broken: true,
			change: func(s *stage) { s.restore = fail }},
		{name: "restoring panics", verdict: Aborted, reason: "could not be restored: this program broke down: ouch", calls: "mark inject restore", err: true, broken: true,
			change: func(s *stage) { s.restore = func(context.Context) error { panic("ouch") } }},
		{name: "too few requests succeed", verdict: Aborted, reason: "fewer than 80 % of the requests succeeded", calls: "mark inject restore",
			change: func(s *stage) { s.plan.Options.AbortBelow = 80 }},
		{name: "too few succeed while it is injected", verdict: Aborted, reason: "fewer than 80 % of the requests succeeded", calls: "mark inject restore",
			change: func(s *stage) {
				s.plan.Options.AbortBelow = 80
				s.inject = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			}},
		{name: "too few succeed, and the targets can't be read", verdict: Aborted, reason: "fewer than 80 % of the requests succeeded", calls: "mark inject restore",
			change: func(s *stage) {
				s.plan.Options.AbortBelow = 80
				s.states = func(broken bool) (map[string]string, error) {
					if broken {
						return nil, boom
					}
					return map[string]string{"a": "healthy", "b": "healthy"}, nil
				}
			}},
		{name: "it takes too long to inject", verdict: Aborted, reason: "the fault lasted longer than 30s", calls: "mark inject restore",
			change: func(s *stage) {
				s.plan.Options.Longest = 30 * time.Second
				s.inject = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			}},
		{name: "it never recovers", verdict: Fail, reason: "did not all become healthy", calls: "mark inject restore",
			change: func(s *stage) {
				s.states = func(broken bool) (map[string]string, error) {
					if slices.Contains(s.calls, "restore") {
						return map[string]string{"a": "initial", "b": "healthy"}, nil
					}
					return map[string]string{"a": "healthy", "b": "healthy"}, nil
				}
			}},
		{name: "requests fail before", notBegun: true, reason: "requests failed before anything was broken", err: true,
			change: func(s *stage) { s.class = func(bool) load.Class { return load.Unavailable } }},
		{name: "nothing answers before", notBegun: true, reason: "answered no request within 5s", err: true,
			change: func(s *stage) { s.class = func(bool) load.Class { return "" } }},
		{name: "a target is unhealthy before", notBegun: true, reason: "became unhealthy before", err: true,
			change: func(s *stage) {
				s.states = func(bool) (map[string]string, error) { return map[string]string{"a": "healthy"}, nil }
			}},
		{name: "the targets can't be read before", notBegun: true, reason: "states could not be read", err: true,
			change: func(s *stage) { s.states = func(bool) (map[string]string, error) { return nil, boom } }},
		{name: "the journal can't be written", notBegun: true, reason: "write the drill's journal", err: true,
			change: func(s *stage) { s.plan.journal = journal.Of("/dev/null/shop.json") }},
		{name: "the load can't be made", notBegun: true, reason: "make the load: boom", err: true,
			change: func(s *stage) {
				s.plan.send = func(context.Context, load.Options, func(load.Sample)) error { return boom }
			}},
		{name: "the watcher panics before the fault", notBegun: true, reason: "broke down: ouch", err: true,
			change: func(s *stage) { s.onPhase = func(string) { panic("ouch") } }},
		{name: "the watcher panics at the fault", verdict: Aborted, reason: "broke down: ouch", calls: "mark inject restore", err: true,
			change: func(s *stage) { s.onPhase = panicAt("the fault is in place") }},
		{name: "the watcher panics at the restoring", verdict: Aborted, reason: "broke down: ouch", calls: "mark inject restore", err: true,
			change: func(s *stage) { s.onPhase = panicAt("restoring the fault") }},
		{name: "the watcher panics after the restoring", verdict: Aborted, reason: "broke down: ouch", calls: "mark inject restore", err: true,
			change: func(s *stage) { s.onPhase = panicAt("measuring after the recovery") }},
		{name: "drawing panics", verdict: Aborted, reason: "broke down: ouch", calls: "mark inject restore", err: true,
			change: func(s *stage) {
				s.onFrame = func(string) {
					s.mu.Lock()
					defer s.mu.Unlock()
					if s.broken {
						panic("ouch")
					}
				}
			}},
		{name: "reading the targets panics", verdict: Aborted, reason: "broke down: ouch", calls: "mark inject restore", err: true,
			change: func(s *stage) {
				healthy := s.states
				s.states = func(broken bool) (map[string]string, error) {
					if broken {
						panic("ouch")
					}
					return healthy(broken)
				}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				if test.change != nil {
					test.change(s)
				}
				outcome, err := s.plan.Run(t.Context(), s)
				if (err != nil) != test.err {
					t.Errorf("its error is %v", err)
				}
				if calls := strings.Join(s.calls, " "); calls != test.calls {
					t.Errorf("calls %q, want %q", calls, test.calls)
				}
				if test.notBegun {
					if outcome != nil || !strings.Contains(fmt.Sprint(err), test.reason) {
						t.Errorf("outcome %+v, error %v, want one with %q", outcome, err, test.reason)
					}
					if s.plan.journal.Path() != "/dev/null/shop.drill.json" {
						s.isRestored(t)
					}
					return
				}
				if outcome.Verdict != test.verdict || !strings.Contains(strings.Join(outcome.Reasons, "\n"), test.reason) {
					t.Errorf("%s because of %q, want %s because of %q", outcome.Verdict, outcome.Reasons, test.verdict, test.reason)
				}
				if slices.Contains(s.calls, "inject") && !s.journalAtInject {
					t.Error("the fault came before the journal")
				}
				if outcome.Restored == test.broken {
					t.Errorf("restored: %v", outcome.Restored)
				}
				if test.broken {
					written, readErr := s.plan.journal.Read()
					if written == nil || written.ID != "1" {
						t.Errorf("the journal says %+v, %v", written, readErr)
					}
					if !errors.As(err, new(*NotRestored)) {
						t.Errorf("%v is no NotRestored", err)
					}
					return
				}
				s.isRestored(t)
			})
		})
	}
}

func panicAt(phase string) func(string) {
	return func(text string) {
		if text == phase {
			panic("ouch")
		}
	}
}

// TestRun_RestoresWhenInterruptedAtAnyPhase ends the drill at each of its phases: what was begun
// is restored, and nothing more.
func TestRun_RestoresWhenInterruptedAtAnyPhase(t *testing.T) {
	var phases []string
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		if _, err := s.plan.Run(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		phases = s.phases
	})
	if len(phases) < 6 {
		t.Fatalf("phases %q", phases)
	}
	for _, phase := range phases {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				s.onPhase = func(text string) {
					if text == phase {
						interrupt()
					}
				}
				s.restore = func(ctx context.Context) error { return ctx.Err() }
				outcome, err := s.plan.Run(ctx, s)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("its error is %v", err)
				}
				s.isRestored(t)
				if slices.Contains(s.calls, "inject") && !slices.Contains(s.calls, "restore") {
					t.Errorf("calls %q", s.calls)
				}
				if outcome != nil && (outcome.Verdict != Aborted || !outcome.Restored) {
					t.Errorf("%s, restored %v", outcome.Verdict, outcome.Restored)
				}
			})
		})
	}
}

// TestRun_MeasuresFromTheFaultToTheRecovery plays a drill whose numbers are known.
func TestRun_MeasuresFromTheFaultToTheRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.inject = func(context.Context) error { <-time.After(2 * time.Second); return nil }
		outcome, err := s.plan.Run(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		r := outcome.Result
		if got := r.Marks[measure.Fault]; got != 5*time.Second {
			t.Errorf("the fault at %s", got)
		}
		if got := r.Marks[measure.Restore]; got != 27*time.Second {
			t.Errorf("the restoring at %s", got)
		}
		if r.Injection == nil || *r.Injection != 2*time.Second {
			t.Errorf("injected within %v", r.Injection)
		}
		if r.Detect == nil || *r.Detect > lookEvery {
			t.Errorf("detected after %v", r.Detect)
		}
		if want := 22 * s.plan.Options.Rate; r.Window.Failed < want-2 || r.Window.Failed > want+2 {
			t.Errorf("%d requests failed, want %d", r.Window.Failed, want)
		}
		if r.Recover == nil || *r.Recover > 2*lookEvery {
			t.Errorf("recovered after %v", r.Recover)
		}
	})
}
