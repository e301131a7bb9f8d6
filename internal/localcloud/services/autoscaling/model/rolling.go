package model

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// rolling is a group whose instances are being replaced, at one moment.
type rolling struct {
	doing
	g *Group
	r *Refresh
	// outdated are those that are to be replaced, blocked the others of them that wait for somebody; fresh is what has
	// come in the place of any, of which waiting isn't ready.
	outdated, blocked, fresh, waiting []*Instance
	healthy                           int // of all in service
	why                               string
}

// rolling sorts the group's instances.
func (d doing) rolling(g *Group, r *Refresh) *rolling {
	w := &rolling{doing: d, g: g, r: r}
	for _, i := range d.instances() {
		if i.ends() || i.State == Detaching {
			continue
		}
		if i.State == InService && d.isHealthy(g, i) {
			w.healthy++
		}
		if !r.replaces(i) {
			w.fresh = append(w.fresh, i)
			if !slices.Contains(r.Old, i.ID) && i.State != Standby && i.State != EnteringStandby && !w.ready(i) {
				w.waiting = append(w.waiting, i)
			}
			continue
		}
		standby := i.State == Standby || i.State == EnteringStandby
		p := r.Preferences
		switch {
		case standby && p.Standby == ignore, !standby && i.Protected && p.Protected == ignore:
		case standby && p.Standby == waitFor:
			w.blocked = append(w.blocked, i)
			w.why = "Waiting for remaining instances to be available. For example: " + i.ID + " is in Standby."
		case !standby && i.Protected && p.Protected == waitFor:
			w.blocked = append(w.blocked, i)
			w.why = "Waiting for remaining instances to be available. For example: " + i.ID + " is protected from scale in."
		default:
			w.outdated = append(w.outdated, i)
		}
	}
	return w
}

// replaces says whether an instance is one of those that the refresh takes away.
func (r *Refresh) replaces(i *Instance) bool {
	same := i.Template.ID == r.Target.ID && i.Template.Version == r.Target.Version
	old := slices.Contains(r.Old, i.ID)
	switch {
	case r.Rollback != nil:
		return !same && !old
	case r.Preferences.SkipMatching:
		return !same
	}
	return old || !same && r.Configuration != nil
}

// isHealthy says whether an instance in service is healthy for all that the group asks.
func (d doing) isHealthy(g *Group, i *Instance) bool { return i.Healthy && d.unfit(g, i) == "" }

// unfit is what an instance's health lacks, as the reason of a refresh says it.
func (d doing) unfit(g *Group, i *Instance) string {
	machine, there := world.Get[compute.Instance](d.Tx, i.ID)
	switch {
	case !there || i.State != InService || machine.State != compute.Running:
		return "has insufficient data to evaluate its health with Amazon EC2."
	case !g.ByELB():
		return ""
	}
	for _, arn := range g.TargetGroups {
		state := ""
		for _, t := range d.health(arn) {
			if t.InstanceID == i.ID {
				state = t.State
			}
		}
		switch state {
		case "healthy", "unused": // no load balancer asks for it
		case "unhealthy":
			return "is unhealthy according to Elastic Load Balancing."
		default:
			return "has insufficient data to evaluate its health with Elastic Load Balancing."
		}
	}
	return ""
}

// warmupOf is how long a new instance serves before the next is replaced.
func (r *Refresh) warmupOf(g *Group) world.Step {
	seconds := g.Grace
	if g.Warmup != nil {
		seconds = *g.Warmup
	}
	if r.Preferences.Warmup != nil {
		seconds = *r.Preferences.Warmup
	}
	return setting(seconds)
}

// setting is a time that a user has set, in seconds, and that no traffic meets.
func setting(seconds int) world.Step {
	d := time.Duration(seconds) * time.Second
	return world.Step{Fast: min(d, time.Second), AWS: d}
}

// ready says whether a new instance counts as updated; the reason to wait is the first of what others lack.
func (w *rolling) ready(i *Instance) bool {
	var why string
	if i.Unhealthy != "" || !i.Healthy {
		why = "is unhealthy."
	} else {
		why = w.unfit(w.g, i)
	}
	switch {
	case why != "":
		w.why = "Waiting for remaining instances to be available. For example: " + i.ID + " " + why
		return false
	case w.Now().Before(i.InServiceAt.Add(w.Duration(w.r.warmupOf(w.g)))):
		if w.why == "" {
			w.why = "Waiting for instances to warm up before continuing. For example: " + i.ID + " is warming up."
		}
		return false
	}
	return true
}

// count notes how far the refresh is.
func (w *rolling) count() {
	if w.why == "" && len(w.outdated) > 0 {
		w.why = "Waiting for remaining instances to be available."
	}
	total := max(w.r.Total, len(w.outdated)+len(w.blocked))
	replaced := total - len(w.outdated) - len(w.blocked)
	replaced -= min(replaced, w.lacking())
	if w.why != "" {
		w.say(w.r, w.why)
	}
	if left := total - replaced; total != w.r.Total || left != w.r.Left {
		world.Edit(w.Tx, w.r.ID, func(r *Refresh) {
			if total != r.Total || left < r.Left {
				r.Progressed = w.Now()
			}
			r.Total, r.Left = total, left
		})
	}
	w.r, _ = world.Get[Refresh](w.Tx, w.r.ID)
}

// lacking is how much of the desired capacity has gone, and isn't ready again.
func (w *rolling) lacking() int {
	have := 0
	for _, i := range slices.Concat(w.outdated, w.blocked) {
		if i.Counts() {
			have++
		}
	}
	for _, i := range w.fresh {
		if i.State == InService && !slices.ContainsFunc(w.waiting, func(o *Instance) bool { return o.ID == i.ID }) {
			have++
		}
	}
	return max(0, w.g.Desired-have)
}

// gone is how many of those to be replaced are away.
func (w *rolling) gone() int { return w.r.Total - len(w.outdated) - len(w.blocked) }
