package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// scale launches what is wanting, or ends what is too much.
func (d doing) scale() {
	g := d.group()
	if g.Deleting {
		return
	}
	counted := 0
	for _, i := range d.instances() {
		if i.Counts() {
			counted++
		}
	}
	surge := d.surge()
	want := g.Desired + d.awaited(g) + surge
	switch {
	case counted < want:
		for n := counted; n < want && d.launch(n); n++ {
		}
	case counted > g.Desired && !d.balancing():
		for n := counted; n > g.Desired+d.marked()+surge && d.shrink(n); n-- {
		}
	}
	if g := d.group(); counted >= want && g.Replacing > 0 {
		d.edit(func(g *Group) { g.Replacing = 0 })
	}
}

func (d doing) marked() (n int) {
	for _, i := range d.instances() {
		if i.State == InService && i.Replace != "" {
			n++
		}
	}
	return n
}

// zones are the group's, with how many instances count in each, and a subnet in each.
type zone struct {
	name, subnet string
	count        int
}

// zones lists them, the emptiest first. Those that are marked to go don't count.
func (d doing) zones() []zone {
	g := d.group()
	var all []zone
	for _, id := range g.Subnets {
		if s, ok := world.Get[network.Subnet](d.Tx, id); ok && !slices.ContainsFunc(all, func(z zone) bool { return z.name == s.Zone.Name }) {
			all = append(all, zone{name: s.Zone.Name, subnet: id})
		}
	}
	for n := range all {
		for _, i := range d.instances() {
			if i.Zone == all[n].name && i.Counts() && i.Replace == "" && !d.isOutdated(i) {
				all[n].count++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b zone) int { return a.count - b.count })
	return all
}

// launch launches one instance, in the emptiest zone that has room. It reports whether one comes.
// Source: Amazon EC2 Auto Scaling User Guide, "Availability Zones": to another zone only if a launch fails.
func (d doing) launch(have int) bool {
	g := d.group()
	if g.IsSuspended("Launch") || d.Now().Before(g.RetryAt) {
		return false
	}
	cause := g.Cause
	if cause != "" {
		cause += "  "
	}
	at := "At " + stamp(d.Tx)
	switch {
	case d.surge() > 0:
		cause = at + " an instance was launched in response to an instance refresh."
	case g.Replacing > 0 || d.marked() > 0:
		cause = at + " an instance was launched in response to an unhealthy instance needing to be replaced."
		if d.refreshing() {
			cause = at + " an instance was launched in response to an instance refresh."
		}
	default:
		cause += fmt.Sprintf("%s an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %d to %d.", at, have, have+1)
	}
	zones := d.zones()
	for _, z := range zones {
		why := d.launchIn(g, z, cause)
		if why == "" {
			d.edit(func(g *Group) { g.Replacing = max(0, g.Replacing-1) })
			return true
		}
		a := begin(d.Tx, g, "", "Launching a new EC2 instance.  Status Reason: "+why+" Launching EC2 instance failed.", cause, Failed)
		world.Edit(d.Tx, a.ID, func(a *Activity) {
			a.Details = fmt.Sprintf(`{"Subnet ID":%q,"Availability Zone":%q}`, z.subnet, z.name)
		})
		finish(d.Tx, a.ID, Failed, why+" Launching EC2 instance failed.")
		world.Edit(d.Tx, a.ID, func(a *Activity) {
			a.Status, a.Ended, a.Progress, a.Message = Failed, d.Now(), 100, why+" Launching EC2 instance failed."
		})
		if g.Distribution == "balanced-only" {
			break
		}
	}
	d.delay()
	return false
}

// delay puts off the next launch after one that failed.
func (d doing) delay() {
	d.edit(func(g *Group) {
		g.Failures++
		g.RetryAt = d.Now().Add(d.Duration(retryStep()) << min(g.Failures-1, 3))
	})
}

// noCapacity is how a fault says that a zone has no room: AWS refuses such a launch at once.
const noCapacity = "InsufficientInstanceCapacity"

// launchIn launches an instance in a zone; it returns why it can't.
func (d doing) launchIn(g *Group, z zone, cause string) string {
	template := d.template(g)
	launch, version, err := compute.ResolveTemplate(d.Tx, template)
	if err != nil {
		return refuse.Text(err)
	}
	launch = launch.In(z.subnet)
	for _, f := range d.Switches().Failures {
		if f.Object == "instance" && (f.Zone == "" || f.Zone == z.name) && f.Nth <= 1 && f.Times == 0 && strings.Contains(f.Code, noCapacity) {
			return fmt.Sprintf("We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). Our system will be working on provisioning additional capacity.", launch.Type, z.name)
		}
	}
	tags := maps.Clone(launch.InstanceTags)
	if tags == nil {
		tags = world.Tags{}
	}
	for key, value := range g.Tags {
		if g.Propagate[key] {
			tags[key] = value
		}
	}
	tags[GroupTag] = g.ID
	launch.InstanceTags = tags
	launch.MinCount, launch.MaxCount = 1, 1
	made, err := compute.Run(d.Tx, launch, "")
	if err != nil {
		return refuse.Text(err)
	}
	machine := made[0]
	i := &Instance{Object: d.NamedObject(machine.ID, nil), Group: g.ID, Zone: machine.Zone, Type: machine.Type, State: Pending, Healthy: true,
		Protected: g.ProtectNew, Since: d.Now(), Waits: g.hooksOf(ComingTransition),
		Template: compute.TemplateRef{ID: template.ID, Name: template.Name, Version: strconv.Itoa(version)}}
	world.Add(d.Tx, i)
	a := begin(d.Tx, g, i.ID, "Launching a new EC2 instance: "+i.ID, cause, PreInService)
	edit(d.Tx, i.ID, func(i *Instance) { i.Activity = a.ID })
	return ""
}

// shrink ends one instance that is too much. It reports whether one goes.
func (d doing) shrink(have int) bool {
	g := d.group()
	if g.IsSuspended("Terminate") {
		return false
	}
	i := d.chosen(g)
	if i == nil {
		return false
	}
	at := "At " + stamp(d.Tx)
	d.terminate(i, fmt.Sprintf("%s  %s an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from %d to %d.  %s instance %s was selected for termination.",
		g.Cause, at, have, have-1, at, i.ID))
	return true
}

// chosen is the instance that goes first: of the fullest zone, by the first termination policy that tells two apart.
// Source: Amazon EC2 Auto Scaling User Guide, "Configure termination policies".
func (d doing) chosen(g *Group) *Instance {
	var candidates []*Instance
	counts := map[string]int{}
	for _, i := range d.instances() {
		if !i.Counts() {
			continue
		}
		counts[i.Zone]++
		if !i.Protected && i.Replace == "" && (i.State == InService || i.State == Pending) {
			candidates = append(candidates, i)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	// Those in a zone that the group has left go before all others.
	zones := d.zones()
	if strays := slices.DeleteFunc(slices.Clone(candidates), func(i *Instance) bool { return i.isIn(zones) }); len(strays) > 0 {
		candidates = strays
	}
	fullest := 0
	for _, i := range candidates {
		fullest = max(fullest, counts[i.Zone])
	}
	candidates = slices.DeleteFunc(candidates, func(i *Instance) bool { return counts[i.Zone] < fullest })
	slices.SortStableFunc(candidates, func(a, b *Instance) int {
		for _, policy := range g.TerminationPolicies {
			if c := compare(policy, a, b); c != 0 {
				return c
			}
		}
		return 0
	})
	return candidates[0]
}

// isIn reports whether the instance is in one of the zones.
func (i *Instance) isIn(zones []zone) bool {
	return slices.ContainsFunc(zones, func(z zone) bool { return z.name == i.Zone })
}

func compare(policy string, a, b *Instance) int {
	version := func(i *Instance) int { n, _ := strconv.Atoi(i.Template.Version); return n }
	switch policy {
	case "OldestInstance":
		return a.Created.Compare(b.Created)
	case "NewestInstance":
		return b.Created.Compare(a.Created)
	case "Default", "OldestLaunchTemplate", "OldestLaunchConfiguration":
		if c := cmp.Compare(version(a), version(b)); c != 0 || policy != "Default" {
			return c
		}
		return a.Created.Compare(b.Created)
	}
	return 0
}

// rebalance evens the zones out: a new instance in the emptiest first, then one goes in the fullest.
// Source: Amazon EC2 Auto Scaling User Guide, "Availability Zones": activities for balance launch before they terminate.
func (d doing) rebalance() {
	g := d.group()
	if g.IsSuspended("AZRebalance") || g.Deleting || g.Desired == 0 || d.marked() > 0 || activeRefresh(d.Tx, d.name) != nil {
		return
	}
	counted := 0
	for _, i := range d.instances() {
		if i.ends() || i.isPending() {
			return
		}
		if i.Counts() {
			counted++
		}
	}
	zones := d.zones()
	if len(zones) == 0 {
		return
	}
	low, high := zones[0], zones[len(zones)-1]
	if high.count-low.count < 2 && !slices.ContainsFunc(d.instances(), func(i *Instance) bool { return i.Counts() && !i.isIn(zones) }) {
		return
	}
	if counted == g.Desired && !g.IsSuspended("Launch") && !d.Now().Before(g.RetryAt) {
		cause := fmt.Sprintf("At %s availability zones %s had %d instances respectively. An instance was launched to aid in balancing the group's zones.", stamp(d.Tx), names(zones), high.count)
		if why := d.launchIn(g, low, cause); why != "" {
			d.delay()
		}
	}
}

// balancing says that there is one more than desired for a while, because the zones are being evened out.
func (d doing) balancing() bool {
	g := d.group()
	if g.IsSuspended("AZRebalance") {
		return false
	}
	for _, i := range d.instances() {
		if i.isPending() {
			if a, ok := world.Get[Activity](d.Tx, i.Activity); ok && strings.Contains(a.Cause, "to aid in balancing") {
				return true
			}
		}
	}
	return false
}

func names(zones []zone) string {
	var all []string
	for _, z := range zones {
		all = append(all, z.name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// refreshing says whether what is marked is so because of an instance refresh.
func (d doing) refreshing() bool {
	return slices.ContainsFunc(d.instances(), func(i *Instance) bool {
		return i.Replace != "" && strings.Contains(i.Replace, "instance refresh")
	})
}

// forgetting are what else goes with a group. Each of its objects adds its own.
func forgetting() []func(tx *world.Tx, group string) {
	return []func(tx *world.Tx, group string){forgetPolicies, forgetRefreshes}
}
