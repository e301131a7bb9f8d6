package network

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// VPCEndpoint is a gateway endpoint: a way to a service without the internet.
type VPCEndpoint struct {
	world.Object
	VPCID         string
	Service       string   // com.amazonaws.REGION.s3 or .dynamodb
	State         string   // pending, available, deleting, deleted
	RouteTableIDs []string `json:",omitempty"`
	Policy        string
}

// PrefixList names the addresses of a service.
type PrefixList struct {
	ID    string
	Name  string
	CIDRs []string
}

func endpointCreate() world.Step {
	return world.Step{Fast: 100 * time.Millisecond, AWS: 5 * time.Second}
}
func endpointDelete() world.Step {
	return world.Step{Fast: 150 * time.Millisecond, AWS: 10 * time.Second}
}
func endpointLinger() world.Step { return world.Step{Fast: 10 * time.Second, AWS: 10 * time.Minute} }

// gatewayEndpoints is how many gateway endpoints a region may have.
func gatewayEndpoints() world.Quota {
	return quota("gateway_endpoints", "L-1B52E74A", "Gateway VPC endpoints per Region", 20)
}

func vpcEndpointKind() world.AnyKind {
	return world.Kind[VPCEndpoint, *VPCEndpoint]{
		Traits: world.Traits{Noun: "VPC endpoint", Quotas: []world.Quota{gatewayEndpoints()}},
		Counts: func(_ *world.Tx, e *VPCEndpoint) bool { return e.State != "deleted" },
		Name:   "vpc-endpoint", Prefix: "vpce",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", ids...)
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidVpcEndpointId.Malformed", id, "vpce") },
		Settle: func(tx *world.Tx, e *VPCEndpoint, to string) {
			if to == "gone" {
				world.Delete[VPCEndpoint](tx, e.ID)
				return
			}
			world.Edit(tx, e.ID, func(e *VPCEndpoint) {
				e.State = to
				if to == "deleted" {
					e.RouteTableIDs = nil
					e.Become(tx, "gone", endpointLinger())
				}
			})
		},
	}
}

func (e *VPCEndpoint) alive() bool { return e.State == "pending" || e.State == "available" }

// gatewayServices are those that have gateway endpoints, each with addresses of its own.
// Source: AWS PrivateLink Guide, "Gateway endpoints".
func gatewayServices() map[string][]string {
	return map[string][]string{"s3": {"3.5.0.0/19", "52.216.0.0/15"}, "dynamodb": {"52.94.0.0/22", "52.119.224.0/20"}}
}

// PrefixListOf is the prefix list of a gateway endpoint's service in a region. Where AWS's ID
// of it isn't known here, it has one of ours.
func PrefixListOf(name, service string) PrefixList {
	short := service[strings.LastIndex(service, ".")+1:]
	r, _ := region.Find(name)
	id := r.PrefixList(short)
	if id == "" {
		h := fnv.New32a()
		fmt.Fprint(h, service) // writing to a hash can't fail
		id = fmt.Sprintf("pl-%08x", h.Sum32())
	}
	return PrefixList{ID: id, Name: service, CIDRs: gatewayServices()[short]}
}

// PrefixLists lists the prefix lists that AWS manages in a region, as far as they are those of
// gateway endpoints.
func PrefixLists(name string) (all []PrefixList) {
	for _, service := range EndpointServices(name) {
		all = append(all, PrefixListOf(name, service))
	}
	return all
}

// EndpointServices lists the names of the services with gateway endpoints in a region.
func EndpointServices(name string) (all []string) {
	for _, short := range slices.Sorted(maps.Keys(gatewayServices())) {
		all = append(all, "com.amazonaws."+name+"."+short)
	}
	return all
}

// NoEndpointService is the code of the refusal of a service that doesn't exist.
const NoEndpointService = "InvalidServiceName"

// UnknownEndpointService is the refusal of a service that isn't here: AWS's, unless AWS may
// have it.
func UnknownEndpointService(name, service string) error {
	for _, domain := range []string{"com.amazonaws.", "aws.", "cn.com.amazonaws.", "com.amazonaws.vpce."} {
		if strings.HasPrefix(service, domain+name+".") {
			return refuse.NotSimulated("VPC endpoint service %s is not simulated, only those of gateway endpoints: %s", service, strings.Join(EndpointServices(name), ", "))
		}
	}
	return refuse.New(NoEndpointService, "The Vpc Endpoint Service '%s' does not exist", service)
}

// UnknownPrefixList is the refusal of an ID that no prefix list here has: AWS's, unless it
// may be one of AWS's own, which have eight digits.
func UnknownPrefixList(id, code string) error {
	if digits, ok := strings.CutPrefix(id, "pl-"); ok && len(digits) == 8 {
		return refuse.NotSimulated("prefix list %s is not simulated, only those that DescribePrefixLists lists", id)
	}
	return refuse.New(code, "The prefix list ID '%s' does not exist", id)
}

func findPrefixList(region, id string) (PrefixList, bool) {
	for _, l := range PrefixLists(region) {
		if l.ID == id {
			return l, true
		}
	}
	return PrefixList{}, false
}

// S3Service is the name of S3's endpoint service in a region.
func S3Service(region string) string { return "com.amazonaws." + region + ".s3" }

// NewEndpoint says what a VPC endpoint is to be.
type NewEndpoint struct {
	VPCID, Service string
	RouteTableIDs  []string
	Policy         string
}

// CreateVPCEndpoint makes a gateway endpoint. The token of one that was deleted finds it
// as long as it is visible, and makes no other.
func CreateVPCEndpoint(tx *world.Tx, in NewEndpoint, token string, tags world.Tags) (*VPCEndpoint, error) {
	parameters := []any{in, tags}
	switch id, state := world.LookUpToken(tx, "CreateVpcEndpoint", token, parameters); state {
	case world.TokenMismatch:
		return nil, tokenMismatch()
	case world.TokenSame:
		return world.Made[VPCEndpoint](tx, id)
	case world.TokenNew:
	}
	if _, err := world.Find[VPC](tx, in.VPCID); err != nil {
		return nil, err
	}
	if !slices.Contains(EndpointServices(tx.Region()), in.Service) {
		return nil, UnknownEndpointService(tx.Region(), in.Service)
	}
	if len(world.Where(tx, (*VPCEndpoint).alive)) >= tx.Limit(gatewayEndpoints()) {
		return nil, refuse.New("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
	}
	e := &VPCEndpoint{Object: tx.NewObject("vpce", tags), VPCID: in.VPCID, Service: in.Service, State: "pending", Policy: in.Policy}
	e.Become(tx, "available", endpointCreate())
	world.Add(tx, e)
	if err := ModifyVPCEndpoint(tx, e.ID, in.RouteTableIDs, nil, ""); err != nil {
		return nil, err
	}
	world.KeepToken(tx, "CreateVpcEndpoint", token, parameters, e.ID)
	e, _ = world.Get[VPCEndpoint](tx, e.ID)
	return e, nil
}

// ModifyVPCEndpoint changes the route tables that lead to the endpoint, and its policy
// unless that is empty.
func ModifyVPCEndpoint(tx *world.Tx, id string, add, remove []string, policy string) error {
	e, err := world.Find[VPCEndpoint](tx, id)
	if err != nil {
		return err
	}
	if !e.alive() {
		return refuse.NotFound("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", id)
	}
	tables := slices.DeleteFunc(slices.Clone(e.RouteTableIDs), func(t string) bool { return slices.Contains(remove, t) })
	for _, tableID := range add {
		t, err := world.Find[RouteTable](tx, tableID)
		if err != nil {
			return err
		}
		if t.VPCID != e.VPCID {
			return refuse.New("InvalidParameter", "Route table %s and VPC endpoint belong to different networks", tableID)
		}
		list := PrefixListOf(tx.Region(), e.Service).ID
		if slices.Contains(tables, tableID) || indexOfRoute(Routes(tx, t), list) >= 0 {
			return refuse.New("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", tableID, list)
		}
		tables = append(tables, tableID)
	}
	world.Edit(tx, id, func(e *VPCEndpoint) {
		e.RouteTableIDs = tables
		if policy != "" {
			e.Policy = policy
		}
	})
	return nil
}

// DeleteVPCEndpoint starts to delete an endpoint; its routes go at once.
func DeleteVPCEndpoint(tx *world.Tx, id string) error {
	e, err := world.Find[VPCEndpoint](tx, id)
	if err != nil {
		return err
	}
	if e.State == "deleted" {
		return refuse.NotFound("InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id", id)
	}
	if e.State != "deleting" {
		world.Edit(tx, id, func(e *VPCEndpoint) {
			e.State = "deleting"
			e.Become(tx, "deleted", endpointDelete())
		})
	}
	return nil
}
