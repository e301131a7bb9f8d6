package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// launch is what a call launches: what it says itself, and what its launch template says.
type launch struct {
	// own are the call's parameters, and all those with the template's for what it lacks.
	own, all compute.Parameters
	subnets  []string                // of the call, besides those of network interfaces
	template *compute.LaunchTemplate // nil: none
	none     bool                    // the call launches nothing, and needs no permission to
}

// LaunchesOf are what a call needs the permission for that launches instances from a launch template into subnets,
// now or later, in the name of its caller. It needs none where the function says that it names no template.
// Source: Amazon EC2 Auto Scaling User Guide, "Control Amazon EC2 launch template usage in Auto Scaling groups".
func LaunchesOf(read func(tx *world.Tx, c *wire.Call) (template compute.TemplateRef, subnets []string, ok bool)) []service.Ask {
	return launching(func(tx *world.Tx, c *wire.Call) launch {
		ref, subnets, ok := read(tx, c)
		l := launch{subnets: subnets, none: !ok}
		l.from(tx, ref)
		return l
	})
}

// from takes over what the launch's template has. One that isn't there is refused later.
func (l *launch) from(tx *world.Tx, ref compute.TemplateRef) {
	l.all = l.own
	if t, v, err := compute.FindTemplate(tx, ref); err == nil {
		l.template, l.all = t, l.own.Over(v.Data)
	}
}

// ofCall is the launch of a call to RunInstances.
func ofCall(tx *world.Tx, c *wire.Call) launch {
	one := func(path string) string { return first(c.Each(path)) }
	l := launch{subnets: c.Each("SubnetId")}
	l.own = compute.Parameters{ImageID: one("ImageId"), Zone: one("Placement.AvailabilityZone"), Groups: c.Each("SecurityGroupId")}
	for _, x := range c.Parts("NetworkInterface") {
		l.own.Interfaces = append(l.own.Interfaces, compute.Interface{NetworkInterfaceID: x.Value("NetworkInterfaceId"), SubnetID: x.Value("SubnetId"), Groups: x.Each("SecurityGroupId")})
	}
	for _, s := range c.Parts("TagSpecification") {
		l.own.Tags = append(l.own.Tags, compute.TypeTags{Type: s.Value("ResourceType"), Tags: service.TagsIn(s.Parts("Tag"))})
	}
	if c.Has("IamInstanceProfile") {
		l.own.Profile = &compute.ProfileRef{Name: one("IamInstanceProfile.Name"), ARN: one("IamInstanceProfile.Arn")}
	}
	l.from(tx, compute.TemplateRef{ID: one("LaunchTemplate.LaunchTemplateId"), Name: one("LaunchTemplate.LaunchTemplateName"), Version: one("LaunchTemplate.Version")})
	return l
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// launching is what a launch needs the permission for: ec2:RunInstances on all that it makes and names, ec2:CreateTags
// on what gets tags, and iam:PassRole.
func launching(of func(tx *world.Tx, c *wire.Call) launch) []service.Ask {
	ask := func(action string, resources func(l *launch, tx *world.Tx) []service.Resource) []service.Ask {
		return []service.Ask{{Service: "ec2", Action: action, On: func(tx *world.Tx, c *wire.Call) []service.Resource {
			l := of(tx, c)
			if l.none {
				return nil
			}
			return resources(&l, tx)
		}}}
	}
	return service.Asking(ask("RunInstances", (*launch).resources), ask("CreateTags", (*launch).tagged),
		service.PassRole(func(tx *world.Tx, c *wire.Call) []string {
			l := of(tx, c)
			if l.none {
				return nil
			}
			return l.roles(tx)
		}))
}

// resources are all that a launch makes and names.
func (l *launch) resources(tx *world.Tx) (all []service.Resource) {
	add := func(fromTemplate bool, resources ...service.Resource) {
		for _, r := range resources {
			if l.template != nil {
				r.Context = service.Merged(r.Context, policy.Context{"ec2:LaunchTemplate": {requests.Arn(tx.Region(), "launch-template", l.template.ID)},
					"ec2:IsLaunchTemplateResource": requests.YesNo(fromTemplate)})
			}
			all = append(all, r)
		}
	}
	if id := l.all.ImageID; id != "" {
		if image, err := compute.ResolveImage(tx.Region(), id); err == nil { // an alias stands for its image
			id = image.ID
		}
		// Images have no account in their ARNs.
		add(l.own.ImageID == "", service.Resource{ARN: "arn:aws:ec2:" + tx.Region() + "::image/" + id, Context: policy.Context{"ec2:Region": {tx.Region()}}})
	}
	add(false, l.created(tx, "instance"), l.created(tx, "volume"))
	subnets, groups, attached := l.place(tx)
	bare := len(l.own.Interfaces) == 0
	add(bare && len(l.subnets) == 0, named(tx, subnets...)...)
	add(bare && len(l.own.Groups) == 0, named(tx, groups...)...)
	if len(attached) > 0 {
		add(bare, named(tx, attached...)...)
	} else {
		add(false, l.created(tx, "network-interface"))
	}
	if l.template != nil {
		add(false, named(tx, l.template.ID)...)
	}
	return all
}

// created is an object of a type that the launch makes, with the tags that it gets.
func (l *launch) created(tx *world.Tx, kind string) service.Resource {
	tags := world.Tags{}
	for _, t := range l.all.Tags { // several specifications of a type add up
		if t.Type == kind {
			maps.Copy(tags, t.Tags)
		}
	}
	return service.Resource{ARN: requests.Arn(tx.Region(), kind, "*"), Context: service.Merged(
		service.RequestedTags(tags), policy.Context{"ec2:Region": {tx.Region()}})}
}

// tagged are the objects that the launch makes with tags.
func (l *launch) tagged(tx *world.Tx) (all []service.Resource) {
	for _, t := range l.all.Tags {
		r := l.created(tx, t.Type)
		r.Context["ec2:CreateAction"] = []string{"RunInstances"}
		all = append(all, r)
	}
	return all
}

// place are the subnets and the security groups of a launch, by default those of the default VPC, and the network
// interfaces that are there already.
func (l *launch) place(tx *world.Tx) (subnets, groups, attached []string) {
	subnets, groups = slices.Clone(l.subnets), slices.Clone(l.all.Groups)
	for _, x := range l.all.Interfaces {
		subnets, groups, attached = append(subnets, given(x.SubnetID)...), append(groups, x.Groups...), append(attached, given(x.NetworkInterfaceID)...)
	}
	if len(subnets) == 0 && len(attached) == 0 {
		for _, s := range world.All[network.Subnet](tx) {
			if s.Default && (l.all.Zone == "" || s.Zone.Name == l.all.Zone) {
				subnets = append(subnets, s.ID)
				break
			}
		}
	}
	if len(groups) == 0 && len(attached) == 0 && len(subnets) > 0 {
		if s, ok := world.Get[network.Subnet](tx, subnets[0]); ok {
			for _, g := range world.All[network.SecurityGroup](tx) {
				if g.VPCID == s.VPCID && g.Name == "default" {
					groups = append(groups, g.ID)
				}
			}
		}
	}
	return subnets, groups, attached
}

// roles is the role that a launch hands to its instances: any, where EC2 doesn't find the profile.
func (l *launch) roles(tx *world.Tx) []string {
	if l.all.Profile == nil {
		return nil
	}
	for _, p := range world.All[iammodel.InstanceProfile](tx.In("")) {
		if p.Role == "" || l.all.Profile.Name != p.Name && l.all.Profile.ARN != p.ARN() {
			continue
		}
		if r, err := iammodel.FindRole(tx, p.Role); err == nil {
			return []string{r.ARN()}
		}
	}
	return []string{iammodel.RoleARN("/", "*")}
}

// templateOf is the launch template that a call names, by its ID or its name.
func templateOf(tx *world.Tx, c *wire.Call) []service.Resource {
	if id := c.Value("LaunchTemplateId"); id != "" {
		return named(tx, id)
	}
	if t, err := compute.FindLaunchTemplate(tx, "", c.Value("LaunchTemplateName")); err == nil {
		return named(tx, t.ID)
	}
	return nil
}
