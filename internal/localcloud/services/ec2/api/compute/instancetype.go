package compute

import (
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func instanceTypeOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.View(h, "DescribeInstanceTypes", describeInstanceTypes),
		requests.View(h, "DescribeInstanceTypeOfferings", describeInstanceTypeOfferings),
	}
}

type instanceTypeItem struct {
	Name              string             `xml:"instanceType"`
	CurrentGeneration bool               `xml:"currentGeneration"`
	FreeTier          bool               `xml:"freeTierEligible"`
	UsageClasses      wire.Items[string] `xml:"supportedUsageClasses"`
	RootDeviceTypes   wire.Items[string] `xml:"supportedRootDeviceTypes"`
	Virtualization    wire.Items[string] `xml:"supportedVirtualizationTypes"`
	BareMetal         bool               `xml:"bareMetal"`
	Hypervisor        string             `xml:"hypervisor"`
	Architectures     wire.Items[string] `xml:"processorInfo>supportedArchitectures"`
	Manufacturer      string             `xml:"processorInfo>manufacturer"`
	VCPUs             int                `xml:"vCpuInfo>defaultVCpus"`
	Cores             int                `xml:"vCpuInfo>defaultCores"`
	ThreadsPerCore    int                `xml:"vCpuInfo>defaultThreadsPerCore"`
	MemoryMiB         int                `xml:"memoryInfo>sizeInMiB"`
	InstanceStorage   bool               `xml:"instanceStorageSupported"`
	EBSEncryption     string             `xml:"ebsInfo>encryptionSupport"`
	EBSOptimized      string             `xml:"ebsInfo>ebsOptimizedSupport"`
	Interfaces        int                `xml:"networkInfo>maximumNetworkInterfaces"`
	EnaSupport        string             `xml:"networkInfo>enaSupport"`
	Hibernation       bool               `xml:"hibernationSupported"`
	Burstable         bool               `xml:"burstablePerformanceSupported"`
	DedicatedHosts    bool               `xml:"dedicatedHostsSupported"`
	AutoRecovery      bool               `xml:"autoRecoverySupported"`
	BootModes         wire.Items[string] `xml:"supportedBootModes"`
}

func renderInstanceType(t compute.InstanceType) instanceTypeItem {
	threads := min(2, t.VCPUs)
	item := instanceTypeItem{Name: t.Name, CurrentGeneration: true, FreeTier: t.Name == "t3.micro" || t.Name == "t2.micro", UsageClasses: wire.Items[string]{"on-demand", "spot"},
		RootDeviceTypes: wire.Items[string]{"ebs"}, Virtualization: wire.Items[string]{"hvm"}, Hypervisor: "nitro", Architectures: wire.Items[string]{t.Architecture},
		Manufacturer: t.Processor, VCPUs: t.VCPUs, Cores: t.VCPUs / threads, ThreadsPerCore: threads, MemoryMiB: t.MemoryMiB, EBSEncryption: "supported",
		EBSOptimized: "default", Interfaces: t.Interfaces, EnaSupport: "required", Burstable: t.Burstable, AutoRecovery: true, BootModes: wire.Items[string]{"uefi"}}
	if t.Previous {
		item.CurrentGeneration, item.AutoRecovery, item.Hypervisor = false, false, "xen"
		item.EnaSupport, item.EBSOptimized, item.BootModes = "unsupported", "unsupported", wire.Items[string]{"legacy-bios"}
	}
	return item
}

type describeInstanceTypesInput struct {
	Names      []string          `query:"InstanceType" max:"100"`
	Filters    []requests.Filter `query:"Filter"`
	MaxResults *int              `query:"MaxResults" min:"5" max:"100"`
	NextToken  string            `query:"NextToken"`
}

type describeInstanceTypesOutput struct {
	Types     wire.Items[instanceTypeItem] `xml:"instanceTypeSet"`
	NextToken string                       `xml:"nextToken,omitempty"`
}

func describeInstanceTypes(_ *world.Tx, _ *wire.Call, in *describeInstanceTypesInput) (*describeInstanceTypesOutput, error) {
	var unknown []string
	for _, name := range in.Names {
		switch _, err := compute.FindInstanceType(name); {
		case err == nil:
		case compute.MayBeType(name):
			return nil, err
		default:
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, refuse.New("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(unknown, ", "))
	}
	if err := knownTypes(in.Filters); err != nil {
		return nil, err
	}
	var all []instanceTypeItem
	for _, t := range compute.InstanceTypes() {
		all = append(all, renderInstanceType(t))
	}
	found, err := requests.Choose(all, in.Names, func(t instanceTypeItem) string { return t.Name }, in.Filters, instanceTypeFields)
	if err != nil {
		return nil, err
	}
	found, next, err := requests.PageOf(found, in.MaxResults, in.NextToken)
	return &describeInstanceTypesOutput{found, next}, err
}

// instanceTypeFields are the values of an instance type by which filters find it.
func instanceTypeFields(t instanceTypeItem) map[string]string {
	return map[string]string{"instance-type": t.Name, "processor-info.supported-architecture": t.Architectures[0],
		"vcpu-info.default-vcpus": strconv.Itoa(t.VCPUs), "memory-info.size-in-mib": strconv.Itoa(t.MemoryMiB), "current-generation": strconv.FormatBool(t.CurrentGeneration),
		"burstable-performance-supported": strconv.FormatBool(t.Burstable), "bare-metal": "false", "hypervisor": t.Hypervisor, "supported-usage-class": "on-demand",
		"auto-recovery-supported": strconv.FormatBool(t.AutoRecovery), "dedicated-hosts-supported": "false", "ebs-info.ebs-optimized-support": t.EBSOptimized, "ebs-info.encryption-support": t.EBSEncryption,
		"free-tier-eligible": strconv.FormatBool(t.FreeTier), "hibernation-supported": "false", "instance-storage-supported": "false",
		"network-info.ena-support": t.EnaSupport, "network-info.maximum-network-interfaces": strconv.Itoa(t.Interfaces), "supported-boot-mode": t.BootModes[0],
		"supported-root-device-type": "ebs", "supported-virtualization-type": "hvm", "vcpu-info.default-cores": strconv.Itoa(t.Cores),
		"vcpu-info.default-threads-per-core": strconv.Itoa(t.ThreadsPerCore)}
}

type describeInstanceTypeOfferingsInput struct {
	LocationType string            `query:"LocationType" enum:"region|availability-zone|availability-zone-id|outpost"`
	Filters      []requests.Filter `query:"Filter"`
	MaxResults   *int              `query:"MaxResults" min:"5" max:"1000"`
	NextToken    string            `query:"NextToken"`
}

type describeInstanceTypeOfferingsOutput struct {
	Offerings wire.Items[offeringItem] `xml:"instanceTypeOfferingSet"`
	NextToken string                   `xml:"nextToken,omitempty"`
}

type offeringItem struct {
	Type         string `xml:"instanceType"`
	LocationType string `xml:"locationType"`
	Location     string `xml:"location"`
}

func describeInstanceTypeOfferings(tx *world.Tx, _ *wire.Call, in *describeInstanceTypeOfferingsInput) (*describeInstanceTypeOfferingsOutput, error) {
	if in.LocationType == "" {
		in.LocationType = "region"
	}
	if err := knownTypes(in.Filters); err != nil {
		return nil, err
	}
	var all []offeringItem
	for _, t := range compute.InstanceTypes() {
		for _, location := range offeredIn(tx, t.Name, in.LocationType) {
			ok, err := requests.FitsAll(in.Filters, map[string]string{"instance-type": t.Name, "location": location})
			if err != nil {
				return nil, err
			}
			if ok {
				all = append(all, offeringItem{t.Name, in.LocationType, location})
			}
		}
	}
	found, next, err := requests.PageOf(all, in.MaxResults, in.NextToken)
	return &describeInstanceTypeOfferingsOutput{found, next}, err
}

// knownTypes refuses filters by the name of a type that AWS may have and that isn't here: an
// empty list would say that there is none, or that no place offers it.
func knownTypes(filters []requests.Filter) error {
	for _, f := range filters {
		if f.Name != "instance-type" {
			continue
		}
		for _, name := range f.Values {
			if _, err := compute.FindInstanceType(name); err != nil && compute.MayBeType(name) {
				return err
			}
		}
	}
	return nil
}

// offeredIn lists the places that offer an instance type.
func offeredIn(tx *world.Tx, name, locationType string) []string {
	var places []string
	for _, z := range network.Zones(tx.Region()) {
		if !compute.Offered(tx, name, z.Name) {
			continue
		}
		switch locationType {
		case "outpost": // there are none
		case "availability-zone":
			places = append(places, z.Name)
		case "availability-zone-id":
			places = append(places, z.ID)
		default:
			return []string{tx.Region()}
		}
	}
	return places
}
