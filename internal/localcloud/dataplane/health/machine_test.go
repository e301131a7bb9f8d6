package health

import (
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMachine(t *testing.T) {
	pass, timeout, failed := Result{Outcome: Passed}, Result{Outcome: TimedOut}, Result{Outcome: Failed}
	code := func(c int) Result { return Result{Outcome: Mismatch, Code: c} }
	healthy := Status{State: Healthy}
	for _, tt := range []struct {
		name    string
		results []Result
		want    Status
	}{
		{"registered", nil, RegistrationInProgress()},
		{"a new target needs one pass", []Result{pass}, healthy},
		{"one miss of a new target decides nothing", []Result{failed}, InitialHealthChecking()},
		{"one pass is enough while initial, also after a miss", []Result{failed, pass}, healthy},
		{"a new target that keeps failing", []Result{failed, failed}, Status{Unhealthy, ReasonFailedHealthChecks, "Health checks failed"}},
		{"one miss doesn't make it unhealthy", []Result{pass, timeout}, healthy},
		{"misses must be consecutive", []Result{pass, timeout, pass, timeout}, healthy},
		{"timeout", []Result{pass, timeout, timeout}, Status{Unhealthy, ReasonTimeout, "Request timed out"}},
		{"the last miss gives the reason", []Result{pass, timeout, failed}, Status{Unhealthy, ReasonFailedHealthChecks, "Health checks failed"}},
		{"a later miss changes the reason", []Result{pass, failed, failed, timeout}, Status{Unhealthy, ReasonTimeout, "Request timed out"}},
		{"wrong code", []Result{pass, code(503), code(503)}, Status{Unhealthy, ReasonResponseCodeMismatch, "Health checks failed with these codes: [503]"}},
		{"wrong codes", []Result{pass, code(503), code(404), code(503)}, Status{Unhealthy, ReasonResponseCodeMismatch, "Health checks failed with these codes: [503, 404]"}},
		{"recovering needs the threshold", []Result{failed, failed, pass, pass}, Status{Unhealthy, ReasonFailedHealthChecks, "Health checks failed"}},
		{"recovered", []Result{failed, failed, pass, pass, pass}, healthy},
		{"passes must be consecutive", []Result{failed, failed, pass, pass, failed, pass, pass}, Status{Unhealthy, ReasonFailedHealthChecks, "Health checks failed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMachine(3, 2)
			for _, r := range tt.results {
				before := m.Status().State
				if changed := m.Observe(r); changed != (m.Status().State != before) {
					t.Errorf("Observe(%v) = %v, state went from %s to %s", r, changed, before, m.Status().State)
				}
			}
			if diff := testenv.Diff(tt.want, m.Status()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		matcher string
		code    int
		want    bool
	}{
		{"200", 200, true}, {"200", 201, false}, {"200,202", 202, true}, {"200-299", 299, true},
		{"200-299", 300, false}, {"200, 404", 404, true}, {"x", 200, false}, {"", 0, false},
	} {
		if got := Matches(tt.matcher, tt.code); got != tt.want {
			t.Errorf("Matches(%q, %d) = %v", tt.matcher, tt.code, got)
		}
	}
}
