package compute

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// templateDataItem has what a launch template gives, and nothing of what it doesn't.
type templateDataItem struct {
	ImageID            string                            `xml:"imageId,omitempty"`
	InstanceType       string                            `xml:"instanceType,omitempty"`
	EBSOptimized       *bool                             `xml:"ebsOptimized"`
	Profile            *templateProfileItem              `xml:"iamInstanceProfile"`
	Devices            wire.Items[templateDeviceItem]    `xml:"blockDeviceMappingSet,omitempty"`
	Interfaces         wire.Items[templateInterfaceItem] `xml:"networkInterfaceSet,omitempty"`
	Monitoring         *templateMonitoringItem           `xml:"monitoring"`
	Placement          *templatePlacementItem            `xml:"placement"`
	DisableTermination *bool                             `xml:"disableApiTermination"`
	DisableStop        *bool                             `xml:"disableApiStop"`
	ShutdownBehavior   string                            `xml:"instanceInitiatedShutdownBehavior,omitempty"`
	UserData           string                            `xml:"userData,omitempty"`
	Tags               wire.Items[templateTagsItem]      `xml:"tagSpecificationSet,omitempty"`
	Groups             wire.Items[string]                `xml:"securityGroupIdSet,omitempty"`
	Credits            *templateCreditsItem              `xml:"creditSpecification"`
	Metadata           *templateMetadataItem             `xml:"metadataOptions"`
}

type templateProfileItem struct {
	Arn  string `xml:"arn,omitempty"`
	Name string `xml:"name,omitempty"`
}

type templateDeviceItem struct {
	Name string           `xml:"deviceName"`
	EBS  *templateEBSItem `xml:"ebs"`
}

type templateEBSItem struct {
	Encrypted           *bool  `xml:"encrypted"`
	DeleteOnTermination *bool  `xml:"deleteOnTermination"`
	IOPS                *int   `xml:"iops"`
	SizeGB              *int   `xml:"volumeSize"`
	Type                string `xml:"volumeType,omitempty"`
	Throughput          *int   `xml:"throughput"`
}

type templateInterfaceItem struct {
	PublicIP            *bool    `xml:"associatePublicIpAddress"`
	DeleteOnTermination *bool    `xml:"deleteOnTermination"`
	Description         string   `xml:"description,omitempty"`
	DeviceIndex         *int     `xml:"deviceIndex"`
	Groups              []string `xml:"groupSet>groupId"`
	NetworkInterfaceID  string   `xml:"networkInterfaceId,omitempty"`
	PrivateIP           string   `xml:"privateIpAddress,omitempty"`
	SubnetID            string   `xml:"subnetId,omitempty"`
}

type templateMonitoringItem struct {
	Enabled bool `xml:"enabled"`
}

type templatePlacementItem struct {
	Zone string `xml:"availabilityZone"`
}

type templateTagsItem struct {
	Type string                   `xml:"resourceType"`
	Tags wire.Items[requests.Tag] `xml:"tagSet"`
}

type templateCreditsItem struct {
	CPUCredits string `xml:"cpuCredits"`
}

type templateMetadataItem struct {
	Tokens   string `xml:"httpTokens,omitempty"`
	HopLimit int    `xml:"httpPutResponseHopLimit,omitempty"`
	Endpoint string `xml:"httpEndpoint,omitempty"`
	Tags     string `xml:"instanceMetadataTags,omitempty"`
}

func renderTemplateData(p compute.Parameters) templateDataItem {
	item := templateDataItem{ImageID: p.ImageID, InstanceType: p.Type, EBSOptimized: p.EBSOptimized, DisableTermination: p.DisableTermination,
		DisableStop: p.DisableStop, ShutdownBehavior: p.ShutdownBehavior, UserData: p.UserData, Groups: p.Groups}
	if p.Profile != nil {
		item.Profile = &templateProfileItem{p.Profile.ARN, p.Profile.Name}
	}
	if p.Monitoring != nil {
		item.Monitoring = &templateMonitoringItem{*p.Monitoring}
	}
	if p.Zone != "" {
		item.Placement = &templatePlacementItem{p.Zone}
	}
	if p.CPUCredits != "" {
		item.Credits = &templateCreditsItem{p.CPUCredits}
	}
	if m := p.Metadata; m != nil {
		item.Metadata = &templateMetadataItem{m.Tokens, m.HopLimit, m.Endpoint, m.Tags}
	}
	for _, d := range p.Devices {
		ebs := templateEBSItem{DeleteOnTermination: d.DeleteOnTermination, IOPS: d.IOPS, SizeGB: d.SizeGB, Type: d.Type, Throughput: d.Throughput}
		if d.Encrypted {
			ebs.Encrypted = &d.Encrypted
		}
		item.Devices = append(item.Devices, templateDeviceItem{d.Name, &ebs})
	}
	for _, x := range p.Interfaces {
		item.Interfaces = append(item.Interfaces, templateInterfaceItem{x.PublicIP, x.DeleteOnTermination, x.Description, x.DeviceIndex, x.Groups, x.NetworkInterfaceID, x.PrivateIP, x.SubnetID})
	}
	for _, t := range p.Tags {
		item.Tags = append(item.Tags, templateTagsItem{t.Type, requests.TagSet(t.Tags)})
	}
	return item
}

type getLaunchTemplateDataInput struct {
	ID string `query:"InstanceId,required"`
}

type getLaunchTemplateDataOutput struct {
	Data templateDataItem `xml:"launchTemplateData"`
}

// getLaunchTemplateData gives the parameters with which a launch would make an instance like this one. Its address
// and AWS's own tags are its alone.
func getLaunchTemplateData(tx *world.Tx, _ *wire.Call, in *getLaunchTemplateDataInput) (*getLaunchTemplateDataOutput, error) {
	i, err := world.Find[compute.Instance](tx, in.ID)
	if err != nil {
		return nil, err
	}
	p := compute.Parameters{ImageID: i.ImageID, Type: i.Type, Zone: i.Zone, UserData: i.UserData, Metadata: &i.Metadata, Monitoring: &i.Monitoring,
		EBSOptimized: &i.EBSOptimized, DisableTermination: &i.DisableTermination, DisableStop: &i.DisableStop, ShutdownBehavior: i.ShutdownBehavior, CPUCredits: i.CPUCredits}
	if i.Profile != nil {
		p.Profile = &compute.ProfileRef{ARN: i.Profile.ARN}
	}
	for _, x := range network.InterfacesOf(tx, i.ID) {
		public := x.Public != nil
		p.Interfaces = append(p.Interfaces, compute.Interface{DeviceIndex: &x.Attachment.DeviceIndex, SubnetID: x.SubnetID, Groups: x.Groups,
			Description: x.Description, PublicIP: &public, DeleteOnTermination: &x.Attachment.DeleteOnTermination})
	}
	for _, v := range compute.VolumesOf(tx, i.ID) {
		d := compute.Device{Name: v.Device, SizeGB: &v.SizeGB, Type: v.Type, Encrypted: v.Encrypted, DeleteOnTermination: &v.DeleteOnTermination}
		if v.Type == "gp3" {
			d.IOPS, d.Throughput = &v.IOPS, &v.Throughput
		}
		p.Devices = append(p.Devices, d)
	}
	tags := world.Tags{}
	for key, value := range i.Tags {
		if !world.Reserved(key) {
			tags[key] = value
		}
	}
	if len(tags) > 0 {
		p.Tags = []compute.TypeTags{{Type: "instance", Tags: tags}}
	}
	return &getLaunchTemplateDataOutput{renderTemplateData(p)}, nil
}
