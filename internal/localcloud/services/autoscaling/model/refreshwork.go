package model

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// refresh goes on with the group's instance refresh, if one is under way.
// Source: Amazon EC2 Auto Scaling User Guide, "How an instance refresh works in an Auto Scaling group".
func (d doing) refresh() {
	r := activeRefresh(d.Tx, d.name)
	g := d.group()
	d.surplus(r != nil)
	switch {
	case r == nil:
		return
	case g.Deleting:
		endRefresh(d.Tx, r.ID, RefreshCancelled, "Cancelled because the Auto Scaling group is being deleted.")
		return
	case g.IsSuspended("InstanceRefresh"):
		d.say(r, "The InstanceRefresh process is suspended.")
		return
	case r.Started.IsZero():
		if d.Now().Before(r.Created.Add(d.Duration(beginStep()))) {
			return
		}
		world.Edit(d.Tx, r.ID, func(r *Refresh) {
			r.Started, r.Progressed = d.Now(), d.Now()
			if r.Status == RefreshPending { // it may have been rolled back or cancelled meanwhile
				r.Status = RefreshInProgress
			}
		})
		r, _ = world.Get[Refresh](d.Tx, r.ID)
	}
	w := d.rolling(g, r)
	w.count()
	if r.Status == RefreshCancelling {
		if !slices.ContainsFunc(d.instances(), func(i *Instance) bool { return i.ends() || i.isPending() }) {
			endRefresh(d.Tx, r.ID, RefreshCancelled, "Cancelled due to user request.")
		}
	} else {
		w.step()
	}
	d.surplus(activeRefresh(d.Tx, d.name) != nil)
}

// step replaces what may be replaced now, or ends the refresh.
func (w *rolling) step() {
	r := w.r
	switch {
	case r.Status == RefreshBaking:
		w.bake()
	case len(w.outdated)+len(w.blocked) == 0 && len(w.waiting) == 0 && w.counted() >= w.g.Desired || w.complete():
		w.done()
	case w.Now().Sub(r.Progressed) >= w.Duration(giveUpStep()), w.Now().Sub(r.Started) >= longestRefresh:
		w.fail()
	case w.Now().Before(r.PausedTill):
		w.say(r, "The instance refresh waits at a checkpoint.")
	case w.pauses():
	default:
		w.terminateSome()
	}
}

// counted are the instances that count for the capacity.
func (w *rolling) counted() (n int) {
	for _, i := range w.instances() {
		if i.Counts() {
			n++
		}
	}
	return n
}

// replaced are the instances that are done.
func (w *rolling) replaced() int { return w.r.Total - w.r.Left }

// upTo is how many may be replaced before the next checkpoint.
func (w *rolling) upTo() int {
	checkpoints := w.r.Preferences.Checkpoints
	if w.r.rollsBack() || w.r.Passed >= len(checkpoints) {
		return w.r.Total
	}
	return ceil(w.r.Total*checkpoints[w.r.Passed], 100)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// complete says that the last checkpoint is reached, which is where a refresh ends.
func (w *rolling) complete() bool {
	p := w.r.Preferences.Checkpoints
	return len(p) > 0 && !w.r.rollsBack() && w.r.Passed == len(p)-1 && w.replaced() >= w.upTo() && len(w.waiting) == 0
}

// pauses begins the wait at a checkpoint that is reached.
func (w *rolling) pauses() bool {
	p := w.r.Preferences
	if w.r.rollsBack() || w.r.Passed >= len(p.Checkpoints)-1 || w.replaced() < w.upTo() {
		return false
	}
	world.Edit(w.Tx, w.r.ID, func(r *Refresh) {
		r.Passed++
		r.PausedTill = w.Now().Add(w.Duration(setting(p.CheckpointDelay)))
		r.Progressed = r.PausedTill
	})
	return true
}

// terminateSome takes outdated instances out of service, as many as the healthy ones allow. With the surge that is none before
// another serves in its place, else one at a time at least. What isn't healthy serves nobody: it goes before, one at a time.
func (w *rolling) terminateSome() {
	if w.g.IsSuspended("Terminate") {
		return
	}
	least, warming := ceil(w.g.Desired*w.r.Preferences.MinHealthy, 100), len(w.warming())
	can := w.healthy - warming - least
	if w.surge() == 0 {
		can = max(1, w.g.Desired-least) - (w.g.Desired - w.healthy + warming)
	}
	left, unfit := w.upTo()-w.gone(), w.lacking() == 0
	for _, i := range w.inOrder() {
		switch serves := i.State == InService && w.isHealthy(w.g, i); {
		case left <= 0:
			return
		case i.State == Standby:
		case !serves && unfit:
			unfit = false
		case serves && can > 0:
			can--
		default:
			continue
		}
		left--
		w.terminate(i, "At "+stamp(w.Tx)+" an instance was taken out of service in response to an instance refresh.")
	}
}

// warming are the new instances that are healthy, and not ready.
func (w *rolling) warming() (all []*Instance) {
	for _, i := range w.waiting {
		if i.State == InService && w.isHealthy(w.g, i) {
			all = append(all, i)
		}
	}
	return all
}

// inOrder are the outdated instances, those of the fullest zone first.
func (w *rolling) inOrder() []*Instance {
	counts := map[string]int{}
	for _, i := range w.instances() {
		if i.Counts() {
			counts[i.Zone]++
		}
	}
	order := slices.Clone(w.outdated)
	slices.SortStableFunc(order, func(a, b *Instance) int { return counts[b.Zone] - counts[a.Zone] })
	return order
}

// surge is how many more than desired there may be.
func (w *rolling) surge() int {
	p := w.r.Preferences
	most := ceil(w.g.Desired*p.MaxHealthy, 100)
	if p.MinHealthy >= 100 {
		most = max(most, w.g.Desired+1) // one at a time, the new one first
	}
	left := 0
	for _, i := range w.outdated {
		if i.Counts() {
			left++
		}
	}
	return max(0, min(most-w.g.Desired, left, w.upTo()-w.gone()))
}

// done ends the refresh, after its bake time.
func (w *rolling) done() {
	switch {
	case w.r.rollsBack():
		endRefresh(w.Tx, w.r.ID, RefreshRollbackSuccessful, w.r.Rollback.Reason)
	case w.r.Preferences.BakeTime > 0:
		world.Edit(w.Tx, w.r.ID, func(r *Refresh) {
			r.Status, r.Reason, r.BakesUntil = RefreshBaking, "Waiting for the bake time to end.", w.Now().Add(w.Duration(setting(r.Preferences.BakeTime)))
		})
	default:
		w.succeed()
	}
}

func (w *rolling) bake() {
	if !w.Now().Before(w.r.BakesUntil) {
		w.succeed()
	}
}

// succeed makes the desired configuration the group's.
func (w *rolling) succeed() {
	if c := w.r.Configuration; c != nil {
		w.edit(func(g *Group) { g.Template = *c })
	}
	endRefresh(w.Tx, w.r.ID, RefreshSuccessful, "")
}

// fail ends what comes to nothing, or takes it back.
func (w *rolling) fail() {
	why := w.r.Reason
	if why == "" {
		why = "No instance became ready."
	}
	why = "New instances did not become healthy in time. " + why
	switch {
	case w.r.rollsBack():
		endRefresh(w.Tx, w.r.ID, RefreshRollbackFailed, why)
	case w.r.Preferences.AutoRollback:
		rollBack(w.Tx, w.r, why)
	default:
		endRefresh(w.Tx, w.r.ID, RefreshFailed, why)
	}
}

// surplus ends what a refresh that came to nothing has launched beside what it was to replace. Another that has begun since
// does with it as it likes.
func (d doing) surplus(begun bool) {
	for _, r := range RefreshesOf(d.Tx, d.name) {
		if !r.Surplus {
			continue
		}
		world.Edit(d.Tx, r.ID, func(r *Refresh) { r.Surplus = false })
		if begun {
			continue
		}
		w := d.rolling(d.group(), r)
		more := w.counted() - w.g.Desired
		for _, i := range slices.Backward(w.waiting) {
			if more > 0 && i.Counts() {
				more--
				d.terminate(i, "At "+stamp(d.Tx)+" an instance was taken out of service in response to an instance refresh.")
			}
		}
	}
}

// say notes why a refresh waits.
func (d doing) say(r *Refresh, why string) {
	if r.Reason != why {
		world.Edit(d.Tx, r.ID, func(r *Refresh) { r.Reason = why })
	}
}

// surge is how many more than desired the group's refresh has at the moment.
func (d doing) surge() int {
	r, g := activeRefresh(d.Tx, d.name), d.group()
	if r == nil || r.Started.IsZero() || r.Status == RefreshBaking || r.Status == RefreshCancelling || g.IsSuspended("InstanceRefresh") || d.Now().Before(r.PausedTill) {
		return 0
	}
	return d.rolling(g, r).surge()
}

// template is what the group launches: a refresh's desired configuration while it is under way.
func (d doing) template(g *Group) compute.TemplateRef {
	if r := activeRefresh(d.Tx, d.name); r != nil && !r.rollsBack() && r.Configuration != nil && !r.Started.IsZero() {
		return *r.Configuration
	}
	return g.Template
}

// isOutdated says whether the group's refresh takes an instance away, so that it doesn't count for its zone.
func (d doing) isOutdated(i *Instance) bool {
	r := activeRefresh(d.Tx, d.name)
	return r != nil && !r.Started.IsZero() && r.replaces(i)
}

// refreshDue is when a refresh has something to do that nothing else tells of; zero where it hasn't.
func (d doing) refreshDue() time.Time {
	r := activeRefresh(d.Tx, d.name)
	switch {
	case r == nil || d.group().IsSuspended("InstanceRefresh"):
		return time.Time{}
	case r.Started.IsZero():
		return r.Created.Add(d.Duration(beginStep()))
	case r.Status == RefreshBaking:
		return r.BakesUntil
	case d.Now().Before(r.PausedTill):
		return r.PausedTill
	}
	return d.Now().Add(d.Duration(lookStep()))
}
