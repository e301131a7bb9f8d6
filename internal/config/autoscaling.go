package config

import "fmt"

// AutoScaling is the Auto Scaling group that keeps the web instances. The zero Max: none, and a fixed number of them.
type AutoScaling struct {
	Min, Max          int  // the group's sizes, 1–500; 0: no group
	CPU               int  // the instances' mean CPU utilization to keep, in percent; 0: it doesn't scale by that
	RequestsPerTarget int  // the requests a minute that each instance is to get; 0: it doesn't scale by that
	StaticStability   bool // Min is at least an instance a zone, so that a zone's loss needs no launch to be survived
}

// On reports whether an Auto Scaling group keeps the instances.
func (a AutoScaling) On() bool { return a.Max > 0 }

// Scales reports whether load changes their number.
func (a AutoScaling) Scales() bool { return a.CPU > 0 || a.RequestsPerTarget > 0 }

// Desired is with how many instances the platform begins.
func (w Web) Desired() int {
	if !w.AutoScaling.On() {
		return w.Instances
	}
	return min(max(w.Instances, w.AutoScaling.Min), w.AutoScaling.Max)
}

// maxRequests is a bound of ours: an instance that answers more a minute than this has no single network interface of AWS's.
const maxRequests = 100_000_000

const sectionAutoScaling = "web.auto_scaling."

func autoScalingFields() []field {
	return []field{
		number(sectionAutoScaling+"min", func(c *Config) *int { return &c.Web.AutoScaling.Min }, 0, maxInstances),
		number(sectionAutoScaling+"max", func(c *Config) *int { return &c.Web.AutoScaling.Max }, 0, maxInstances),
		number(sectionAutoScaling+"cpu", func(c *Config) *int { return &c.Web.AutoScaling.CPU }, 0, 99),
		number(sectionAutoScaling+"requests_per_target", func(c *Config) *int { return &c.Web.AutoScaling.RequestsPerTarget }, 0, maxRequests),
		truth(sectionAutoScaling+"static_stability", func(c *Config) *bool { return &c.Web.AutoScaling.StaticStability }),
	}
}

const instancesKey = "web.instances"

// instancesAbove reports whether more instances are written than a group may have. The default is nobody's wish.
func (r *reading) instancesAbove(most int) bool {
	_, written := r.written[instancesKey]
	return written && !r.wrong[instancesKey] && r.config.Web.Instances > most
}

// checkAutoScaling checks what no value of the section can be asked alone.
func (r *reading) checkAutoScaling(fields []field) {
	for _, name := range []string{"min", "max", "cpu", "requests_per_target", "static_stability"} {
		if r.wrong[sectionAutoScaling+name] {
			return
		}
	}
	if r.misspelt(sectionAutoScaling) {
		return // it may be one of them, misspelt
	}
	// The first of some keys that was written is to blame: a default never is.
	blame := func(message string, names ...string) {
		for _, name := range names {
			if s, ok := r.written[sectionAutoScaling+name]; ok {
				r.add(s.at, fieldOf(fields, sectionAutoScaling+name), fault{message: message})
				return
			}
		}
	}
	group, zones := r.config.Web.AutoScaling, r.config.Network.Zones.Count
	written := func(name string) bool { _, ok := r.written[sectionAutoScaling+name]; return ok }
	switch {
	case !group.On() && (group.Min > 0 || group.Scales()) && written("max"):
		blame("of 0 is no group: write how many instances there may be, or leave web.auto_scaling out", "max")
	case !group.On() && group.Min > 0:
		blame("is of no use without web.auto_scaling.max: write how many instances there may be", "min")
	case !group.On() && group.Scales():
		blame("is of no use without web.auto_scaling.max: write how many instances there may be", "cpu", "requests_per_target")
	case !group.On():
	case group.Min < 1:
		blame("wants web.auto_scaling.min beside it, which is at least 1: write how few instances there may be", "max")
	case group.Min > group.Max:
		blame(fmt.Sprintf("must be at most max, got %d with a max of %d", group.Min, group.Max), "min", "max")
	case r.instancesAbove(group.Max):
		s := r.written[instancesKey]
		r.add(s.at, fieldOf(fields, instancesKey), fault{message: fmt.Sprintf("must be at most web.auto_scaling.max, got %d with a max of %d: "+
			"it is with how many the group begins", r.config.Web.Instances, group.Max)})
	case group.CPU > 0 && group.RequestsPerTarget > 0:
		blame("can't stand beside cpu: write one of the two that the group is to scale by", "requests_per_target")
	case !group.Scales() && group.Min != group.Max:
		blame(fmt.Sprintf("is never reached from %d without a target: write cpu or requests_per_target, too", group.Min), "max")
	case group.StaticStability && group.Min < zones && !r.wrong["network.zones"]:
		blame(fmt.Sprintf("must be at least %d, an instance in each zone, got %d: else a zone's loss can take the last one, and a new one "+
			"takes minutes where it can be had at all; static_stability: false allows it", zones, group.Min), "min", "max")
	}
}
