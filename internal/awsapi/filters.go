package awsapi

// The names of EC2's filters.
const (
	FilterVPC              = "vpc-id"
	FilterSubnet           = "subnet-id"
	FilterGroupName        = "group-name"
	FilterInterfaceGroup   = "group-id"
	FilterInterface        = "network-interface-id"
	FilterIngressGroup     = "ip-permission.group-id"
	FilterEgressGroup      = "egress.ip-permission.group-id"
	FilterAllocation       = "allocation-id"
	FilterAttachedVPC      = "attachment.vpc-id"
	FilterAssociatedSubnet = "association.subnet-id"
)
