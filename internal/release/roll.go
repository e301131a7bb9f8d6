package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Target is an instance behind the load balancer.
type Target struct {
	Instance, Zone string
	Healthy        bool   // as the load balancer sees it
	Reason         string // of one that isn't
}

// Clock is the time.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Roll makes the instances of a platform serve a release.
type Roll struct {
	Bucket  Bucket
	Release Released // that is to be served; its archive is in the bucket
	By      string   // who asks for it: the same for the same person on the same machine
	// AtOnce has all instances change at the same time, as for going back to what has served before.
	AtOnce bool
	// Targets are the instances behind the load balancer now.
	Targets func(context.Context) ([]Target, error)
	// Fetch sends one request through the load balancer, by the path.
	Fetch func(ctx context.Context, path string) (Answer, error)
	// Health is the path of the health check.
	Health string
	// Availability in percent is how many of the requests must succeed.
	Availability float64
	Clock        Clock
	Tell         func(string)
}

// How long things take.
const (
	// beat is how often the pointer is written again while its release is under way, so that others see that somebody is at it.
	beat = time.Minute
	// dead is for how long nobody has been at it when another may take it over.
	dead = 3 * beat
	// patience is how long instances may take to serve a release, beside the time that its bytes take.
	patience = 3 * time.Minute
	// slowest is how many bytes a second an instance fetches and unpacks at least.
	slowest = 5 << 20
	tick    = time.Second
)

// Failed is the error of a release that didn't serve as it should.
type Failed struct {
	Release string
	Where   string // an instance, a zone, or "all zones"
	Reason  string
	Before  string // the release that is served again; "" where there was none
	// Put is why the one before could not be put back, and nil where it was.
	Put error
}

// Error says what failed, and what is served now.
func (f *Failed) Error() string {
	text := fmt.Sprintf("release %s failed in %s: %s", f.Release, f.Where, f.Reason)
	switch {
	case f.Put != nil:
		return fmt.Sprintf("%s; and release %s could not be put back: %v", text, f.Before, f.Put)
	case f.Before == "":
		return text + "; there is none before it to go back to"
	}
	return text + "; release " + f.Before + " is served again"
}

// Unwrap is why the release before could not be put back.
func (f *Failed) Unwrap() error { return f.Put }

// Begin has a platform that has served none yet serve a release from the start. Where there is a pointer already, it does nothing.
func (r *Roll) Begin(ctx context.Context) error {
	stored, err := r.Bucket.Pointer(ctx)
	if err != nil || stored.Current() != "" {
		return err
	}
	_, err = r.write(ctx, stored, r.everywhere(stored))
	return err
}

// stage is a part of the platform that changes to the release at once.
type stage struct {
	where  string
	has    func(Target) bool
	scopes []Scope
}

// Run releases: one instance, its zone, the other zones, each after the one before it serves. What fails is put back, and a *Failed
// says what it was. Interrupted, it leaves all as it is, and another Run of the same release goes on. Where somebody else
// releases, it returns a *Taken.
func (r *Roll) Run(ctx context.Context) error {
	stored, err := r.Bucket.Pointer(ctx)
	if err != nil {
		return err
	}
	if stored.UnderWay() && stored.By != r.By && r.Clock.Now().Sub(stored.At) < dead {
		return &Taken{By: stored.By, At: stored.At, Wanted: stored.Wanted}
	}
	before, release := stored.Pointer, r.Release.ID
	if before.Current() == release && !before.UnderWay() {
		return nil
	}
	if before.Current() != "" && before.Current() != release {
		if stored, err = r.eachStage(ctx, stored); err != nil {
			return err
		}
		stored, err = r.write(ctx, stored, r.everywhere(stored))
	} else {
		all := stage{where: allZones, has: func(Target) bool { return true }}
		stored, err = r.advance(ctx, stored, before, r.everywhere(stored), all)
	}
	if err != nil {
		return err
	}
	if err := r.Bucket.prune(ctx, stored.History, r.Clock.Now()); err != nil {
		r.Tell(fmt.Sprintf("older releases could not be deleted: %v", err))
	}
	return nil
}

const allZones = "all zones"

// eachStage has one stage after the other serve the release.
func (r *Roll) eachStage(ctx context.Context, stored Stored) (Stored, error) {
	before := stored.Pointer
	stages, err := r.stages(ctx, before)
	for _, s := range stages {
		next := before
		next.Scopes, next.Wanted = s.scopes, r.Release.ID
		if stored, err = r.advance(ctx, stored, before, next, s); err != nil {
			return stored, err
		}
	}
	return stored, err
}

// everywhere is the pointer by which all instances serve the release.
func (r *Roll) everywhere(stored Stored) Pointer {
	p := stored.Pointer
	p.Scopes, p.Wanted = []Scope{{everything, r.Release.ID}}, r.Release.ID
	if _, known := p.Find(r.Release.ID); !known || !r.AtOnce { // going back leaves the order in which they came
		p.History = p.with(r.Release)
	}
	return p
}

// stages are the parts of the platform in their order. What an earlier run has done of them isn't undone. Until the last of them
// serves, the release before is that of all others, and so what is gone back to.
func (r *Roll) stages(ctx context.Context, before Pointer) ([]stage, error) {
	targets, err := r.Targets(ctx)
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	targets = slices.SortedFunc(slices.Values(targets), func(a, b Target) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Instance, b.Instance))
	})
	first, release := targets[0], r.Release.ID
	rest := Scope{everything, before.Current()}
	var stages []stage
	if !slices.Contains(before.Scopes, Scope{first.Zone, release}) {
		stages = append(stages, stage{
			where: "instance " + first.Instance, has: func(t Target) bool { return t.Instance == first.Instance },
			scopes: []Scope{{first.Instance, release}, rest},
		})
	}
	var zones []Scope
	for i, t := range targets {
		if i > 0 && targets[i-1].Zone == t.Zone {
			continue
		}
		zones = append(zones, Scope{t.Zone, release})
		stages = append(stages, stage{
			where: "zone " + t.Zone, has: func(other Target) bool { return other.Zone == t.Zone }, scopes: append(slices.Clone(zones), rest),
		})
	}
	if r.AtOnce {
		return []stage{{where: allZones, has: func(Target) bool { return true }, scopes: append(zones, rest)}}, nil
	}
	return stages, nil
}

// advance writes the next pointer, and watches until the stage serves by it. Where it doesn't, it puts the one before back.
func (r *Roll) advance(ctx context.Context, stored Stored, before, next Pointer, s stage) (Stored, error) {
	r.Tell(fmt.Sprintf("release %s in %s", r.Release.ID, s.where))
	w := &watch{roll: r, stage: s, reported: map[string]bool{}}
	if err := w.begin(ctx); err != nil {
		return stored, err
	}
	stored, err := r.write(ctx, stored, next)
	if err != nil {
		return stored, err
	}
	stored, reason, err := r.watch(ctx, stored, w)
	if err != nil || reason == "" {
		return stored, err
	}
	failed := &Failed{Release: r.Release.ID, Where: s.where, Reason: reason, Before: before.Current()}
	if failed.Before == "" || failed.Before == r.Release.ID {
		failed.Before = ""
		return stored, failed
	}
	r.Tell(fmt.Sprintf("release %s failed in %s: %s; putting %s back", r.Release.ID, s.where, reason, failed.Before))
	before.Scopes, before.Wanted = []Scope{{everything, failed.Before}}, failed.Before
	if stored, failed.Put = r.write(ctx, stored, before); failed.Put == nil {
		failed.Put = r.returned(ctx, failed.Before)
	}
	return stored, failed
}

// write replaces the pointer, unless it says the same already.
func (r *Roll) write(ctx context.Context, stored Stored, next Pointer) (Stored, error) {
	if slices.Equal(stored.Scopes, next.Scopes) && stored.Wanted == next.Wanted && stored.By == r.By {
		return stored, nil
	}
	next.By, next.At = r.By, r.Clock.Now()
	return r.Bucket.replace(ctx, stored, next)
}

// patience is how long a stage may take.
func (r *Roll) patience() time.Duration {
	return patience + time.Duration(r.Release.Bytes/slowest)*time.Second
}

// watch looks at a stage until all of it serves the release; reason is why it doesn't.
func (r *Roll) watch(ctx context.Context, stored Stored, w *watch) (_ Stored, reason string, err error) {
	began := r.Clock.Now()
	for {
		served, reason, err := w.look(ctx)
		now := r.Clock.Now()
		switch {
		case err != nil || reason != "" || served:
			return stored, reason, err
		case now.Sub(began) > r.patience():
			return stored, fmt.Sprintf("not within %s: %s", r.patience(), w.missing), nil
		case now.Sub(stored.At) >= beat:
			again := stored.Pointer
			again.At = now
			if stored, err = r.Bucket.replace(ctx, stored, again); err != nil {
				return stored, "", err
			}
		}
		if err := r.Clock.Sleep(ctx, tick); err != nil {
			return stored, "", err
		}
	}
}

// returned waits until the instances serve the release before.
func (r *Roll) returned(ctx context.Context, before string) error {
	for until := r.Clock.Now().Add(patience); ; {
		targets, err := r.Targets(ctx)
		if err != nil {
			return err
		}
		missing := ""
		for _, t := range targets {
			report, err := r.Bucket.Report(ctx, t.Instance)
			if err != nil {
				return err
			}
			if report.Release != before || report.Wanted != before {
				missing = t.Instance
				break
			}
		}
		if missing == "" {
			return nil
		}
		if r.Clock.Now().After(until) {
			return errors.New("the pointer is, but instance " + missing + " doesn't serve it yet")
		}
		if err := r.Clock.Sleep(ctx, tick); err != nil {
			return err
		}
	}
}
