package compute

import (
	"cmp"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Parameters are those of a launch as a launch template or a call gives them: what is nil, empty or zero isn't given.
type Parameters struct {
	ImageID            string           `json:",omitempty"` // or an alias, such as resolve:ssm:NAME
	Type               string           `json:",omitempty"`
	Zone               string           `json:",omitempty"`
	Groups             []string         `json:",omitempty"`
	Interfaces         []Interface      `json:",omitempty"`
	UserData           string           `json:",omitempty"` // base64
	Profile            *ProfileRef      `json:",omitempty"`
	Metadata           *MetadataOptions `json:",omitempty"`
	Devices            []Device         `json:",omitempty"`
	Monitoring         *bool            `json:",omitempty"`
	EBSOptimized       *bool            `json:",omitempty"`
	DisableTermination *bool            `json:",omitempty"`
	DisableStop        *bool            `json:",omitempty"`
	ShutdownBehavior   string           `json:",omitempty"`
	CPUCredits         string           `json:",omitempty"`
	Tags               []TypeTags       `json:",omitempty"`
}

// Interface is a network interface of a launch, of the index that it has on the instance; nil where none is given.
type Interface struct {
	DeviceIndex         *int
	NetworkInterfaceID  string
	SubnetID            string
	Groups              []string
	PrivateIP           string
	Description         string
	PublicIP            *bool
	DeleteOnTermination *bool
}

// ProfileRef names an instance profile, by its name or its ARN.
type ProfileRef struct{ Name, ARN string }

// TypeTags are the tags of what a launch makes of one type: instance, volume or network-interface.
type TypeTags struct {
	Type string
	Tags world.Tags
}

// Over are the parameters with those of a base for what isn't given. Each is taken whole, lists and all.
// Source: API reference of RunInstances: parameters of the call "override" those of the template.
func (p Parameters) Over(base Parameters) Parameters {
	p.ImageID = cmp.Or(p.ImageID, base.ImageID)
	p.Type = cmp.Or(p.Type, base.Type)
	p.Zone = cmp.Or(p.Zone, base.Zone)
	p.Groups = given(p.Groups, base.Groups)
	p.Interfaces = given(p.Interfaces, base.Interfaces)
	p.UserData = cmp.Or(p.UserData, base.UserData)
	p.Profile = cmp.Or(p.Profile, base.Profile)
	p.Metadata = cmp.Or(p.Metadata, base.Metadata)
	p.Devices = given(p.Devices, base.Devices)
	p.Monitoring = cmp.Or(p.Monitoring, base.Monitoring)
	p.EBSOptimized = cmp.Or(p.EBSOptimized, base.EBSOptimized)
	p.DisableTermination = cmp.Or(p.DisableTermination, base.DisableTermination)
	p.DisableStop = cmp.Or(p.DisableStop, base.DisableStop)
	p.ShutdownBehavior = cmp.Or(p.ShutdownBehavior, base.ShutdownBehavior)
	p.CPUCredits = cmp.Or(p.CPUCredits, base.CPUCredits)
	p.Tags = given(p.Tags, base.Tags)
	return p
}

func given[T any](list, base []T) []T {
	if len(list) > 0 {
		return list
	}
	return slices.Clone(base)
}

// defaultInstanceType is EC2's where a launch names none.
// Source: API reference of RunInstances.
const defaultInstanceType = "m1.small"

// Launch is what the parameters launch: one instance, unless the caller asks for more.
func (p Parameters) Launch() Launch {
	l := Launch{ImageID: p.ImageID, Type: cmp.Or(p.Type, defaultInstanceType), MinCount: 1, MaxCount: 1, Zone: p.Zone, Groups: p.Groups, UserData: p.UserData,
		Devices: p.Devices, Monitoring: isTrue(p.Monitoring), EBSOptimized: isTrue(p.EBSOptimized), DisableTermination: isTrue(p.DisableTermination),
		DisableStop: isTrue(p.DisableStop), ShutdownBehavior: cmp.Or(p.ShutdownBehavior, "stop"), CPUCredits: p.CPUCredits}
	if p.Profile != nil {
		l.ProfileName, l.ProfileARN = p.Profile.Name, p.Profile.ARN
	}
	if p.Metadata != nil {
		l.Metadata = *p.Metadata
	}
	for _, x := range p.Interfaces {
		made := LaunchInterface{NetworkInterfaceID: x.NetworkInterfaceID, SubnetID: x.SubnetID, Groups: x.Groups, PrivateIP: x.PrivateIP,
			Description: x.Description, PublicIP: x.PublicIP, DeleteOnTermination: x.DeleteOnTermination}
		if x.DeviceIndex != nil {
			made.DeviceIndex = *x.DeviceIndex
		}
		l.Interfaces = append(l.Interfaces, made)
	}
	for _, t := range p.Tags {
		of := l.TagsOf(t.Type)
		if *of == nil {
			*of = world.Tags{}
		}
		for key, value := range t.Tags {
			(*of)[key] = value
		}
	}
	return l
}

func isTrue(b *bool) bool { return b != nil && *b }

// TagsOf are the launch's tags of a type: instance, volume, or else network-interface.
func (in *Launch) TagsOf(kind string) *world.Tags {
	switch kind {
	case "instance":
		return &in.InstanceTags
	case "volume":
		return &in.VolumeTags
	}
	return &in.NetworkInterfaceTags
}

// In is the launch in a subnet, which its primary network interface gets where it names its interfaces. The launch
// may name no subnet and no zone of its own.
func (in Launch) In(subnetID string) Launch {
	if len(in.Interfaces) == 0 {
		in.SubnetID = subnetID
		return in
	}
	in.Interfaces = slices.Clone(in.Interfaces)
	for n := range in.Interfaces {
		if in.Interfaces[n].DeviceIndex == 0 {
			in.Interfaces[n].SubnetID = subnetID
		}
	}
	return in
}

// SubnetIDs are the subnets that the parameters name.
func (p Parameters) SubnetIDs() (ids []string) {
	for _, x := range p.Interfaces {
		if x.SubnetID != "" {
			ids = append(ids, x.SubnetID)
		}
	}
	return ids
}

// Wrong are the refusals that a launch of the parameters alone would meet, as far as they are about what is given.
func (p Parameters) Wrong(tx *world.Tx) (wrong []error) {
	find := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	var image Image
	var kind InstanceType
	var err error
	if p.ImageID != "" {
		image, err = ResolveImage(tx.Region(), p.ImageID)
		find(err)
	}
	if p.Type != "" {
		kind, err = FindInstanceType(p.Type)
		find(err)
	}
	if image.ID != "" && kind.Name != "" {
		l := p.Launch()
		l.UserData = "" // a template that has none that can be read is refused
		_, _, _, err = l.check(tx)
		find(err)
	}
	if p.Profile != nil {
		_, err = findProfile(tx, p.Profile.Name, p.Profile.ARN)
		find(err)
	}
	groups := slices.Clone(p.Groups)
	for _, x := range p.Interfaces {
		groups = append(groups, x.Groups...)
	}
	for _, id := range groups {
		_, err := world.Find[network.SecurityGroup](tx, id)
		find(err)
	}
	for _, id := range p.SubnetIDs() {
		_, err := world.Find[network.Subnet](tx, id)
		find(err)
	}
	return wrong
}
