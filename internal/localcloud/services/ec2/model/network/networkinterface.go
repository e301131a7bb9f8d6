package network

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// NetworkInterface is an elastic network interface.
type NetworkInterface struct {
	world.Object
	VPCID, SubnetID, Zone string
	Description           string
	Type                  string // interface, nat_gateway
	Status                string // available, in-use
	PrivateIP             netip.Addr
	MAC                   string
	Groups                []string `json:",omitempty"` // IDs of security groups
	NoSourceDestCheck     bool
	RequesterManaged      bool   // a service made it and it alone may change it
	RequesterID           string // who made it, such as "amazon-elb"; empty where a launch did
	Attachment            *Attachment
	Public                *PublicAddress
}

// Attachment is a network interface's attachment to an instance.
type Attachment struct {
	ID                  string
	InstanceID          string // empty for a service's own machines
	OwnerID             string // of the instance: the account, or such as "amazon-elb"
	DeviceIndex         int
	DeleteOnTermination bool
	At                  time.Time // zero where nobody is told
}

// PublicAddress is the public address of a network interface.
type PublicAddress struct {
	IP            netip.Addr
	AllocationID  string // empty: lent by AWS for as long as the interface's machine runs
	AssociationID string // empty where it is lent
	OwnerID       string // the account, or who lent it, such as "amazon"
}

// GroupsPerInterface is how many security groups a network interface may have.
func GroupsPerInterface() world.Quota {
	return quota("groups_per_interface", "L-2AFB9258", "Security groups per network interface", 5)
}

func networkInterfaceKind() world.AnyKind {
	return world.Kind[NetworkInterface, *NetworkInterface]{
		Traits: world.Traits{Noun: "network interface", Quotas: []world.Quota{GroupsPerInterface()}},
		Name:   "network-interface", Prefix: "eni",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidNetworkInterfaceID.NotFound", "networkInterface ID", ids...)
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidNetworkInterfaceID.Malformed", id, "eni") },
		Settle:    func(tx *world.Tx, i *NetworkInterface, _ string) { RemoveInterface(tx, i.ID) },
		Parent: func(i *NetworkInterface) string {
			if i.Attachment == nil {
				return ""
			}
			return i.Attachment.InstanceID
		},
	}
}

// NewInterface says what a network interface is to be.
type NewInterface struct {
	SubnetID    string
	Description string
	Groups      []string // none: the VPC's default group
	NoGroups    bool     // a NAT gateway's interface is in no group at all
	PrivateIP   string   // empty: any free one
	RequesterID string   // who asks for it; empty: a launch does
	Tags        world.Tags
}

// CreateInterface makes a network interface that is attached to nothing.
func CreateInterface(tx *world.Tx, in NewInterface) (*NetworkInterface, error) {
	s, err := world.Find[Subnet](tx, in.SubnetID)
	if err != nil {
		return nil, err
	}
	if len(in.Groups) == 0 && !in.NoGroups {
		in.Groups = []string{DefaultGroup(tx, s.VPCID).ID}
	}
	if err := CheckGroups(tx, s.VPCID, s.ID, in.Groups); err != nil {
		return nil, err
	}
	ip, err := takeAddress(tx, s, in.PrivateIP)
	if err != nil {
		return nil, err
	}
	i := &NetworkInterface{Object: tx.NewObject("eni", in.Tags), VPCID: s.VPCID, SubnetID: s.ID, Zone: s.Zone.Name,
		Description: in.Description, Type: "interface", Status: "available", PrivateIP: ip, MAC: newMAC(tx), Groups: in.Groups, RequesterID: in.RequesterID}
	world.Add(tx, i)
	return i, nil
}

func newMAC(tx *world.Tx) string {
	digits := tx.Hex(10)
	parts := []string{"02"}
	for n := 0; n < len(digits); n += 2 {
		parts = append(parts, digits[n:n+2])
	}
	return strings.Join(parts, ":")
}

// CheckGroups refuses security groups that a network interface of the VPC can't have.
func CheckGroups(tx *world.Tx, vpcID, subnetID string, groups []string) error {
	found, err := world.FindAll[SecurityGroup](tx, groups)
	if err != nil {
		return err
	}
	for _, g := range found {
		if g.VPCID != vpcID {
			return refuse.New("InvalidParameter", "Security group %s and subnet %s belong to different networks.", g.ID, subnetID)
		}
	}
	if len(groups) > tx.Limit(GroupsPerInterface()) {
		return refuse.New("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	return nil
}

// DeleteInterface deletes a network interface of the user's that is attached to nothing.
func DeleteInterface(tx *world.Tx, id string) error {
	i, err := world.Find[NetworkInterface](tx, id)
	if err != nil {
		return err
	}
	if i.RequesterManaged {
		return notYours()
	}
	if i.Status == "in-use" {
		return refuse.New("InvalidNetworkInterface.InUse", "Network interface '%s' is currently in use.", id)
	}
	RemoveInterface(tx, id)
	return nil
}

// RemoveInterface takes a network interface out of the world and frees its addresses.
func RemoveInterface(tx *world.Tx, id string) {
	if i, ok := world.Get[NetworkInterface](tx, id); ok {
		if i.Public != nil && i.Public.AllocationID != "" {
			unmapAddress(tx, i.Public.AllocationID)
		}
		world.Delete[NetworkInterface](tx, id)
	}
}

// SetInterfaceGroups changes the security groups of an interface of the user's.
func SetInterfaceGroups(tx *world.Tx, id string, groups []string) error {
	i, err := world.Find[NetworkInterface](tx, id)
	if err != nil {
		return err
	}
	if i.RequesterManaged {
		return notYours()
	}
	if err := CheckGroups(tx, i.VPCID, i.SubnetID, groups); err != nil {
		return err
	}
	world.Edit(tx, id, func(i *NetworkInterface) { i.Groups = groups })
	return nil
}

// AddManagedInterface makes the network interface of a service's machine, such as a
// load balancer's node ("ELB app/name/id", "amazon-elb"). A public one gets an address
// that AWS lends, which keeps the VPC's internet gateway from being detached.
func AddManagedInterface(tx *world.Tx, subnetID, description, requester string, groups []string, public bool) (*NetworkInterface, error) {
	i, err := CreateInterface(tx, NewInterface{SubnetID: subnetID, Description: description, Groups: groups, NoGroups: len(groups) == 0})
	if err != nil {
		return nil, err
	}
	world.Edit(tx, i.ID, func(i *NetworkInterface) {
		i.RequesterManaged, i.RequesterID, i.Status = true, requester, "in-use"
		i.Attachment = &Attachment{ID: tx.NewID("eni-attach"), OwnerID: requester, DeviceIndex: 1, At: tx.Now()}
		if public {
			i.Public = &PublicAddress{IP: newPublicIP(tx), OwnerID: requester}
		}
	})
	i, _ = world.Get[NetworkInterface](tx, i.ID)
	return i, nil
}

// SetManagedInterfaceGroups changes the security groups of a service's interface.
func SetManagedInterfaceGroups(tx *world.Tx, id string, groups []string) {
	world.Edit(tx, id, func(i *NetworkInterface) { i.Groups = slices.Clone(groups) })
}

// RemoveManagedInterface removes a service's network interface, which lingers for a
// while first, and blocks its group, subnet and internet gateway until then.
func RemoveManagedInterface(tx *world.Tx, id string, linger world.Step) {
	world.Edit(tx, id, func(i *NetworkInterface) { i.Become(tx, "gone", linger) })
}

// AttachToInstance attaches an interface to an instance.
func AttachToInstance(tx *world.Tx, id, instanceID string, deviceIndex int, deleteOnTermination bool) (string, error) {
	i, err := world.Find[NetworkInterface](tx, id)
	if err != nil {
		return "", err
	}
	if i.Status == "in-use" {
		return "", refuse.New("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", id)
	}
	attachment := tx.NewID("eni-attach")
	world.Edit(tx, id, func(i *NetworkInterface) {
		i.Status = "in-use"
		i.Attachment = &Attachment{ID: attachment, InstanceID: instanceID, OwnerID: world.AccountID,
			DeviceIndex: deviceIndex, DeleteOnTermination: deleteOnTermination, At: tx.Now()}
	})
	return attachment, nil
}

// DetachFromInstance frees an interface of its instance.
func DetachFromInstance(tx *world.Tx, id string) {
	world.Edit(tx, id, func(i *NetworkInterface) { i.Status, i.Attachment = "available", nil })
}

// LendPublicIP gives an interface a public address for as long as its instance runs.
func LendPublicIP(tx *world.Tx, id string) {
	world.Edit(tx, id, func(i *NetworkInterface) {
		if i.Public == nil {
			i.Public = &PublicAddress{IP: newPublicIP(tx), OwnerID: "amazon"}
		}
	})
}

// ReclaimPublicIP takes a lent public address back.
func ReclaimPublicIP(tx *world.Tx, id string) {
	world.Edit(tx, id, func(i *NetworkInterface) {
		if i.Public != nil && i.Public.AllocationID == "" {
			i.Public = nil
		}
	})
}

// InterfacesOf lists an instance's network interfaces, the primary one first.
func InterfacesOf(tx *world.Tx, instanceID string) []*NetworkInterface {
	list := world.Of[NetworkInterface](tx, instanceID)
	slices.SortFunc(list, func(a, b *NetworkInterface) int { return a.Attachment.DeviceIndex - b.Attachment.DeviceIndex })
	return list
}

// CreateUserInterface is CreateInterface with a client token.
func CreateUserInterface(tx *world.Tx, in NewInterface, token string) (*NetworkInterface, error) {
	switch id, state := world.LookUpToken(tx, "CreateNetworkInterface", token, in); state {
	case world.TokenMismatch:
		return nil, tokenMismatch()
	case world.TokenSame:
		return world.Made[NetworkInterface](tx, id)
	case world.TokenNew:
	}
	i, err := CreateInterface(tx, in)
	if err == nil {
		world.KeepToken(tx, "CreateNetworkInterface", token, in, i.ID)
	}
	return i, err
}
