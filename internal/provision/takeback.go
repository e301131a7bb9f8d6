package provision

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/state"
)

// A roll of a fixed number of instances is taken back where the new version fails, as an Auto Scaling group takes back its own: by
// the plan for the configuration of the last successful up, whose instances are there still but for the zones that were done.

// TakenBack is the error of a roll that failed, and was taken back: what served before serves in full.
type TakenBack struct{ Err error }

// Error is why it failed, and that it was taken back.
func (e *TakenBack) Error() string {
	return e.Err.Error() + "\nthe new version was taken back: the one before serves in full"
}

// Unwrap is why it failed.
func (e *TakenBack) Unwrap() error { return e.Err }

// Before is the configuration that takes a roll back which has failed because of its version: the present one, with the instances of
// the last successful up. False where it was no roll, where nobody knows what was before, and where the cause lies elsewhere: then
// the version before would fare no better.
func Before(view *View, doc state.Document, failed error) (config.Config, bool) {
	before := view.Config
	if doc.Applied == nil || !versionFailed(view.Plan, failed) {
		return before, false
	}
	applied := config.Default()
	if json.Unmarshal(doc.Applied, &applied) != nil || applied.Web.AutoScaling.On() || before.Web.AutoScaling.On() {
		return before, false
	}
	// The load balancer's settings are in what the instances run, and in how they are checked.
	applied.LoadBalancer.HTTPS = before.LoadBalancer.HTTPS
	if reflect.DeepEqual(applied.Web, before.Web) && reflect.DeepEqual(applied.LoadBalancer, before.LoadBalancer) {
		return before, false
	}
	before.Web, before.LoadBalancer = applied.Web, applied.LoadBalancer
	return before, true
}

// versionFailed reports whether a plan's carrying out has failed at a replacement of an instance, for a cause that lies in what it is
// replaced by.
func versionFailed(p *plan.Plan, failed error) bool {
	var step *apply.StepError
	if !errors.As(failed, &step) || !slices.ContainsFunc(p.Steps, func(s *plan.Step) bool {
		return s.Key == step.Key && s.Action == plan.Replace && s.Batch != ""
	}) {
		return false
	}
	var never *apply.NeverReady
	var timeout *apply.Timeout
	switch {
	case errors.As(step, &never):
		return never.Own
	case errors.As(step, &timeout):
		return timeout.Own
	}
	return slices.Contains([]awsapi.Cause{awsapi.Capacity, awsapi.NotOffered, awsapi.Image}, awsapi.CauseOf(step))
}
