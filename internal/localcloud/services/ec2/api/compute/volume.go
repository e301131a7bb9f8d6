package compute

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

func volumeOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{requests.Describe(h, "DescribeVolumes", "VolumeId", "volumeSet", volumeFields, renderVolume)}
}

type volumeItem struct {
	ID          string                           `xml:"volumeId"`
	Size        int                              `xml:"size"`
	SnapshotID  string                           `xml:"snapshotId"`
	Zone        string                           `xml:"availabilityZone"`
	ZoneID      string                           `xml:"availabilityZoneId"`
	State       string                           `xml:"status"`
	Created     string                           `xml:"createTime"`
	Attachments wire.Items[volumeAttachmentItem] `xml:"attachmentSet"`
	Tags        wire.Items[requests.Tag]         `xml:"tagSet,omitempty"`
	Type        string                           `xml:"volumeType"`
	IOPS        int                              `xml:"iops"`
	Throughput  int                              `xml:"throughput,omitempty"`
	Encrypted   bool                             `xml:"encrypted"`
	KmsKeyID    string                           `xml:"kmsKeyId,omitempty"`
	MultiAttach bool                             `xml:"multiAttachEnabled"`
	Managed     bool                             `xml:"operator>managed"`
}

type volumeAttachmentItem struct {
	VolumeID            string `xml:"volumeId"`
	InstanceID          string `xml:"instanceId"`
	Device              string `xml:"device"`
	State               string `xml:"status"`
	Attached            string `xml:"attachTime"`
	DeleteOnTermination bool   `xml:"deleteOnTermination"`
}

func renderVolume(_ *world.Tx, v *compute.Volume) volumeItem {
	item := volumeItem{ID: v.ID, Size: v.SizeGB, SnapshotID: v.SnapshotID, Zone: v.Zone, ZoneID: network.ZoneID(v.Region, v.Zone), State: v.State, Created: wire.Timestamp(v.Created),
		Tags: requests.TagSet(v.Tags), Type: v.Type, IOPS: v.IOPS, Throughput: v.Throughput, Encrypted: v.Encrypted}
	if v.Encrypted { // with the key that AWS manages for EBS
		item.KmsKeyID = "arn:" + region.Partition(v.Region) + ":kms:" + v.Region + ":" + world.AccountID + ":key/11111111-2222-3333-4444-555555555555"
	}
	if v.InstanceID != "" {
		item.Attachments = wire.Items[volumeAttachmentItem]{{v.ID, v.InstanceID, v.Device, "attached", wire.Timestamp(v.Attached), v.DeleteOnTermination}}
	}
	return item
}

func volumeFields(*world.Tx) requests.Fields[*compute.Volume] {
	attachment := func(value func(*compute.Volume) string) func(*compute.Volume) []string {
		return func(v *compute.Volume) []string {
			if v.InstanceID == "" {
				return nil
			}
			return requests.One(value(v))
		}
	}
	return requests.Fields[*compute.Volume]{
		"volume-id":                        func(v *compute.Volume) []string { return requests.One(v.ID) },
		"status":                           func(v *compute.Volume) []string { return requests.One(v.State) },
		"availability-zone":                func(v *compute.Volume) []string { return requests.One(v.Zone) },
		"volume-type":                      func(v *compute.Volume) []string { return requests.One(v.Type) },
		"snapshot-id":                      func(v *compute.Volume) []string { return requests.Some(v.SnapshotID) },
		"size":                             func(v *compute.Volume) []string { return requests.One(strconv.Itoa(v.SizeGB)) },
		"encrypted":                        func(v *compute.Volume) []string { return requests.YesNo(v.Encrypted) },
		"attachment.instance-id":           func(v *compute.Volume) []string { return requests.Some(v.InstanceID) },
		"attachment.device":                func(v *compute.Volume) []string { return requests.Some(v.Device) },
		"create-time":                      func(v *compute.Volume) []string { return requests.One(wire.Timestamp(v.Created)) },
		"multi-attach-enabled":             requests.No[*compute.Volume],
		"attachment.delete-on-termination": attachment(func(v *compute.Volume) string { return strconv.FormatBool(v.DeleteOnTermination) }),
		"attachment.attach-time":           attachment(func(v *compute.Volume) string { return wire.Timestamp(v.Attached) }),
		"attachment.status":                attachment(func(*compute.Volume) string { return "attached" }),
	}
}
