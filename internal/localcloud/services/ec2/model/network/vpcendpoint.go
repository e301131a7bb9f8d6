package network

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// VPCEndpoint is a gateway endpoint: a way to a service without the internet.
type VPCEndpoint struct {
	world.Object
	VPCID         string
	Service       string   // com.amazonaws.REGION.s3
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

// PrefixListOf is the prefix list of a gateway endpoint's service in a region.
func PrefixListOf(region, service string) PrefixList {
	h := fnv.New32a()
	fmt.Fprint(h, service) // writing to a hash can't fail
	return PrefixList{ID: fmt.Sprintf("pl-%08x", h.Sum32()), Name: service, CIDRs: []string{"3.5.0.0/19", "52.216.0.0/15"}}
}

// PrefixLists lists the prefix lists that AWS manages in a region.
func PrefixLists(region string) []PrefixList {
	return []PrefixList{PrefixListOf(region, S3Service(region))}
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
	if in.Service != S3Service(tx.Region()) {
		return nil, refuse.New("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", in.Service)
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
