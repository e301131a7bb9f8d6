package diagram

import (
	"fmt"

	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/resource"
)

// Member is an instance that an Auto Scaling group keeps.
type Member struct {
	ID, Zone, Type string
	// Lifecycle is Auto Scaling's word for how it is.
	Lifecycle string
}

// scaled draws an Auto Scaling group, and where nobody looked the instances that it begins with.
func (b *builder) scaled(object Object, spec autoscaling.Group) {
	object.Detail = []string{fmt.Sprintf("%d to %s", spec.Min, terminal.Plural(spec.Max, "instance"))}
	if says := b.seen[object.Key].Says; says != "" {
		object.Detail = append(object.Detail, says)
	}
	b.Scaling = append(b.Scaling, object)
	if !b.Planned() {
		return
	}
	for i := range spec.Desired {
		zone := &b.Zones[b.subnets[spec.Subnets[i%len(spec.Subnets)].Key()].zone]
		zone.Instances = append(zone.Instances, Object{Key: memberKey(), Nth: i + 1, Detail: []string{spec.Launch.Type}})
	}
}

// memberKey is that of every instance of the group, which are told apart by their IDs.
func memberKey() resource.Key {
	return resource.Key{Kind: compute.InstanceKind().Name, Name: "web"}
}

// member gives an instance of a group its place.
func (b *builder) member(i int, m Member) {
	object := Object{Key: memberKey(), Nth: i + 1, ID: m.ID, Detail: []string{m.Type}, State: State{Mark: Waiting, Word: m.Lifecycle}}
	if target, ok := b.targets[m.ID]; ok {
		object.State = targetState(target)
		object.Serves = object.State.Mark == Good
	}
	zone := &b.Zones[b.zone(m.Zone)]
	zone.Instances = append(zone.Instances, object)
}
