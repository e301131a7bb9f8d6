package compute

import (
	"maps"
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type reservationItem struct {
	ID        string                         `xml:"reservationId"`
	OwnerID   string                         `xml:"ownerId"`
	Groups    wire.Items[requests.GroupItem] `xml:"groupSet"`
	Instances wire.Items[instanceItem]       `xml:"instancesSet"`
}

type instanceItem struct {
	ID                 string                            `xml:"instanceId"`
	ImageID            string                            `xml:"imageId"`
	State              stateItem                         `xml:"instanceState"`
	PrivateDNSName     string                            `xml:"privateDnsName"`
	PublicDNSName      string                            `xml:"dnsName"`
	Reason             string                            `xml:"reason"`
	AmiLaunchIndex     int                               `xml:"amiLaunchIndex"`
	ProductCodes       wire.Items[requests.None]         `xml:"productCodes"`
	Type               string                            `xml:"instanceType"`
	LaunchTime         string                            `xml:"launchTime"`
	Zone               string                            `xml:"placement>availabilityZone"`
	ZoneID             string                            `xml:"placement>availabilityZoneId"`
	PlacementGroup     string                            `xml:"placement>groupName"`
	Tenancy            string                            `xml:"placement>tenancy"`
	Monitoring         string                            `xml:"monitoring>state"`
	SubnetID           string                            `xml:"subnetId,omitempty"`
	VpcID              string                            `xml:"vpcId,omitempty"`
	PrivateIP          string                            `xml:"privateIpAddress,omitempty"`
	PublicIP           string                            `xml:"ipAddress,omitempty"`
	SourceDestCheck    bool                              `xml:"sourceDestCheck"`
	Groups             wire.Items[requests.GroupItem]    `xml:"groupSet"`
	StateReason        *stateReasonItem                  `xml:"stateReason"`
	Architecture       string                            `xml:"architecture"`
	RootDeviceType     string                            `xml:"rootDeviceType"`
	RootDeviceName     string                            `xml:"rootDeviceName"`
	Devices            wire.Items[instanceDeviceItem]    `xml:"blockDeviceMapping"`
	VirtualizationType string                            `xml:"virtualizationType"`
	ClientToken        string                            `xml:"clientToken"`
	Tags               wire.Items[requests.Tag]          `xml:"tagSet,omitempty"`
	Hypervisor         string                            `xml:"hypervisor"`
	Interfaces         wire.Items[instanceInterfaceItem] `xml:"networkInterfaceSet"`
	Profile            *profileItem                      `xml:"iamInstanceProfile"`
	EBSOptimized       bool                              `xml:"ebsOptimized"`
	EnaSupport         bool                              `xml:"enaSupport"`
	Cores              int                               `xml:"cpuOptions>coreCount"`
	ThreadsPerCore     int                               `xml:"cpuOptions>threadsPerCore"`
	Hibernation        bool                              `xml:"hibernationOptions>configured"`
	Metadata           metadataItem                      `xml:"metadataOptions"`
	Enclave            bool                              `xml:"enclaveOptions>enabled"`
	PlatformDetails    string                            `xml:"platformDetails"`
	UsageOperation     string                            `xml:"usageOperation"`
	UsageOperationTime string                            `xml:"usageOperationUpdateTime"`
	AutoRecovery       string                            `xml:"maintenanceOptions>autoRecovery"`
	RebootMigration    string                            `xml:"maintenanceOptions>rebootMigration"`
	Bandwidth          string                            `xml:"networkPerformanceOptions>bandwidthWeighting"`
	Managed            bool                              `xml:"operator>managed"`
	BootMode           string                            `xml:"currentInstanceBootMode"`
	HostnameType       string                            `xml:"privateDnsNameOptions>hostnameType"`
	ResourceNameA      bool                              `xml:"privateDnsNameOptions>enableResourceNameDnsARecord"`
	ResourceNameAAAA   bool                              `xml:"privateDnsNameOptions>enableResourceNameDnsAAAARecord"`
	CapacityPreference string                            `xml:"capacityReservationSpecification>capacityReservationPreference"`
}

type stateItem struct {
	Code int    `xml:"code"`
	Name string `xml:"name"`
}

type stateReasonItem struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

type instanceDeviceItem struct {
	Name                string `xml:"deviceName"`
	VolumeID            string `xml:"ebs>volumeId"`
	Status              string `xml:"ebs>status"`
	AttachTime          string `xml:"ebs>attachTime"`
	DeleteOnTermination bool   `xml:"ebs>deleteOnTermination"`
	CardIndex           int    `xml:"ebs>ebsCardIndex"`
}

type profileItem struct {
	Arn string `xml:"arn"`
	ID  string `xml:"id"`
}

type metadataItem struct {
	State    string `xml:"state"`
	Tokens   string `xml:"httpTokens"`
	HopLimit int    `xml:"httpPutResponseHopLimit"`
	Endpoint string `xml:"httpEndpoint"`
	IPv6     string `xml:"httpProtocolIpv6"`
	Tags     string `xml:"instanceMetadataTags"`
}

func renderState(s compute.State) stateItem { return stateItem{s.Code(), string(s)} }

func renderMetadata(m compute.MetadataOptions) metadataItem {
	return metadataItem{"applied", m.Tokens, m.HopLimit, m.Endpoint, "disabled", m.Tags}
}

func renderInstance(tx *world.Tx, i *compute.Instance) instanceItem {
	item := instanceItem{ID: i.ID, ImageID: i.ImageID, State: renderState(i.State), Reason: i.Reason, AmiLaunchIndex: i.LaunchIndex, Type: i.Type,
		LaunchTime: wire.Timestamp(i.Launched), Zone: i.Zone, Tenancy: i.Tenancy, Monitoring: "disabled", Architecture: i.Architecture,
		RootDeviceType: "ebs", RootDeviceName: compute.RootDeviceName, VirtualizationType: "hvm", ClientToken: i.ClientToken, Tags: requests.TagSet(i.Tags),
		Hypervisor: "xen", EBSOptimized: i.EBSOptimized, EnaSupport: true, Metadata: renderMetadata(i.Metadata), PlatformDetails: "Linux/UNIX",
		UsageOperation: "RunInstances", UsageOperationTime: wire.Timestamp(i.Created), AutoRecovery: "default", RebootMigration: "default", Bandwidth: "default", BootMode: "uefi", HostnameType: "ip-name", CapacityPreference: "open"}
	item.ZoneID = network.ZoneID(tx.Region(), i.Zone)
	if kind, err := compute.FindInstanceType(i.Type); err == nil {
		item.Cores, item.ThreadsPerCore = max(1, kind.VCPUs/2), min(2, kind.VCPUs)
	}
	if i.Monitoring {
		item.Monitoring = "enabled"
	}
	if i.StateReason.Code != "" {
		item.StateReason = &stateReasonItem{i.StateReason.Code, i.StateReason.Message}
	}
	if i.Profile != nil {
		item.Profile = &profileItem{i.Profile.ARN, i.Profile.ID}
	}
	for _, v := range compute.VolumesOf(tx, i.ID) {
		item.Devices = append(item.Devices, instanceDeviceItem{v.Device, v.ID, "attached", wire.Timestamp(v.Attached), v.DeleteOnTermination, 0})
	}
	if i.State != compute.Terminated { // what remains of one has no network any more
		item.connect(tx, i)
	}
	return item
}

// connect fills in what the instance's network interfaces say.
func (item *instanceItem) connect(tx *world.Tx, i *compute.Instance) {
	item.SubnetID, item.VpcID, item.PrivateIP = i.SubnetID, i.VPCID, requests.AddressText(i.PrivateIP)
	item.PrivateDNSName = network.PrivateDNSName(tx.Region(), i.PrivateIP)
	for n, x := range network.InterfacesOf(tx, i.ID) {
		item.Interfaces = append(item.Interfaces, renderInstanceInterface(tx, x))
		if n > 0 {
			continue
		}
		item.SourceDestCheck, item.Groups = !x.NoSourceDestCheck, requests.RenderGroups(tx, x.Groups)
		if x.Public != nil {
			item.PublicIP, item.PublicDNSName = x.Public.IP.String(), network.PublicDNSName(tx, x)
		}
	}
}

// reserve gathers instances by the call that launched them.
func reserve(tx *world.Tx, instances []*compute.Instance) wire.Items[reservationItem] {
	var items wire.Items[reservationItem]
	for _, i := range instances {
		at := slices.IndexFunc(items, func(r reservationItem) bool { return r.ID == i.ReservationID })
		if at < 0 {
			items = append(items, reservationItem{ID: i.ReservationID, OwnerID: world.AccountID})
			at = len(items) - 1
		}
		items[at].Instances = append(items[at].Instances, renderInstance(tx, i))
	}
	return items
}

type describeInstancesInput struct {
	IDs []string `query:"InstanceId"`
	requests.Paging
}

type describeInstancesOutput struct {
	Reservations wire.Items[reservationItem] `xml:"reservationSet"`
	NextToken    string                      `xml:"nextToken,omitempty"`
}

func describeInstances(tx *world.Tx, _ *wire.Call, in *describeInstancesInput) (*describeInstancesOutput, error) {
	if err := idsOrPages(in.IDs, in.Paging); err != nil {
		return nil, err
	}
	found, err := requests.FindOrAll[compute.Instance](tx, in.IDs)
	if err != nil {
		return nil, err
	}
	found, next, err := requests.SelectObjects(found, in.Paging, instanceFields(tx))
	return &describeInstancesOutput{reserve(tx, found), next}, err
}

func instanceFields(tx *world.Tx) requests.Fields[*compute.Instance] {
	text := func(value func(instanceItem) string) func(*compute.Instance) []string {
		return func(i *compute.Instance) []string { return requests.Some(value(renderInstance(tx, i))) }
	}
	connected := func(value func(*compute.Instance) string) func(*compute.Instance) []string {
		return func(i *compute.Instance) []string {
			if i.State == compute.Terminated {
				return nil
			}
			return requests.Some(value(i))
		}
	}
	all := requests.Fields[*compute.Instance]{
		"instance-id":         func(i *compute.Instance) []string { return requests.One(i.ID) },
		"instance-state-name": func(i *compute.Instance) []string { return requests.One(string(i.State)) },
		"instance-state-code": func(i *compute.Instance) []string { return requests.One(strconv.Itoa(i.State.Code())) },
		"client-token":        func(i *compute.Instance) []string { return requests.Some(i.ClientToken) },
		"instance-type":       func(i *compute.Instance) []string { return requests.One(i.Type) },
		"image-id":            func(i *compute.Instance) []string { return requests.One(i.ImageID) },
		"reservation-id":      func(i *compute.Instance) []string { return requests.One(i.ReservationID) },
		"owner-id":            func(*compute.Instance) []string { return requests.One(world.AccountID) },
		"architecture":        func(i *compute.Instance) []string { return requests.One(i.Architecture) },
		"availability-zone":   func(i *compute.Instance) []string { return requests.One(i.Zone) },
		"tenancy":             func(i *compute.Instance) []string { return requests.One(i.Tenancy) },
		"root-device-name":    func(*compute.Instance) []string { return requests.One(compute.RootDeviceName) },
		"root-device-type":    func(*compute.Instance) []string { return requests.One("ebs") },
		"vpc-id":              connected(func(i *compute.Instance) string { return i.VPCID }),
		"subnet-id":           connected(func(i *compute.Instance) string { return i.SubnetID }),
		"private-ip-address":  connected(func(i *compute.Instance) string { return requests.AddressText(i.PrivateIP) }),
		"private-dns-name":    text(func(i instanceItem) string { return i.PrivateDNSName }),
		"ip-address":          text(func(i instanceItem) string { return i.PublicIP }),
		"dns-name":            text(func(i instanceItem) string { return i.PublicDNSName }),
		"iam-instance-profile.arn": func(i *compute.Instance) []string {
			if i.Profile == nil {
				return nil
			}
			return requests.One(i.Profile.ARN)
		},
	}
	maps.Copy(all, instanceOptionFields())
	maps.Copy(all, instanceVolumeFields(tx))
	maps.Copy(all, instanceInterfaceFields(tx))
	groups := func(i *compute.Instance) []string { return compute.Groups(tx, i) }
	names := func(i *compute.Instance) (names []string) {
		for _, g := range requests.RenderGroups(tx, compute.Groups(tx, i)) {
			names = append(names, g.GroupName)
		}
		return names
	}
	all["instance.group-id"], all["group-id"] = groups, groups
	all["instance.group-name"], all["group-name"] = names, names
	return all
}
