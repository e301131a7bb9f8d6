package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/drill/scaling"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
)

// This file has what a drill does otherwise where the instances are in an Auto Scaling group.

// groupEvery is the time between two looks at the group, which is looked at only where the targets may all be healthy.
const groupEvery = 2 * time.Second

// members are the group's instances during a drill.
type members struct {
	before map[string]string // the zones, by instance
	look   func(context.Context) (*scaling.Group, error)

	mu   sync.Mutex
	at   time.Time
	last *scaling.Group
}

// group is the platform's Auto Scaling group; nil where it has none.
func (p Platform) group(ctx context.Context, c *awsapi.Clients) (*scaling.Group, error) {
	for _, object := range p.Objects {
		if object.Key.Kind == autoscaling.GroupKind().Name {
			return scaling.Describe(ctx, c, object.ID)
		}
	}
	return nil, nil
}

// targets are the platform's, by zone and then by instance, without those that its group is ending.
func (p Platform) targets(scaled *scaling.Group) []loadbalancing.Target {
	all := loadbalancing.Targets(p.Objects)
	if scaled == nil {
		return all
	}
	return slices.DeleteFunc(all, func(t loadbalancing.Target) bool {
		return !slices.ContainsFunc(scaled.Members, func(m scaling.Member) bool { return m.Instance == t.Instance })
	})
}

// unsettled says what of a group speaks against a drill, a sentence each.
func unsettled(g *scaling.Group) []string {
	if g == nil {
		return nil
	}
	var reasons []string
	for _, m := range g.Members {
		if !m.InService() {
			reasons = append(reasons, fmt.Sprintf("instance %s of the Auto Scaling group is %s, %s", m.Instance, m.Lifecycle, strings.ToLower(m.Health)))
		}
	}
	if len(g.Members) != g.Desired {
		reasons = append(reasons, fmt.Sprintf("the Auto Scaling group has %d instances and wants %d", len(g.Members), g.Desired))
	}
	return reasons
}

// takeGroup notes what the group will do about the fault, and what of that the drill keeps it from.
func (p *Plan) takeGroup(ctx context.Context, g *scaling.Group, now time.Time) (predict.Group, error) {
	e, keep := &p.Entry, p.Options.Keep
	e.Group = g.Name
	p.members = &members{before: map[string]string{}, look: func(ctx context.Context) (*scaling.Group, error) {
		return scaling.Describe(ctx, p.clients, g.Name)
	}}
	for _, m := range g.Members {
		p.members.before[m.Instance] = m.Zone
	}
	does := predict.Group{Does: predict.Nothing, Grace: g.HealthCheckGrace, Warmup: g.DefaultInstanceWarmup, Booted: p.Options.Booted, Look: groupEvery, Kept: keep}
	switch {
	case e.Scenario == fault.Drain:
		does.Does, e.Suspended = predict.Spares, g.Running(scaling.Rebalances()...)
	case keep:
		e.Suspended = g.Running(scaling.Heals()...)
	case e.Scenario == fault.Instance:
		does.Does, e.Replace = predict.Replaces, true
	case !g.ChecksTargets():
	case e.Scenario == fault.Process:
		does.Does, e.Replace = predict.Replaces, true
	case len(g.Lacks()) == 0:
		does.Does = predict.MayReplace
	}
	if does.Does == predict.Replaces || does.Does == predict.MayReplace {
		left, err := g.GraceLeft(ctx, p.clients, e.Instances(), now)
		if err != nil {
			return does, err
		}
		does.GraceLeft = left
	}
	return does, nil
}

// isRecovered says whether a look, and where the instances are in a group the group too, shows that all is well again.
func (p *Plan) isRecovered(ctx context.Context, look measure.Look) bool {
	if p.members == nil {
		return p.isHealthy(look.States)
	}
	return p.members.recovered(ctx, look, p.Entry)
}

func (m *members) recovered(ctx context.Context, look measure.Look, e fault.Entry) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if look.At.Sub(m.at) >= groupEvery {
		m.see(ctx, look.At)
	}
	var gone []string
	if e.Replace {
		gone = e.Instances()
	}
	healed := func() bool { return m.last != nil && m.last.Healed(look.States, m.before, gone) }
	// Until the targets were healthy, the group may have seen one that wasn't, and marked it: what it was before says nothing.
	return healed() && (m.at.Equal(look.At) || m.see(ctx, look.At) && healed())
}

// see looks at the group, and says whether it was there to be seen.
func (m *members) see(ctx context.Context, at time.Time) bool {
	m.at = at
	group, err := m.look(ctx)
	if err != nil || group == nil {
		return false // a look that fails is none; the next comes soon
	}
	m.last = group
	return true
}

// replacements are the instances that the group put in others' places, as far as it was seen.
func (p *Plan) replacements() []scaling.Replacement {
	if p.members == nil {
		return nil
	}
	p.members.mu.Lock()
	defer p.members.mu.Unlock()
	if p.members.last == nil {
		return nil
	}
	return p.members.last.Replaced(p.members.before)
}

// checkKeep says what is wrong with keeping instances.
func (c Choice) checkKeep() error {
	if c.Keep && c.Scenario == fault.Drain {
		return wrong("the scenario %s keeps its instance anyway, on standby", fault.Drain)
	}
	return nil
}

// waitsFor is what a drill waits for once the fault was restored.
func (p *Plan) waitsFor() string {
	if p.Entry.Replace {
		return "waiting for the Auto Scaling group to replace what was broken"
	}
	return "waiting for all targets to be healthy"
}

// neverRecovered says that it was not to be seen.
func (p *Plan) neverRecovered() string {
	if p.Entry.Replace {
		return "the Auto Scaling group did not put a healthy instance in place of each that was broken"
	}
	return "the targets did not all become healthy again after the fault was restored"
}

// takeReplacements notes what the group replaced, and how long that took.
func (o *Outcome) takeReplacements(recorder *measure.Recorder) {
	o.Replaced = o.Plan.replacements()
	if len(o.Replaced) == 0 {
		return
	}
	if o.Recovered {
		o.ReplacedWithin = recorder.Between(measure.Fault, measure.Recovered)
	}
	for _, r := range o.Replaced {
		if took := recorder.Booted(r.By); took != nil && (o.Booted == nil || *took > *o.Booted) {
			o.Booted = took
		}
	}
}
