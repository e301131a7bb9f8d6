package release

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// Answer is what one request through the load balancer brought.
type Answer struct {
	Status                  int
	Instance, Zone, Release string
}

const (
	// requests are sent with each look.
	requests = 8
	// mostReports are read with each look.
	mostReports = 50
	// fewErrors are no sign of anything, whatever part of the requests they are.
	fewErrors = 2
	// mostRefused is how often a new release may fail its health check: as often as a load balancer finds one unhealthy.
	mostRefused = 2
)

// watch is a stage that is being watched.
type watch struct {
	roll            *Roll
	stage           stage
	earlier         map[string]Report // what instances reported before the pointer told them
	reported        map[string]bool   // instances that say that they serve it
	page, health    bool              // came back from the stage with the release
	total, failed   int               // requests
	refused         int               // health checks
	last            string            // error
	missing, latest string            // what is waited for; the last failure
}

// begin notes what instances have reported so far: that they failed with the same release before says nothing of this time.
func (w *watch) begin(ctx context.Context) error {
	targets, err := w.targets(ctx)
	if err != nil {
		return err
	}
	w.earlier = map[string]Report{}
	for _, t := range targets {
		if w.earlier[t.Instance], err = w.roll.Bucket.Report(ctx, t.Instance); err != nil {
			return err
		}
	}
	return nil
}

// targets are those of the stage.
func (w *watch) targets(ctx context.Context) ([]Target, error) {
	all, err := w.roll.Targets(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(t Target) bool { return !w.stage.has(t) }), err
}

// look reads reports, sends requests, and judges: served, or a reason why it never will be.
func (w *watch) look(ctx context.Context) (served bool, reason string, err error) {
	targets, err := w.targets(ctx)
	if err != nil {
		return false, "", err
	}
	if reason, err := w.read(ctx, targets); reason != "" || err != nil {
		return false, reason, err
	}
	for range requests {
		path, seen := "/", &w.page
		if w.asksHealth() {
			path, seen = w.roll.Health, &w.health
		}
		if err := w.fetch(ctx, path, seen); err != nil {
			return false, "", err
		}
	}
	switch allowed := (100 - w.roll.Availability) / 100; {
	case w.failed > fewErrors && float64(w.failed) > allowed*float64(w.total):
		return false, fmt.Sprintf("%d of %d requests failed, and %g %% must succeed; the last: %s", w.failed, w.total, w.roll.Availability, w.last), nil
	case w.refused > mostRefused:
		return false, fmt.Sprintf("the health check %s failed: %s", w.roll.Health, w.latest), nil
	}
	w.missing = w.waits(targets)
	return w.missing == "", "", nil
}

// asksHealth says of the next request that it is for the health check: two of five are, by the golden ratio, since a load balancer
// that asks one instance after the other would send those of any regular order to the same ones for ever.
func (w *watch) asksHealth() bool {
	const golden, share = 0x9e3779b9, 0x61c88647 // of 2³²: 0.618… and what is left
	return uint32(w.total)*golden < share        //nolint:gosec // it wraps on purpose
}

// waits is what the stage lacks; "" of one that serves.
func (w *watch) waits(targets []Target) string {
	for _, t := range targets {
		switch {
		case !w.reported[t.Instance]:
			return "instance " + t.Instance + " doesn't report that it serves it"
		case !t.Healthy:
			return "the load balancer finds instance " + t.Instance + " not healthy: " + t.Reason
		}
	}
	switch {
	case len(targets) == 0: // nobody is there who could serve it
		return ""
	case !w.page:
		return "the page doesn't come with it through the load balancer"
	case !w.health:
		return "the health check " + w.roll.Health + " isn't answered by it through the load balancer"
	}
	return ""
}

// read reads the reports of instances that haven't said yet that they serve the release.
func (w *watch) read(ctx context.Context, targets []Target) (reason string, err error) {
	asked := 0
	for _, t := range targets {
		if w.reported[t.Instance] || asked == mostReports {
			continue
		}
		asked++
		report, err := w.roll.Bucket.Report(ctx, t.Instance)
		switch id := w.roll.Release.ID; {
		case err != nil:
			return "", err
		case report.Failed && report.Wanted == id && report != w.earlier[t.Instance]:
			return fmt.Sprintf("instance %s reports: %s", t.Instance, report.Reason), nil
		case report.Release == id && !report.Failed:
			w.reported[t.Instance] = true
		}
	}
	return "", nil
}

// fetch sends one request, and notes in seen that the stage answered it with the release.
func (w *watch) fetch(ctx context.Context, path string, seen *bool) error {
	answer, err := w.roll.Fetch(ctx, path)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.total++
	isNew := err == nil && answer.Release == w.roll.Release.ID && w.stage.has(Target{Instance: answer.Instance, Zone: answer.Zone})
	checks := path == w.roll.Health
	switch {
	case err != nil:
		w.failed, w.last = w.failed+1, err.Error()
	case answer.Status >= http.StatusInternalServerError:
		w.failed, w.last = w.failed+1, fmt.Sprintf("HTTP %d from instance %s", answer.Status, answer.Instance)
	case isNew && !checks && answer.Status < http.StatusBadRequest:
		*seen = true
	}
	switch {
	case !isNew || !checks:
	case answer.Status == http.StatusOK:
		*seen = true
	default:
		w.refused, w.latest = w.refused+1, fmt.Sprintf("HTTP %d from instance %s", answer.Status, answer.Instance)
	}
	return nil
}
