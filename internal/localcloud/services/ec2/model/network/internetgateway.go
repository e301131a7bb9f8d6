package network

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// InternetGateway is a VPC's door to the internet.
type InternetGateway struct {
	world.Object
	VPCID string // empty: not attached
}

// internetGateways is how many internet gateways a region may have.
func internetGateways() world.Quota {
	return quota("internet_gateways", "L-A4707A72", "Internet gateways per Region", 5)
}

func internetGatewayKind() world.AnyKind {
	return world.Kind[InternetGateway, *InternetGateway]{
		Traits: world.Traits{Noun: "internet gateway", Quotas: []world.Quota{internetGateways()}},
		Counts: func(tx *world.Tx, g *InternetGateway) bool { return !inDefaultVPC(tx, g.VPCID) },
		Name:   "internet-gateway", Prefix: "igw",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidInternetGatewayID.NotFound", "internetGateway ID", ids...)
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidInternetGatewayId.Malformed", id, "igw") },
	}
}

// CreateInternetGateway makes an internet gateway that isn't attached yet.
func CreateInternetGateway(tx *world.Tx, tags world.Tags) (*InternetGateway, error) {
	if len(world.All[InternetGateway](tx)) >= tx.Limit(internetGateways()) {
		return nil, refuse.New("InternetGatewayLimitExceeded", "The maximum number of internet gateways has been reached.")
	}
	g := &InternetGateway{Object: tx.NewObject("igw", tags)}
	world.Add(tx, g)
	return g, nil
}

// AttachInternetGateway attaches an internet gateway to a VPC that has none.
func AttachInternetGateway(tx *world.Tx, id, vpcID string) error {
	g, err := world.Find[InternetGateway](tx, id)
	if err != nil {
		return err
	}
	if _, err := world.Find[VPC](tx, vpcID); err != nil {
		return err
	}
	if g.VPCID != "" {
		return refuse.New("Resource.AlreadyAssociated", "resource %s is already attached to network %s", id, g.VPCID)
	}
	if AttachedInternetGateway(tx, vpcID) != nil {
		return refuse.InvalidParameterValue("Network %s already has an internet gateway attached", vpcID)
	}
	world.Edit(tx, id, func(g *InternetGateway) { g.VPCID = vpcID })
	return nil
}

// DetachInternetGateway detaches an internet gateway once no public address is mapped
// into its VPC any more.
func DetachInternetGateway(tx *world.Tx, id, vpcID string) error {
	g, err := world.Find[InternetGateway](tx, id)
	if err != nil {
		return err
	}
	if _, err := world.Find[VPC](tx, vpcID); err != nil {
		return err
	}
	if g.VPCID != vpcID {
		return refuse.New("Gateway.NotAttached", "resource %s is not attached to network %s", id, vpcID)
	}
	if world.Exists(tx, func(i *NetworkInterface) bool { return i.VPCID == vpcID && i.Public != nil }) {
		return refuse.DependencyViolation("Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", vpcID)
	}
	world.Edit(tx, id, func(g *InternetGateway) { g.VPCID = "" })
	return nil
}

// DeleteInternetGateway deletes an internet gateway that isn't attached.
func DeleteInternetGateway(tx *world.Tx, id string) error {
	g, err := world.Find[InternetGateway](tx, id)
	if err != nil {
		return err
	}
	if g.VPCID != "" {
		return inUse("internetGateway", id)
	}
	world.Delete[InternetGateway](tx, id)
	return nil
}

// AttachedInternetGateway is the VPC's internet gateway, or nil.
func AttachedInternetGateway(tx *world.Tx, vpcID string) *InternetGateway {
	for _, g := range world.All[InternetGateway](tx) {
		if g.VPCID == vpcID {
			return g
		}
	}
	return nil
}
