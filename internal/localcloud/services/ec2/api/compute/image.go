package compute

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func imageOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{requests.View(h, "DescribeImages", describeImages)}
}

type imageItem struct {
	ID                 string                      `xml:"imageId"`
	Location           string                      `xml:"imageLocation"`
	State              string                      `xml:"imageState"`
	OwnerID            string                      `xml:"imageOwnerId"`
	OwnerAlias         string                      `xml:"imageOwnerAlias"`
	Created            string                      `xml:"creationDate"`
	IsPublic           bool                        `xml:"isPublic"`
	Architecture       string                      `xml:"architecture"`
	Type               string                      `xml:"imageType"`
	EnaSupport         bool                        `xml:"enaSupport"`
	SriovSupport       string                      `xml:"sriovNetSupport"`
	Name               string                      `xml:"name"`
	Description        string                      `xml:"description"`
	RootDeviceType     string                      `xml:"rootDeviceType"`
	RootDeviceName     string                      `xml:"rootDeviceName"`
	Devices            wire.Items[imageDeviceItem] `xml:"blockDeviceMapping"`
	VirtualizationType string                      `xml:"virtualizationType"`
	Hypervisor         string                      `xml:"hypervisor"`
	PlatformDetails    string                      `xml:"platformDetails"`
	UsageOperation     string                      `xml:"usageOperation"`
	BootMode           string                      `xml:"bootMode"`
	ImdsSupport        string                      `xml:"imdsSupport"`
	Tags               wire.Items[requests.Tag]    `xml:"tagSet,omitempty"`
}

type imageDeviceItem struct {
	Name                string `xml:"deviceName"`
	SnapshotID          string `xml:"ebs>snapshotId"`
	VolumeSize          int    `xml:"ebs>volumeSize"`
	VolumeType          string `xml:"ebs>volumeType"`
	DeleteOnTermination bool   `xml:"ebs>deleteOnTermination"`
	Encrypted           bool   `xml:"ebs>encrypted"`
	IOPS                int    `xml:"ebs>iops"`
	Throughput          int    `xml:"ebs>throughput"`
}

func renderImage(i compute.Image) imageItem {
	mode := "uefi-preferred"
	if i.Architecture == "arm64" {
		mode = "uefi"
	}
	return imageItem{ID: i.ID, Location: compute.ImageOwnerAlias + "/" + i.Name, State: "available", OwnerID: compute.ImageOwnerID, OwnerAlias: compute.ImageOwnerAlias,
		Created: i.Created, IsPublic: true, Architecture: i.Architecture, Type: "machine", EnaSupport: true, SriovSupport: "simple", Name: i.Name,
		Description: i.Description, RootDeviceType: "ebs", RootDeviceName: compute.RootDeviceName, VirtualizationType: "hvm", Hypervisor: "xen",
		Devices:         wire.Items[imageDeviceItem]{{compute.RootDeviceName, i.SnapshotID, compute.RootDeviceSizeGB, "gp3", true, false, 3000, 125}},
		PlatformDetails: "Linux/UNIX", UsageOperation: "RunInstances", BootMode: mode, ImdsSupport: "v2.0"}
}

type describeImagesInput struct {
	IDs        []string          `query:"ImageId"`
	Owners     []string          `query:"Owner"`
	Executable []string          `query:"ExecutableBy"`
	Filters    []requests.Filter `query:"Filter"`
	Deprecated bool              `query:"IncludeDeprecated"`
	_          wire.Only         `query:"IncludeDisabled" only:"false"`
}

type describeImagesOutput struct {
	Images wire.Items[imageItem] `xml:"imagesSet"`
}

func describeImages(tx *world.Tx, _ *wire.Call, in *describeImagesInput) (*describeImagesOutput, error) {
	var absent []string
	for _, id := range in.IDs {
		_, err := compute.FindImage(tx.Region(), id)
		if refuse.Is(err, compute.NoImage) {
			absent = append(absent, id)
		} else if err != nil {
			return nil, err
		}
	}
	if len(absent) > 0 {
		return nil, compute.NoImages(absent...)
	}
	for _, who := range in.Executable {
		if who != "all" && who != "self" {
			return nil, refuse.NotSimulated("value %q of parameter ExecutableBy of DescribeImages is not simulated", who)
		}
	}
	if err := knownOwners(in); err != nil {
		return nil, err
	}
	var all []imageItem
	for _, image := range compute.Images(tx.Region()) {
		all = append(all, renderImage(image))
	}
	mine := func(owner string) bool { return owner == "self" || owner == world.AccountID }
	public := !slices.Contains(in.Executable, "self") && (len(in.Owners) == 0 || !slices.ContainsFunc(in.Owners, mine))
	found, err := requests.Choose(all, in.IDs, func(i imageItem) string { return i.ID }, in.Filters, imageFields)
	by := slices.IndexFunc(in.Filters, func(f requests.Filter) bool { return f.Name == "name" || f.Name == "description" })
	if err == nil && len(found) == 0 && public && by >= 0 {
		return nil, refuse.NotSimulated("public images other than those of Amazon Linux 2023 are not simulated, and filter %s asks for others", in.Filters[by].Name)
	}
	return &describeImagesOutput{slices.DeleteFunc(found, func(i imageItem) bool {
		owned := len(in.Owners) == 0 || slices.Contains(in.Owners, i.OwnerAlias) || slices.Contains(in.Owners, i.OwnerID)
		return !owned || slices.Contains(in.Executable, "self")
	})}, err
}

// ownerShape is what the accounts and aliases that own images look like.
var ownerShape = regexp.MustCompile(`^([0-9]{12}|aws-[a-z-]+)$`)

// knownOwners refuses owners whose images aren't here, though AWS may have some. The account
// has none of its own.
func knownOwners(in *describeImagesInput) error {
	owners := in.Owners
	for _, f := range in.Filters {
		if f.Name == "owner-id" || f.Name == "owner-alias" {
			owners = append(slices.Clone(owners), f.Values...)
		}
	}
	for _, owner := range owners {
		switch owner {
		case "self", world.AccountID, compute.ImageOwnerID, compute.ImageOwnerAlias:
			continue
		}
		if ownerShape.MatchString(owner) {
			return refuse.NotSimulated("images of owner %s are not simulated, only Amazon's own of Amazon Linux 2023", owner)
		}
	}
	return nil
}

// imageFields are the values of an image by which filters find it.
func imageFields(i imageItem) map[string]string {
	return map[string]string{"image-id": i.ID, "name": i.Name, "description": i.Description, "architecture": i.Architecture,
		"state": i.State, "owner-alias": i.OwnerAlias, "owner-id": i.OwnerID, "root-device-type": i.RootDeviceType, "root-device-name": i.RootDeviceName,
		"virtualization-type": i.VirtualizationType, "image-type": i.Type, "is-public": "true", "hypervisor": i.Hypervisor, "ena-support": "true",
		"creation-date": i.Created, "block-device-mapping.volume-type": "gp3", "platform-details": i.PlatformDetails, "boot-mode": i.BootMode, "imds-support": i.ImdsSupport,
		"block-device-mapping.device-name": i.RootDeviceName, "block-device-mapping.snapshot-id": i.Devices[0].SnapshotID, "block-device-mapping.delete-on-termination": "true",
		"block-device-mapping.volume-size": strconv.Itoa(compute.RootDeviceSizeGB), "block-device-mapping.encrypted": "false", "manifest-location": i.Location,
		"sriov-net-support": i.SriovSupport, "kernel-id": "", "ramdisk-id": "", "platform": "", "product-code": "", "product-code.type": "",
		"source-image-id": "", "source-image-region": "", "source-instance-id": "", "state-reason-code": "", "state-reason-message": ""}
}
