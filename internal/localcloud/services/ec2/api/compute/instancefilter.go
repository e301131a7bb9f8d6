package compute

import (
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/security"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// instanceOptionFields are the filters of instances by how they were launched.
func instanceOptionFields() requests.Fields[*compute.Instance] {
	value := func(value func(*compute.Instance) string) func(*compute.Instance) []string {
		return func(i *compute.Instance) []string { return requests.Some(value(i)) }
	}
	fixed := func(text string) func(*compute.Instance) []string {
		return func(*compute.Instance) []string { return requests.One(text) }
	}
	all := requests.Fields[*compute.Instance]{
		"launch-index": value(func(i *compute.Instance) string { return strconv.Itoa(i.LaunchIndex) }),
		"launch-time":  value(func(i *compute.Instance) string { return wire.Timestamp(i.Launched) }),
		"iam-instance-profile.id": func(i *compute.Instance) []string {
			if i.Profile == nil {
				return nil
			}
			return requests.One(i.Profile.ID)
		},
		"ebs-optimized": func(i *compute.Instance) []string { return requests.YesNo(i.EBSOptimized) },
		"monitoring-state": func(i *compute.Instance) []string {
			if i.Monitoring {
				return requests.One("enabled")
			}
			return requests.One("disabled")
		},
		"metadata-options.http-tokens":                                  value(func(i *compute.Instance) string { return i.Metadata.Tokens }),
		"metadata-options.http-endpoint":                                value(func(i *compute.Instance) string { return i.Metadata.Endpoint }),
		"metadata-options.http-put-response-hop-limit":                  value(func(i *compute.Instance) string { return strconv.Itoa(i.Metadata.HopLimit) }),
		"metadata-options.instance-metadata-tags":                       value(func(i *compute.Instance) string { return i.Metadata.Tags }),
		"metadata-options.http-protocol-ipv6":                           fixed("disabled"),
		"reason":                                                        value(func(i *compute.Instance) string { return i.Reason }),
		"state-reason-code":                                             value(func(i *compute.Instance) string { return i.StateReason.Code }),
		"state-reason-message":                                          value(func(i *compute.Instance) string { return i.StateReason.Message }),
		"hypervisor":                                                    fixed("xen"),
		"virtualization-type":                                           fixed("hvm"),
		"ena-support":                                                   fixed("true"),
		"enclave-options.enabled":                                       requests.No[*compute.Instance],
		"hibernation-options.configured":                                requests.No[*compute.Instance],
		"maintenance-options.auto-recovery":                             fixed("default"),
		"private-dns-name-options.hostname-type":                        fixed("ip-name"),
		"private-dns-name-options.enable-resource-name-dns-a-record":    requests.No[*compute.Instance],
		"private-dns-name-options.enable-resource-name-dns-aaaa-record": requests.No[*compute.Instance],
	}
	for _, absent := range []string{
		"capacity-reservation-id", "host-id", "instance-lifecycle", "ipv6-address", "kernel-id", "key-name", "outpost-arn", "placement-group-name",
		"placement-partition-number", "platform", "product-code", "product-code.type", "ramdisk-id", "spot-instance-request-id",
	} {
		all[absent] = requests.Never[*compute.Instance]
	}
	return all
}

// instanceInterfaceFields are the filters of instances by their network interfaces, which
// are those of the interfaces themselves.
func instanceInterfaceFields(tx *world.Tx) requests.Fields[*compute.Instance] {
	all := requests.Fields[*compute.Instance]{}
	for name, of := range security.NetworkInterfaceFields(tx) {
		if slices.Contains([]string{"interface-type", "addresses.association.owner-id", "availability-zone-id"}, name) {
			continue // of the interfaces alone
		}
		all["network-interface."+name] = func(i *compute.Instance) (values []string) {
			for _, x := range network.InterfacesOf(tx, i.ID) {
				values = append(values, of(x)...)
			}
			return values
		}
	}
	return all
}

// instanceVolumeFields are the filters of instances by their volumes.
func instanceVolumeFields(tx *world.Tx) requests.Fields[*compute.Instance] {
	all := requests.Fields[*compute.Instance]{}
	for name, value := range map[string]func(*compute.Volume) string{
		"volume-id":             func(v *compute.Volume) string { return v.ID },
		"device-name":           func(v *compute.Volume) string { return v.Device },
		"status":                func(*compute.Volume) string { return "attached" },
		"attach-time":           func(v *compute.Volume) string { return wire.Timestamp(v.Attached) },
		"delete-on-termination": func(v *compute.Volume) string { return strconv.FormatBool(v.DeleteOnTermination) },
	} {
		all["block-device-mapping."+name] = func(i *compute.Instance) (values []string) {
			for _, v := range compute.VolumesOf(tx, i.ID) {
				values = append(values, value(v))
			}
			return values
		}
	}
	return all
}
