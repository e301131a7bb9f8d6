package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// emptyList is an operation that describes objects of which the account has none, because
// nothing here can make them.
type emptyList struct {
	operation string
	ids, list string // the parameter with IDs or names, and the reply's list
	page      string // the parameter that bounds a page, as a tag; empty where there are no pages
	// code and words are the refusal of an ID.
	code, words string
	filters     string // besides those by tag
}

func emptyListOperations(h *requests.Handlers) (operations []wire.Operation) {
	for _, l := range emptyLists() {
		list := reflect.StructTag(`xml:"` + l.list + `"`)
		o := requests.View(h, l.operation, l.describe).Named("IDs", reflect.StructTag(`query:"`+l.ids+`"`), "Items", list)
		if l.page != "" {
			o = o.Named("MaxResults", reflect.StructTag(l.page), "Items", list).Named("NextToken", `query:"NextToken"`, "Items", list)
		}
		operations = append(operations, o)
	}
	return operations
}

type emptyListInput struct {
	IDs        []string
	Filters    []requests.Filter `query:"Filter"`
	MaxResults *int
	NextToken  string
}

type emptyListOutput struct {
	Items wire.Items[requests.None]
}

func (l emptyList) describe(_ *world.Tx, _ *wire.Call, in *emptyListInput) (*emptyListOutput, error) {
	if len(in.IDs) > 0 {
		return nil, refuse.New(l.code, "%s", strings.ReplaceAll(l.words, "%s", strings.Join(in.IDs, ", ")))
	}
	known := map[string]string{}
	for name := range strings.FieldsSeq(l.filters) {
		known[name] = ""
	}
	byTag := func(f requests.Filter) bool { return f.Name == "tag-key" || strings.HasPrefix(f.Name, "tag:") }
	if _, err := requests.FitsAll(slices.DeleteFunc(in.Filters, byTag), known); err != nil {
		return nil, err
	}
	_, _, err := requests.PageOf([]requests.None{}, in.MaxResults, in.NextToken)
	return &emptyListOutput{}, err
}

// emptyLists are those operations. Source: API reference of each; the codes are those of the
// Amazon EC2 Developer Guide, "Error codes for the Amazon EC2 API".
func emptyLists() []emptyList {
	return []emptyList{
		{operation: "DescribeCapacityReservations", ids: "CapacityReservationId", list: "capacityReservationSet", page: `query:"MaxResults" min:"1" max:"1000"`, code: "InvalidCapacityReservationId.NotFound", words: "The capacity reservation '%s' does not exist",
			filters: "active availability-zone cancelled dedicated default end-date end-date-type expired failed instance-match-criteria " +
				"instance-platform instance-type limited open outpost-arn owner-id pending placement-group-arn start-date state targeted tenancy " +
				"unlimited"},
		{operation: "DescribeCarrierGateways", ids: "CarrierGatewayId", list: "carrierGatewaySet", page: `query:"MaxResults" min:"5" max:"1000"`, code: "InvalidCarrierGatewayID.NotFound", words: "The carrier gateway ID '%s' does not exist",
			filters: "carrier-gateway-id owner-id state vpc-id"},
		{operation: "DescribeCustomerGateways", ids: "CustomerGatewayId", list: "customerGatewaySet", code: "InvalidCustomerGatewayID.NotFound", words: "The customerGateway ID '%s' does not exist",
			filters: "bgp-asn customer-gateway-id ip-address state type"},
		{operation: "DescribeEgressOnlyInternetGateways", ids: "EgressOnlyInternetGatewayId", list: "egressOnlyInternetGatewaySet", page: `query:"MaxResults" min:"5" max:"255"`, code: "InvalidGatewayID.NotFound", words: "The eigw ID '%s' does not exist"},
		{operation: "DescribeFleets", ids: "FleetId", list: "fleetSet", page: `query:"MaxResults"`, code: "InvalidFleetId.NotFound", words: "The fleet ID '%s' does not exist",
			filters: "activity-status excess-capacity-termination-policy fleet-state replace-unhealthy-instances type"},
		{operation: "DescribeFlowLogs", ids: "FlowLogId", list: "flowLogSet", page: `query:"MaxResults"`, code: "InvalidFlowLogId.NotFound", words: "The flow log ID '%s' does not exist",
			filters: "deliver-log-status flow-log-id log-destination-type log-group-name resource-id traffic-type"},
		{operation: "DescribeHosts", ids: "HostId", list: "hostSet", page: `query:"MaxResults"`, code: "InvalidHostID.NotFound", words: "The host ID '%s' does not exist",
			filters: "auto-placement availability-zone client-token host-reservation-id instance-type state"},
		{operation: "DescribeInstanceConnectEndpoints", ids: "InstanceConnectEndpointId", list: "instanceConnectEndpointSet", page: `query:"MaxResults" min:"1" max:"50"`, code: "InvalidInstanceConnectEndpointId.NotFound", words: "The instance connect endpoint ID '%s' does not exist",
			filters: "instance-connect-endpoint-id state subnet-id tag-value vpc-id"},
		{operation: "DescribeKeyPairs", ids: "KeyName", list: "keySet", code: "InvalidKeyPair.NotFound", words: "The key pair '%s' does not exist",
			filters: "fingerprint key-name key-pair-id"},
		{operation: "DescribeNetworkInterfacePermissions", ids: "NetworkInterfacePermissionId", list: "networkInterfacePermissions", page: `query:"MaxResults" min:"5" max:"255"`, code: "InvalidPermissionID.NotFound", words: "The network interface permission ID '%s' does not exist",
			filters: "network-interface-permission.aws-account-id network-interface-permission.aws-service " +
				"network-interface-permission.network-interface-id network-interface-permission.network-interface-permission-id " +
				"network-interface-permission.permission"},
		{operation: "DescribePlacementGroups", ids: "GroupName", list: "placementGroupSet", code: "InvalidPlacementGroup.Unknown", words: "The Placement Group '%s' is unknown.",
			filters: "group-arn group-name spread-level state strategy"},
		{operation: "DescribeReservedInstances", ids: "ReservedInstancesId", list: "reservedInstancesSet", code: "InvalidReservedInstancesId", words: "The reserved instances ID '%s' does not exist",
			filters: "availability-zone availability-zone-id duration end fixed-price instance-type product-description reserved-instances-id scope start " +
				"state usage-price"},
		{operation: "DescribeSpotInstanceRequests", ids: "SpotInstanceRequestId", list: "spotInstanceRequestSet", page: `query:"MaxResults"`, code: "InvalidSpotInstanceRequestID.NotFound", words: "The spot instance request ID '%s' does not exist",
			filters: "availability-zone-group create-time fault-code fault-message instance-id launch-group " +
				"launch.block-device-mapping.delete-on-termination launch.block-device-mapping.device-name launch.block-device-mapping.snapshot-id " +
				"launch.block-device-mapping.volume-size launch.block-device-mapping.volume-type launch.group-id launch.group-name launch.image-id " +
				"launch.instance-type launch.kernel-id launch.key-name launch.monitoring-enabled launch.ramdisk-id launched-availability-zone " +
				"launched-availability-zone-id network-interface.addresses.primary network-interface.delete-on-termination " +
				"network-interface.description network-interface.device-index network-interface.group-id network-interface.network-interface-id " +
				"network-interface.private-ip-address network-interface.subnet-id product-description spot-instance-request-id spot-price state " +
				"status-code status-message type valid-from valid-until"},
		{operation: "DescribeTransitGatewayAttachments", ids: "TransitGatewayAttachmentIds", list: "transitGatewayAttachments", page: `query:"MaxResults" min:"5" max:"1000"`, code: "InvalidTransitGatewayAttachmentID.NotFound", words: "Transit Gateway Attachment %s was deleted or does not exist.",
			filters: "association.state association.transit-gateway-route-table-id resource-id resource-owner-id resource-type state " +
				"transit-gateway-attachment-id transit-gateway-id transit-gateway-owner-id"},
		{operation: "DescribeTransitGatewayRouteTables", ids: "TransitGatewayRouteTableIds", list: "transitGatewayRouteTables", page: `query:"MaxResults" min:"5" max:"1000"`, code: "InvalidRouteTableID.NotFound", words: "Transit Gateway Route Table %s was deleted or does not exist.",
			filters: "default-association-route-table default-propagation-route-table state transit-gateway-id transit-gateway-route-table-id"},
		{operation: "DescribeTransitGatewayVpcAttachments", ids: "TransitGatewayAttachmentIds", list: "transitGatewayVpcAttachments", page: `query:"MaxResults" min:"5" max:"1000"`, code: "InvalidTransitGatewayAttachmentID.NotFound", words: "Transit Gateway Attachment %s was deleted or does not exist.",
			filters: "state transit-gateway-attachment-id transit-gateway-id vpc-id"},
		{operation: "DescribeTransitGateways", ids: "TransitGatewayIds", list: "transitGatewaySet", page: `query:"MaxResults" min:"5" max:"1000"`, code: "InvalidTransitGatewayID.NotFound", words: "Transit Gateway %s was deleted or does not exist.",
			filters: "options.amazon-side-asn options.association-default-route-table-id options.auto-accept-shared-attachments " +
				"options.default-route-table-association options.default-route-table-propagation options.dns-support " +
				"options.propagation-default-route-table-id options.vpn-ecmp-support owner-id state transit-gateway-id"},
		{operation: "DescribeVpcEndpointConnections", list: "vpcEndpointConnectionSet", page: `query:"MaxResults"`,
			filters: "ip-address-type service-id vpc-endpoint-id vpc-endpoint-owner vpc-endpoint-region vpc-endpoint-state"},
		{operation: "DescribeVpcEndpointServiceConfigurations", ids: "ServiceId", list: "serviceConfigurationSet", page: `query:"MaxResults"`, code: "InvalidVpcEndpointServiceId.NotFound", words: "The VpcEndpointService Id '%s' does not exist",
			filters: "service-id service-name service-state supported-ip-address-types"},
		{operation: "DescribeVpcPeeringConnections", ids: "VpcPeeringConnectionId", list: "vpcPeeringConnectionSet", page: `query:"MaxResults" min:"5" max:"1000"`, code: "InvalidVpcPeeringConnectionID.NotFound", words: "The vpcPeeringConnection ID '%s' does not exist",
			filters: "accepter-vpc-info.cidr-block accepter-vpc-info.owner-id accepter-vpc-info.vpc-id expiration-time requester-vpc-info.cidr-block " +
				"requester-vpc-info.owner-id requester-vpc-info.vpc-id status-code status-message vpc-peering-connection-id"},
		{operation: "DescribeVpnConnections", ids: "VpnConnectionId", list: "vpnConnectionSet", code: "InvalidVpnConnectionID.NotFound", words: "The vpnConnection ID '%s' does not exist",
			filters: "bgp-asn customer-gateway-configuration customer-gateway-id option.static-routes-only route.destination-cidr-block state " +
				"transit-gateway-id type vpn-connection-id vpn-gateway-id"},
		{operation: "DescribeVpnGateways", ids: "VpnGatewayId", list: "vpnGatewaySet", code: "InvalidVpnGatewayID.NotFound", words: "The vpnGateway ID '%s' does not exist",
			filters: "amazon-side-asn attachment.state attachment.vpc-id availability-zone state type vpn-gateway-id"},
	}
}
