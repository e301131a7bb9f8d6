package network

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Address is an Elastic IP address.
type Address struct {
	world.Object       // ID: allocation ID
	PublicIP           netip.Addr
	AssociationID      string // empty: not associated
	NetworkInterfaceID string
	InstanceID         string
	PrivateIP          netip.Addr
}

// Addresses is how many Elastic IP addresses a region may have.
// Source: Amazon EC2 User Guide, "Elastic IP address quota".
func Addresses() world.Quota {
	q := quota("elastic_ips", "L-0263D0A3", "EC2-VPC Elastic IPs", 5)
	q.Service, q.ServiceName = "ec2", "Amazon Elastic Compute Cloud (Amazon EC2)"
	return q
}

func addressKind() world.AnyKind {
	return world.Kind[Address, *Address]{
		Traits: world.Traits{Noun: "Elastic IP", Quotas: []world.Quota{Addresses()}},
		Name:   "elastic-ip", Prefix: "eipalloc",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidAllocationID.NotFound", "allocation ID", ids...)
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidAllocationID.Malformed", id, "eipalloc") },
	}
}

// AllocateAddress gives the account a new Elastic IP address.
func AllocateAddress(tx *world.Tx, tags world.Tags) (*Address, error) {
	if len(world.All[Address](tx)) >= tx.Limit(Addresses()) {
		return nil, refuse.New("AddressLimitExceeded", "The maximum number of addresses has been reached.")
	}
	a := &Address{Object: tx.NewObject("eipalloc", tags), PublicIP: newPublicIP(tx)}
	world.Add(tx, a)
	return a, nil
}

// newPublicIP makes a public address that nobody has. It is out of 198.18.0.0/15, the
// range for benchmarks (RFC 2544), so that it can't be mistaken for someone's.
func newPublicIP(tx *world.Tx) netip.Addr {
	for {
		random, err := hex.DecodeString(tx.Hex(8))
		if err != nil {
			panic(err) // tx.Hex makes hexadecimal digits
		}
		n := binary.BigEndian.Uint32(random)%(1<<17-2) + 1
		ip := netip.AddrFrom4([4]byte{198, 18 + byte(n>>16), byte(n >> 8), byte(n)})
		taken := world.Exists(tx, func(a *Address) bool { return a.PublicIP == ip }) ||
			world.Exists(tx, func(i *NetworkInterface) bool { return i.Public != nil && i.Public.IP == ip })
		if !taken {
			return ip
		}
	}
}

// ReleaseAddress gives an address back that isn't associated.
func ReleaseAddress(tx *world.Tx, id string) error {
	a, err := world.Find[Address](tx, id)
	if err != nil {
		return err
	}
	if a.AssociationID != "" {
		if i, ok := world.Get[NetworkInterface](tx, a.NetworkInterfaceID); ok && i.RequesterManaged {
			return notYours()
		}
		return refuse.New("InvalidIPAddress.InUse", "Address %s is in use.", a.PublicIP)
	}
	world.Delete[Address](tx, id)
	return nil
}

// notYours is EC2's answer to a change of what a service holds on its user's behalf.
func notYours() error {
	return refuse.New("AuthFailure", "You do not have permission to access the specified resource.")
}

// AssociateAddress maps an address to a network interface and returns the association's
// ID.
func AssociateAddress(tx *world.Tx, id, interfaceID string, allowReassociation bool) (string, error) {
	a, err := world.Find[Address](tx, id)
	if err != nil {
		return "", err
	}
	i, err := world.Find[NetworkInterface](tx, interfaceID)
	if err != nil {
		return "", err
	}
	if i.RequesterManaged {
		return "", notYours()
	}
	if a.NetworkInterfaceID == interfaceID {
		return a.AssociationID, nil
	}
	if AttachedInternetGateway(tx, i.VPCID) == nil {
		return "", refuse.New("Gateway.NotAttached", "Network %s is not attached to any internet gateway", i.VPCID)
	}
	if a.AssociationID != "" && !allowReassociation {
		return "", refuse.New("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", id, a.AssociationID)
	}
	if i.Public != nil && i.Public.AllocationID != "" && !allowReassociation {
		return "", refuse.New("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", interfaceID, i.Public.AssociationID)
	}
	if a.AssociationID != "" {
		if err := DisassociateAddress(tx, a.AssociationID); err != nil {
			return "", err
		}
	}
	return mapAddress(tx, a, i), nil
}

func mapAddress(tx *world.Tx, a *Address, i *NetworkInterface) string {
	association := tx.NewID("eipassoc")
	if i.Public != nil && i.Public.AllocationID != "" {
		unmapAddress(tx, i.Public.AllocationID)
	}
	world.Edit(tx, a.ID, func(a *Address) {
		a.AssociationID, a.NetworkInterfaceID, a.PrivateIP = association, i.ID, i.PrivateIP
		if i.Attachment != nil {
			a.InstanceID = i.Attachment.InstanceID
		}
	})
	world.Edit(tx, i.ID, func(i *NetworkInterface) {
		i.Public = &PublicAddress{IP: a.PublicIP, AllocationID: a.ID, AssociationID: association, OwnerID: world.AccountID}
	})
	return association
}

func unmapAddress(tx *world.Tx, id string) {
	a, ok := world.Get[Address](tx, id)
	if !ok {
		return
	}
	world.Edit(tx, a.NetworkInterfaceID, func(i *NetworkInterface) { i.Public = nil })
	world.Edit(tx, id, func(a *Address) {
		a.AssociationID, a.NetworkInterfaceID, a.InstanceID, a.PrivateIP = "", "", "", netip.Addr{}
	})
}

// DisassociateAddress ends an association that its user made.
func DisassociateAddress(tx *world.Tx, association string) error {
	for _, a := range world.All[Address](tx) {
		if association == "" || a.AssociationID != association {
			continue
		}
		if i, ok := world.Get[NetworkInterface](tx, a.NetworkInterfaceID); ok && i.RequesterManaged {
			return notYours()
		}
		unmapAddress(tx, a.ID)
		return nil
	}
	return refuse.NotFound("InvalidAssociationID.NotFound", "association ID", association)
}
