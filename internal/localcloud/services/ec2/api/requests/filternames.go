package requests

// FiltersNotSimulated lists the filters that the API reference gives a describe operation
// and the local cloud doesn't have: they are refused by name.
func FiltersNotSimulated(operation string) []string {
	switch operation {
	case "DescribeAvailabilityZones":
		return []string{
			"group-long-name",
		}
	case "DescribeImages":
		return []string{
			"free-tier-eligible", "image-allowed",
		}
	case "DescribeInstanceStatus":
		return []string{
			"availability-zone-id", "event.code", "event.description", "event.instance-event-id", "event.not-after", "event.not-before",
			"event.not-before-deadline", "instance-status.reachability", "operator.managed", "operator.principal", "system-status.reachability",
		}
	case "DescribeInstanceTypes":
		return []string{
			"ebs-info.attachment-limit-type", "ebs-info.maximum-ebs-attachments", "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
			"ebs-info.ebs-optimized-info.baseline-iops", "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
			"ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps", "ebs-info.ebs-optimized-info.maximum-iops",
			"ebs-info.ebs-optimized-info.maximum-throughput-in-mbps", "ebs-info.nvme-support", "instance-storage-info.disk.count",
			"instance-storage-info.disk.size-in-gb", "instance-storage-info.disk.type", "instance-storage-info.encryption-support",
			"instance-storage-info.nvme-support", "instance-storage-info.total-size-in-gb", "network-info.bandwidth-weightings",
			"network-info.efa-info.maximum-efa-interfaces", "network-info.efa-supported", "network-info.flexible-ena-queues-support",
			"network-info.encryption-in-transit-supported", "network-info.ipv4-addresses-per-interface", "network-info.ipv6-addresses-per-interface",
			"network-info.ipv6-supported", "network-info.maximum-network-cards", "network-info.network-performance", "nitro-enclaves-support",
			"nitro-tpm-support", "nitro-tpm-info.supported-versions", "processor-info.sustained-clock-speed-in-ghz", "processor-info.supported-features",
			"reboot-migration-support", "vcpu-info.valid-cores", "vcpu-info.valid-threads-per-core",
		}
	case "DescribeInstances":
		return []string{
			"affinity", "availability-zone-id", "boot-mode", "capacity-reservation-specification.capacity-reservation-preference",
			"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
			"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn", "current-instance-boot-mode",
			"metadata-options.http-protocol-ipv4", "metadata-options.state", "network-interface.addresses.association.allocation-id",
			"network-interface.addresses.association.association-id", "network-interface.addresses.association.carrier-ip",
			"network-interface.addresses.association.customer-owned-ip", "network-interface.addresses.association.ip-owner-id",
			"network-interface.addresses.association.public-dns-name", "network-interface.addresses.private-dns-name",
			"network-interface.association.carrier-ip", "network-interface.association.customer-owned-ip", "network-interface.attachment.network-card-index",
			"network-interface.deny-all-igw-traffic", "network-interface.ipv4-prefixes.ipv4-prefix", "network-interface.ipv6-address",
			"network-interface.ipv6-addresses.is-primary-ipv6", "network-interface.ipv6-native", "network-interface.ipv6-prefixes.ipv6-prefix",
			"network-interface.operator.managed", "network-interface.operator.principal", "network-interface.outpost-arn",
			"network-interface.public-dns-name", "network-interface.tag-key", "network-interface.tag-value",
			"network-performance-options.bandwidth-weighting", "operator.managed", "operator.principal", "platform-details", "requester-id",
			"source-dest-check", "tpm-support", "usage-operation", "usage-operation-update-time",
		}
	case "DescribeLaunchTemplateVersions":
		return []string{
			"http-protocol-ipv4",
		}
	case "DescribeNetworkInterfaces":
		return []string{
			"availability-zone-id", "operator.managed", "operator.principal",
		}
	case "DescribeSubnets":
		return []string{
			"enable-lni-at-device-index",
		}
	case "DescribeVolumes":
		return []string{
			"availability-zone-id", "fast-restored", "operator.managed", "operator.principal",
		}
	case "DescribeVpcEndpointServices":
		return []string{
			"supported-ip-address-types",
		}
	case "DescribeVpcEndpoints":
		return []string{
			"ip-address-type",
		}
	}
	return nil
}
