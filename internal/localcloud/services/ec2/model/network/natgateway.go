package network

import (
	"net/netip"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// NATGateway is a public NAT gateway.
type NATGateway struct {
	world.Object
	VPCID, SubnetID    string
	State              string // pending, failed, available, deleting, deleted
	FailureCode        string
	FailureMessage     string
	AllocationID       string
	AssociationID      string
	NetworkInterfaceID string
	PublicIP           netip.Addr
	PrivateIP          netip.Addr
	Deleted            time.Time
}

func natCreate() world.Step {
	return world.Step{Name: "nat-gateway available", Fast: 300 * time.Millisecond, AWS: 102 * time.Second}
}
func natFail() world.Step { return world.Step{Fast: 200 * time.Millisecond, AWS: 10 * time.Second} }
func natDelete() world.Step {
	return world.Step{Name: "nat-gateway deleted", Fast: 250 * time.Millisecond, AWS: 50 * time.Second}
}

// natLinger is how long a deleted or failed gateway stays visible.
// Source: Amazon VPC User Guide, "Delete a NAT gateway": about an hour.
func natLinger() world.Step { return world.Step{Fast: time.Minute, AWS: time.Hour} }

func natNotFound(id string) error {
	return refuse.New("NatGatewayNotFound", "The Nat Gateway %s was not found", id)
}

// natGatewaysPerZone is how many NAT gateways a zone may have.
func natGatewaysPerZone() world.Quota {
	return quota("nat_gateways_per_zone", "L-FE5A380F", "NAT gateways per Availability Zone", 5)
}

// natGatewayKind fails as the Amazon VPC User Guide says in "Troubleshoot NAT gateways".
func natGatewayKind() world.AnyKind {
	return world.Kind[NATGateway, *NATGateway]{
		Traits: world.Traits{
			Noun: "NAT gateway", Steps: []world.Step{natCreate(), natDelete()}, Quotas: []world.Quota{natGatewaysPerZone()},
			Failing: world.Failing{Object: "nat-gateway", Code: "InternalError", Message: "Network interface could not be created for this NAT gateway. Please try again."},
		},
		Counts: func(_ *world.Tx, n *NATGateway) bool { return n.State != "deleted" && n.State != "failed" },
		Name:   "natgateway", Prefix: "nat",
		NotFound:  func(ids ...string) error { return natNotFound(ids[0]) },
		Malformed: func(id string) error { return refuse.New("NatGatewayMalformed", "The Nat Gateway %s is malformed", id) },
		Settle:    settleNATGateway,
	}
}

// CreateNATGateway starts to make a NAT gateway. As on AWS, most that can be wrong with
// it shows only later, as its state "failed". The token of a gateway that was deleted finds
// it as long as it is visible, and makes no other.
func CreateNATGateway(tx *world.Tx, subnetID, allocationID, token string, tags world.Tags) (*NATGateway, error) {
	parameters := []any{subnetID, allocationID, tags}
	switch id, state := world.LookUpToken(tx, "CreateNatGateway", token, parameters); state {
	case world.TokenMismatch:
		return nil, tokenMismatch()
	case world.TokenSame:
		return world.Made[NATGateway](tx, id)
	case world.TokenNew:
	}
	s, err := world.Find[Subnet](tx, subnetID)
	if err != nil {
		return nil, err
	}
	inZone := world.Where(tx, func(n *NATGateway) bool {
		other, ok := world.Get[Subnet](tx, n.SubnetID)
		return ok && other.Zone == s.Zone && n.State != "deleted" && n.State != "failed"
	})
	if len(inZone) >= tx.Limit(natGatewaysPerZone()) {
		return nil, refuse.New("NatGatewayLimitExceeded", "Performing this operation would exceed the limit of %d NAT gateways", tx.Limit(natGatewaysPerZone()))
	}
	n := &NATGateway{Object: tx.NewObject("nat", tags), VPCID: s.VPCID, SubnetID: subnetID, State: "pending", AllocationID: allocationID}
	if failure := startNATGateway(tx, n, s.Zone.Name); failure != nil {
		n.FailureCode, n.FailureMessage = failure.Code, failure.Message
		n.Become(tx, "failed", natFail())
	} else {
		n.Become(tx, "available", natCreate())
	}
	world.Add(tx, n)
	world.KeepToken(tx, "CreateNatGateway", token, parameters, n.ID)
	return n, nil
}

// startNATGateway makes the gateway's network interface and maps its address, or says
// why that fails.
// Source: Amazon VPC User Guide, "NAT gateway creation fails".
func startNATGateway(tx *world.Tx, n *NATGateway, zone string) *refuse.Error {
	if f, fails := tx.Fails("nat-gateway", zone); fails {
		return refuse.New(f.Code, "%s", f.Message)
	}
	a, ok := world.LookUp[Address](tx, n.AllocationID)
	switch {
	case !ok:
		return refuse.New("InvalidAllocationID.NotFound", "Elastic IP address %s could not be associated with this NAT gateway", n.AllocationID)
	case a.AssociationID != "":
		return refuse.New("Resource.AlreadyAssociated", "Elastic IP address %s is already associated", n.AllocationID)
	case AttachedInternetGateway(tx, n.VPCID) == nil:
		return refuse.New("Gateway.NotAttached", "Network %s has no Internet gateway attached", n.VPCID)
	}
	i, err := AddManagedInterface(tx, n.SubnetID, "Interface for NAT Gateway "+n.ID, world.AccountID, nil, false)
	if err != nil {
		return refuse.New("InsufficientFreeAddressesInSubnet", "Subnet %s has insufficient free addresses to create this NAT gateway", n.SubnetID)
	}
	world.Edit(tx, i.ID, func(i *NetworkInterface) {
		i.Type, i.NoSourceDestCheck = "nat_gateway", true
		// Such an attachment has an ID of its own kind and tells no time.
		i.Attachment = &Attachment{ID: tx.NewID("ela-attach"), OwnerID: "amazon-aws", DeviceIndex: 1}
	})
	n.NetworkInterfaceID, n.PrivateIP, n.PublicIP = i.ID, i.PrivateIP, a.PublicIP
	n.AssociationID = mapAddress(tx, a, i)
	return nil
}

func settleNATGateway(tx *world.Tx, n *NATGateway, to string) {
	if to == "gone" {
		world.Delete[NATGateway](tx, n.ID)
		return
	}
	if to == "deleted" {
		RemoveInterface(tx, n.NetworkInterfaceID)
	}
	world.Edit(tx, n.ID, func(n *NATGateway) {
		n.State = to
		if to == "deleted" {
			n.Deleted = tx.Now()
		}
		if to != "available" {
			n.Become(tx, "gone", natLinger())
		}
	})
}

// DeleteNATGateway starts to delete a NAT gateway. Its address stays mapped until it is
// deleted.
func DeleteNATGateway(tx *world.Tx, id string) error {
	n, err := world.Find[NATGateway](tx, id)
	if err != nil {
		return err
	}
	switch n.State {
	case "deleted":
		return natNotFound(id)
	case "deleting":
		return nil
	}
	world.Edit(tx, id, func(n *NATGateway) {
		n.State = "deleting"
		n.Become(tx, "deleted", natDelete())
	})
	return nil
}
