package compute

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type runInstancesInput struct {
	launchParameters
	Template struct {
		ID      string `query:"LaunchTemplateId"`
		Name    string `query:"LaunchTemplateName"`
		Version string `query:"Version"`
	} `query:"LaunchTemplate"`
	MinCount    *int   `query:"MinCount,required"`
	MaxCount    *int   `query:"MaxCount,required"`
	SubnetID    string `query:"SubnetId"`
	PrivateIP   string `query:"PrivateIpAddress"`
	ClientToken string `query:"ClientToken" max:"64"`
}

// launchParameters are those that a call and a launch template may have.
type launchParameters struct {
	ImageID      string   `query:"ImageId"`
	InstanceType string   `query:"InstanceType"`
	Groups       []string `query:"SecurityGroupId"`
	UserData     string   `query:"UserData"`
	Profile      struct {
		Name string `query:"Name"`
		Arn  string `query:"Arn"`
	} `query:"IamInstanceProfile"`
	Metadata   metadataInput               `query:"MetadataOptions"`
	Devices    []blockDevice               `query:"BlockDeviceMapping"`
	Interfaces []instanceInterface         `query:"NetworkInterface"`
	Tags       []requests.TagSpecification `query:"TagSpecification"`
	Credits    creditSpecification         `query:"CreditSpecification"`
	Placement  placement                   `query:"Placement"`
	Monitoring monitoring                  `query:"Monitoring"`
	OnShutdown string                      `query:"InstanceInitiatedShutdownBehavior" enum:"stop|terminate"`
	NoTerm     *bool                       `query:"DisableApiTermination"`
	NoStop     *bool                       `query:"DisableApiStop"`
	Optimized  *bool                       `query:"EbsOptimized"`
	_          maintenanceOptions          `query:"MaintenanceOptions"`
	_          enclaveOptions              `query:"EnclaveOptions"`
	_          hibernationOptions          `query:"HibernationOptions"`
	_          privateDNSNameOption        `query:"PrivateDnsNameOptions"`
}

type metadataInput struct {
	Tokens   string    `query:"HttpTokens" enum:"optional|required"`
	HopLimit int       `query:"HttpPutResponseHopLimit"`
	Endpoint string    `query:"HttpEndpoint" enum:"enabled|disabled"`
	Tags     string    `query:"InstanceMetadataTags" enum:"enabled|disabled"`
	_        wire.Only `query:"HttpProtocolIpv6" only:"disabled"`
}

func (m metadataInput) options() compute.MetadataOptions {
	return compute.MetadataOptions{Tokens: m.Tokens, HopLimit: m.HopLimit, Endpoint: m.Endpoint, Tags: m.Tags}
}

type blockDevice struct {
	DeviceName string `query:"DeviceName"`
	EBS        struct {
		SizeGB              *int   `query:"VolumeSize"`
		Type                string `query:"VolumeType" enum:"standard|io1|io2|gp2|sc1|st1|gp3"`
		IOPS                *int   `query:"Iops"`
		Throughput          *int   `query:"Throughput"`
		Encrypted           bool   `query:"Encrypted"`
		DeleteOnTermination *bool  `query:"DeleteOnTermination"`
	} `query:"Ebs"`
}

type instanceInterface struct {
	DeviceIndex         *int      `query:"DeviceIndex"`
	NetworkInterfaceID  string    `query:"NetworkInterfaceId"`
	SubnetID            string    `query:"SubnetId"`
	Groups              []string  `query:"SecurityGroupId"`
	PrivateIP           string    `query:"PrivateIpAddress"`
	Description         string    `query:"Description"`
	PublicIP            *bool     `query:"AssociatePublicIpAddress"`
	DeleteOnTermination *bool     `query:"DeleteOnTermination"`
	_                   wire.Only `query:"NetworkCardIndex" only:"0"`
	_                   wire.Only `query:"InterfaceType" only:"interface"`
}

type creditSpecification struct {
	CPUCredits string `query:"CpuCredits" enum:"standard|unlimited"`
}

type placement struct {
	Zone string    `query:"AvailabilityZone"`
	_    wire.Only `query:"Tenancy" only:"default"`
}

type monitoring struct {
	Enabled *bool `query:"Enabled"`
}

type maintenanceOptions struct {
	_ wire.Only `query:"AutoRecovery" only:"default"`
}

type enclaveOptions struct {
	_ wire.Only `query:"Enabled" only:"false"`
}

type hibernationOptions struct {
	_ wire.Only `query:"Configured" only:"false"`
}

type privateDNSNameOption struct {
	_ wire.Only `query:"HostnameType" only:"ip-name"`
	_ wire.Only `query:"EnableResourceNameDnsARecord" only:"false"`
	_ wire.Only `query:"EnableResourceNameDnsAAAARecord" only:"false"`
}

// taggable are the types of what a launch makes, which it may tag.
func taggable() []string { return []string{"instance", "volume", "network-interface"} }

// parameters are those that are given, as the model has them.
func (in *launchParameters) parameters() (compute.Parameters, error) {
	p := compute.Parameters{ImageID: in.ImageID, Type: in.InstanceType, Zone: in.Placement.Zone, Groups: in.Groups, UserData: in.UserData,
		Monitoring: in.Monitoring.Enabled, EBSOptimized: in.Optimized, DisableTermination: in.NoTerm, DisableStop: in.NoStop,
		ShutdownBehavior: in.OnShutdown, CPUCredits: in.Credits.CPUCredits}
	if in.Profile.Name != "" || in.Profile.Arn != "" {
		p.Profile = &compute.ProfileRef{Name: in.Profile.Name, ARN: in.Profile.Arn}
	}
	if m := in.Metadata.options(); m != (compute.MetadataOptions{}) {
		p.Metadata = &m
	}
	for _, d := range in.Devices {
		if d.DeviceName == "" {
			return p, refuse.MissingParameter("deviceName")
		}
		p.Devices = append(p.Devices, compute.Device{Name: d.DeviceName, SizeGB: d.EBS.SizeGB, Type: d.EBS.Type, IOPS: d.EBS.IOPS,
			Throughput: d.EBS.Throughput, Encrypted: d.EBS.Encrypted, DeleteOnTermination: d.EBS.DeleteOnTermination})
	}
	for _, x := range in.Interfaces {
		p.Interfaces = append(p.Interfaces, compute.Interface{DeviceIndex: x.DeviceIndex, NetworkInterfaceID: x.NetworkInterfaceID, SubnetID: x.SubnetID,
			Groups: x.Groups, PrivateIP: x.PrivateIP, Description: x.Description, PublicIP: x.PublicIP, DeleteOnTermination: x.DeleteOnTermination})
	}
	for _, kind := range taggable() {
		tags, err := requests.TagsFor(in.Tags, kind, taggable()...)
		if err != nil {
			return p, err
		}
		if len(tags) > 0 {
			p.Tags = append(p.Tags, compute.TypeTags{Type: kind, Tags: tags})
		}
	}
	return p, nil
}

// launch is what the call launches, with the parameters of its launch template for those that it lacks.
func (in *runInstancesInput) launch(tx *world.Tx) (compute.Launch, error) {
	for _, x := range in.Interfaces {
		if x.DeviceIndex == nil {
			return compute.Launch{}, refuse.MissingParameter("deviceIndex")
		}
	}
	p, err := in.parameters()
	if err != nil {
		return compute.Launch{}, err
	}
	l := p.Launch()
	if in.Template.ID != "" && in.Template.Name != "" {
		return l, compute.TemplateNamedTwice()
	}
	if in.Template.ID != "" || in.Template.Name != "" || in.Template.Version != "" {
		l, _, err = compute.ResolveTemplate(tx, compute.TemplateRef{ID: in.Template.ID, Name: in.Template.Name, Version: in.Template.Version}, p)
		if err != nil {
			return l, err
		}
	}
	if l.ImageID == "" {
		return l, refuse.MissingParameter("ImageId")
	}
	l.MinCount, l.MaxCount, l.SubnetID, l.PrivateIP = *in.MinCount, *in.MaxCount, in.SubnetID, in.PrivateIP
	return l, nil
}

func runInstances(tx *world.Tx, c *wire.Call, in *runInstancesInput) (*reservationItem, error) {
	l, err := in.launch(tx)
	if err != nil {
		return nil, err
	}
	made, err := compute.Run(tx, l, in.ClientToken)
	if err != nil {
		return nil, err
	}
	c.Resource = made[0].ID
	reservations := reserve(tx, made)
	return &reservations[0], nil
}
