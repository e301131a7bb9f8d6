package compute

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type runInstancesInput struct {
	ImageID      string   `query:"ImageId,required"`
	InstanceType string   `query:"InstanceType"`
	MinCount     *int     `query:"MinCount,required"`
	MaxCount     *int     `query:"MaxCount,required"`
	SubnetID     string   `query:"SubnetId"`
	Groups       []string `query:"SecurityGroupId"`
	PrivateIP    string   `query:"PrivateIpAddress"`
	UserData     string   `query:"UserData"`
	ClientToken  string   `query:"ClientToken" max:"64"`
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
	NoTerm     bool                        `query:"DisableApiTermination"`
	NoStop     bool                        `query:"DisableApiStop"`
	Optimized  bool                        `query:"EbsOptimized"`
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
	Enabled bool `query:"Enabled"`
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

// defaultInstanceType is EC2's where a launch names none.
// Source: API reference of RunInstances.
const defaultInstanceType = "m1.small"

func (in *runInstancesInput) launch() (compute.Launch, error) {
	l := compute.Launch{ImageID: in.ImageID, Type: in.InstanceType, MinCount: *in.MinCount, MaxCount: *in.MaxCount, SubnetID: in.SubnetID, Zone: in.Placement.Zone,
		Groups: in.Groups, PrivateIP: in.PrivateIP, UserData: in.UserData, ProfileName: in.Profile.Name, ProfileARN: in.Profile.Arn,
		Metadata: in.Metadata.options(), Monitoring: in.Monitoring.Enabled, EBSOptimized: in.Optimized, DisableTermination: in.NoTerm,
		DisableStop: in.NoStop, ShutdownBehavior: in.OnShutdown, CPUCredits: in.Credits.CPUCredits}
	if l.Type == "" {
		l.Type = defaultInstanceType
	}
	if l.ShutdownBehavior == "" {
		l.ShutdownBehavior = "stop"
	}
	for _, d := range in.Devices {
		if d.DeviceName == "" {
			return l, refuse.MissingParameter("deviceName")
		}
		l.Devices = append(l.Devices, compute.Device{Name: d.DeviceName, SizeGB: d.EBS.SizeGB, Type: d.EBS.Type, IOPS: d.EBS.IOPS,
			Throughput: d.EBS.Throughput, Encrypted: d.EBS.Encrypted, DeleteOnTermination: d.EBS.DeleteOnTermination})
	}
	for _, x := range in.Interfaces {
		if x.DeviceIndex == nil {
			return l, refuse.MissingParameter("deviceIndex")
		}
		l.Interfaces = append(l.Interfaces, compute.LaunchInterface{DeviceIndex: *x.DeviceIndex, NetworkInterfaceID: x.NetworkInterfaceID, SubnetID: x.SubnetID,
			Groups: x.Groups, PrivateIP: x.PrivateIP, Description: x.Description, PublicIP: x.PublicIP, DeleteOnTermination: x.DeleteOnTermination})
	}
	var err error
	for kind, tags := range map[string]*world.Tags{"instance": &l.InstanceTags, "volume": &l.VolumeTags, "network-interface": &l.NetworkInterfaceTags} {
		if *tags, err = requests.TagsFor(in.Tags, kind, "instance", "volume", "network-interface"); err != nil {
			return l, err
		}
	}
	return l, nil
}

func runInstances(tx *world.Tx, c *wire.Call, in *runInstancesInput) (*reservationItem, error) {
	l, err := in.launch()
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
