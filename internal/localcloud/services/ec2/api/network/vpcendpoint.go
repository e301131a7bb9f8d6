package network

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

func vpcEndpointOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateVpcEndpoint", createVpcEndpoint),
		requests.Do(h, "ModifyVpcEndpoint", modifyVpcEndpoint),
		requests.Change(h, "DeleteVpcEndpoints", deleteVpcEndpoints),
		requests.Describe(h, "DescribeVpcEndpoints", "VpcEndpointId", "vpcEndpointSet", endpointFields, renderEndpoint),
		requests.View(h, "DescribeVpcEndpointServices", describeVpcEndpointServices),
	}
}

// openPolicy is the policy of an endpoint that was made without one.
const openPolicy = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`

type vpcEndpointItem struct {
	ID                string                         `xml:"vpcEndpointId"`
	Type              string                         `xml:"vpcEndpointType"`
	VpcID             string                         `xml:"vpcId"`
	ServiceName       string                         `xml:"serviceName"`
	ServiceRegion     string                         `xml:"serviceRegion"`
	State             string                         `xml:"state"`
	Policy            string                         `xml:"policyDocument"`
	RouteTableIDs     wire.Items[string]             `xml:"routeTableIdSet"`
	SubnetIDs         wire.Items[string]             `xml:"subnetIdSet"`
	Groups            wire.Items[requests.GroupItem] `xml:"groupSet"`
	IPAddressType     string                         `xml:"ipAddressType"`
	DNSRecordIPType   string                         `xml:"dnsOptions>dnsRecordIpType"`
	PrivateDNSEnabled bool                           `xml:"privateDnsEnabled"`
	RequesterManaged  bool                           `xml:"requesterManaged"`
	InterfaceIDs      wire.Items[string]             `xml:"networkInterfaceIdSet"`
	DNSEntries        wire.Items[requests.None]      `xml:"dnsEntrySet"`
	Created           string                         `xml:"creationTimestamp"`
	OwnerID           string                         `xml:"ownerId"`
	Tags              wire.Items[requests.Tag]       `xml:"tagSet"`
}

func renderEndpoint(_ *world.Tx, e *network.VPCEndpoint) vpcEndpointItem {
	return vpcEndpointItem{ID: e.ID, Type: "Gateway", VpcID: e.VPCID, ServiceName: e.Service, ServiceRegion: e.Region, State: e.State, Policy: e.Policy,
		RouteTableIDs: e.RouteTableIDs, IPAddressType: "ipv4", DNSRecordIPType: "service-defined", Created: wire.Timestamp(e.Created), OwnerID: world.AccountID, Tags: requests.TagSet(e.Tags)}
}

type createVpcEndpointInput struct {
	VpcID         string                      `query:"VpcId,required"`
	ServiceName   string                      `query:"ServiceName,required"`
	RouteTableIDs []string                    `query:"RouteTableId"`
	Policy        string                      `query:"PolicyDocument"`
	ClientToken   string                      `query:"ClientToken" max:"64"`
	Tags          []requests.TagSpecification `query:"TagSpecification"`
	_             wire.Only                   `query:"VpcEndpointType" only:"Gateway"`
	_             wire.Only                   `query:"PrivateDnsEnabled" only:"false"`
}

type createVpcEndpointOutput struct {
	Endpoint    vpcEndpointItem `xml:"vpcEndpoint"`
	ClientToken string          `xml:"clientToken,omitempty"`
}

func createVpcEndpoint(tx *world.Tx, c *wire.Call, in *createVpcEndpointInput) (*createVpcEndpointOutput, error) {
	if in.Policy == "" {
		in.Policy = openPolicy
	}
	e, err := requests.Create(c, in.Tags, "vpc-endpoint", func(tags world.Tags) (*network.VPCEndpoint, error) {
		return network.CreateVPCEndpoint(tx, network.NewEndpoint{VPCID: in.VpcID, Service: in.ServiceName, RouteTableIDs: in.RouteTableIDs, Policy: in.Policy}, in.ClientToken, tags)
	})
	if err != nil {
		return nil, err
	}
	return &createVpcEndpointOutput{renderEndpoint(tx, e), in.ClientToken}, nil
}

type modifyVpcEndpointInput struct {
	ID          string   `query:"VpcEndpointId,required"`
	Add         []string `query:"AddRouteTableId"`
	Remove      []string `query:"RemoveRouteTableId"`
	Policy      string   `query:"PolicyDocument"`
	ResetPolicy bool     `query:"ResetPolicy"`
}

func modifyVpcEndpoint(tx *world.Tx, in *modifyVpcEndpointInput) error {
	if in.ResetPolicy {
		in.Policy = openPolicy
	}
	return network.ModifyVPCEndpoint(tx, in.ID, in.Add, in.Remove, in.Policy)
}

type deleteVpcEndpointsInput struct {
	IDs []string `query:"VpcEndpointId,required"`
}

type deleteVpcEndpointsOutput struct {
	Unsuccessful wire.Items[unsuccessfulItem] `xml:"unsuccessful"`
}

type unsuccessfulItem struct {
	Error      errorItem `xml:"error"`
	ResourceID string    `xml:"resourceId"`
}

type errorItem struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

func deleteVpcEndpoints(tx *world.Tx, _ *wire.Call, in *deleteVpcEndpointsInput) (*deleteVpcEndpointsOutput, error) {
	out := &deleteVpcEndpointsOutput{}
	for _, id := range in.IDs {
		err := network.DeleteVPCEndpoint(tx, id)
		var refusal *refuse.Error
		switch {
		case errors.As(err, &refusal):
			out.Unsuccessful = append(out.Unsuccessful, unsuccessfulItem{errorItem{refusal.Code, refusal.Message}, id})
		case err != nil:
			return nil, err
		}
	}
	return out, nil
}

func endpointFields(tx *world.Tx) requests.Fields[*network.VPCEndpoint] {
	return requests.Fields[*network.VPCEndpoint]{
		"vpc-endpoint-id":    func(e *network.VPCEndpoint) []string { return requests.One(e.ID) },
		"vpc-id":             func(e *network.VPCEndpoint) []string { return requests.One(e.VPCID) },
		"service-name":       func(e *network.VPCEndpoint) []string { return requests.One(e.Service) },
		"vpc-endpoint-state": func(e *network.VPCEndpoint) []string { return requests.One(e.State) },
		"vpc-endpoint-type":  func(*network.VPCEndpoint) []string { return requests.One("Gateway") },
		"service-region":     func(*network.VPCEndpoint) []string { return requests.One(tx.Region()) },
	}
}

type describeVpcEndpointServicesInput struct {
	Names   []string          `query:"ServiceName"`
	Filters []requests.Filter `query:"Filter"`
}

type describeVpcEndpointServicesOutput struct {
	Names   wire.Items[string]              `xml:"serviceNameSet"`
	Details wire.Items[endpointServiceItem] `xml:"serviceDetailSet"`
}

type endpointServiceItem struct {
	ServiceName          string                   `xml:"serviceName"`
	ServiceID            string                   `xml:"serviceId"`
	ServiceRegion        string                   `xml:"serviceRegion"`
	Types                wire.Items[typeOf]       `xml:"serviceType"`
	Zones                wire.Items[string]       `xml:"availabilityZoneSet"`
	Owner                string                   `xml:"owner"`
	PolicySupported      bool                     `xml:"vpcEndpointPolicySupported"`
	AcceptanceRequired   bool                     `xml:"acceptanceRequired"`
	ManagesVpcEndpoints  bool                     `xml:"managesVpcEndpoints"`
	BaseEndpointDNSNames wire.Items[string]       `xml:"baseEndpointDnsNameSet"`
	Tags                 wire.Items[requests.Tag] `xml:"tagSet"`
}

type typeOf struct {
	Type string `xml:"serviceType"`
}

func describeVpcEndpointServices(tx *world.Tx, _ *wire.Call, in *describeVpcEndpointServicesInput) (*describeVpcEndpointServicesOutput, error) {
	known := network.EndpointServices(tx.Region())
	for _, wanted := range in.Names {
		if !slices.Contains(known, wanted) {
			return nil, network.UnknownEndpointService(tx.Region(), wanted)
		}
	}
	for _, f := range in.Filters {
		for _, name := range f.Values {
			if f.Name == "service-name" && !strings.ContainsAny(name, "*?") && !slices.Contains(known, name) {
				if err := network.UnknownEndpointService(tx.Region(), name); !refuse.Is(err, network.NoEndpointService) {
					return nil, err
				}
			}
			if f.Name == "service-type" && (name == "Interface" || name == "GatewayLoadBalancer") {
				return nil, refuse.NotSimulated("VPC endpoint services of type %s are not simulated", name)
			}
		}
	}
	var all []endpointServiceItem
	for _, name := range known {
		all = append(all, renderEndpointService(tx.Region(), name))
	}
	found, err := requests.Choose(all, in.Names, func(s endpointServiceItem) string { return s.ServiceName }, in.Filters, func(s endpointServiceItem) map[string]string {
		return map[string]string{"service-name": s.ServiceName, "service-type": "Gateway", "owner": "amazon", "service-region": tx.Region()}
	})
	out := &describeVpcEndpointServicesOutput{Details: found}
	for _, s := range found {
		out.Names = append(out.Names, s.ServiceName)
	}
	return out, err
}

// endpointServiceID is an ID in AWS's form that a service has in each world.
func endpointServiceID(name string) string {
	return "vpce-svc-" + fmt.Sprintf("%x", sha256.Sum256([]byte(name)))[:17]
}

func renderEndpointService(here, name string) endpointServiceItem {
	item := endpointServiceItem{ServiceID: endpointServiceID(name), ServiceRegion: here,
		ServiceName: name, Types: wire.Items[typeOf]{{"Gateway"}}, Owner: "amazon", PolicySupported: true,
		BaseEndpointDNSNames: wire.Items[string]{name[strings.LastIndex(name, ".")+1:] + "." + here + "." + region.Domain(here)}}
	for _, z := range network.Zones(here) {
		item.Zones = append(item.Zones, z.Name)
	}
	return item
}
