package security

import (
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func networkInterfaceOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateNetworkInterface", createNetworkInterface),
		requests.Do(h, "DeleteNetworkInterface", func(tx *world.Tx, in *deleteNetworkInterfaceInput) error { return network.DeleteInterface(tx, in.ID) }),
		requests.Do(h, "ModifyNetworkInterfaceAttribute", func(tx *world.Tx, in *modifyNetworkInterfaceAttributeInput) error {
			return network.SetInterfaceGroups(tx, in.ID, in.Groups)
		}),
		requests.Describe(h, "DescribeNetworkInterfaces", "NetworkInterfaceId", "networkInterfaceSet", NetworkInterfaceFields, renderInterface),
	}
}

type networkInterfaceItem struct {
	ID               string                         `xml:"networkInterfaceId"`
	SubnetID         string                         `xml:"subnetId"`
	VpcID            string                         `xml:"vpcId"`
	Zone             string                         `xml:"availabilityZone"`
	Description      string                         `xml:"description"`
	OwnerID          string                         `xml:"ownerId"`
	RequesterID      string                         `xml:"requesterId,omitempty"`
	RequesterManaged bool                           `xml:"requesterManaged"`
	Status           string                         `xml:"status"`
	MAC              string                         `xml:"macAddress"`
	PrivateIP        string                         `xml:"privateIpAddress"`
	PrivateDNSName   string                         `xml:"privateDnsName,omitempty"`
	SourceDestCheck  bool                           `xml:"sourceDestCheck"`
	Type             string                         `xml:"interfaceType"`
	Groups           wire.Items[requests.GroupItem] `xml:"groupSet"`
	Attachment       *attachmentItem                `xml:"attachment"`
	Association      *publicItem                    `xml:"association"`
	PrivateIPs       wire.Items[privateIPItem]      `xml:"privateIpAddressesSet"`
	IPv6             wire.Items[requests.None]      `xml:"ipv6AddressesSet"`
	Managed          bool                           `xml:"operator>managed"`
	Tags             wire.Items[requests.Tag]       `xml:"tagSet"`
}

type attachmentItem struct {
	ID                  string `xml:"attachmentId"`
	InstanceID          string `xml:"instanceId,omitempty"`
	InstanceOwnerID     string `xml:"instanceOwnerId"`
	DeviceIndex         int    `xml:"deviceIndex"`
	NetworkCardIndex    int    `xml:"networkCardIndex"`
	Status              string `xml:"status"`
	AttachTime          string `xml:"attachTime,omitempty"`
	DeleteOnTermination bool   `xml:"deleteOnTermination"`
}

type publicItem struct {
	PublicIP      string `xml:"publicIp"`
	PublicDNSName string `xml:"publicDnsName"`
	IPOwnerID     string `xml:"ipOwnerId"`
	AllocationID  string `xml:"allocationId,omitempty"`
	AssociationID string `xml:"associationId,omitempty"`
}

type privateIPItem struct {
	PrivateIP      string      `xml:"privateIpAddress"`
	PrivateDNSName string      `xml:"privateDnsName,omitempty"`
	Primary        bool        `xml:"primary"`
	Association    *publicItem `xml:"association"`
}

func renderInterface(tx *world.Tx, i *network.NetworkInterface) networkInterfaceItem {
	item := networkInterfaceItem{ID: i.ID, SubnetID: i.SubnetID, VpcID: i.VPCID, Zone: i.Zone, Description: i.Description,
		OwnerID: world.AccountID, RequesterID: i.RequesterID, RequesterManaged: i.RequesterManaged, Status: i.Status, MAC: i.MAC,
		PrivateIP: i.PrivateIP.String(), PrivateDNSName: network.InterfaceDNSName(tx, i), SourceDestCheck: !i.NoSourceDestCheck, Type: i.Type, Groups: requests.RenderGroups(tx, i.Groups), Tags: requests.TagSet(i.Tags)}
	if a := i.Attachment; a != nil {
		item.Attachment = &attachmentItem{ID: a.ID, InstanceID: a.InstanceID, InstanceOwnerID: a.OwnerID, DeviceIndex: a.DeviceIndex,
			Status: "attached", AttachTime: attachTime(a), DeleteOnTermination: a.DeleteOnTermination}
	}
	item.Association = renderPublic(tx, i)
	item.PrivateIPs = wire.Items[privateIPItem]{{i.PrivateIP.String(), item.PrivateDNSName, true, item.Association}}
	return item
}

// attachTime is when an interface was attached; empty where AWS doesn't tell it.
func attachTime(a *network.Attachment) string {
	if a.At.IsZero() {
		return ""
	}
	return wire.Timestamp(a.At)
}

func renderPublic(tx *world.Tx, i *network.NetworkInterface) *publicItem {
	if i.Public == nil {
		return nil
	}
	return &publicItem{PublicIP: i.Public.IP.String(), PublicDNSName: network.PublicDNSName(tx, i), IPOwnerID: i.Public.OwnerID,
		AllocationID: i.Public.AllocationID, AssociationID: i.Public.AssociationID}
}

type createNetworkInterfaceInput struct {
	SubnetID    string                      `query:"SubnetId,required"`
	Description string                      `query:"Description"`
	Groups      []string                    `query:"SecurityGroupId"`
	PrivateIP   string                      `query:"PrivateIpAddress"`
	ClientToken string                      `query:"ClientToken" max:"64"`
	Tags        []requests.TagSpecification `query:"TagSpecification"`
	_           wire.Only                   `query:"InterfaceType" only:"interface"`
}

type createNetworkInterfaceOutput struct {
	Interface   networkInterfaceItem `xml:"networkInterface"`
	ClientToken string               `xml:"clientToken,omitempty"`
}

func createNetworkInterface(tx *world.Tx, c *wire.Call, in *createNetworkInterfaceInput) (*createNetworkInterfaceOutput, error) {
	i, err := requests.Create(c, in.Tags, "network-interface", func(tags world.Tags) (*network.NetworkInterface, error) {
		return network.CreateUserInterface(tx, network.NewInterface{SubnetID: in.SubnetID, Description: in.Description, Groups: in.Groups,
			PrivateIP: in.PrivateIP, RequesterID: world.UserID, Tags: tags}, in.ClientToken)
	})
	if err != nil {
		return nil, err
	}
	item := renderInterface(tx, i)
	item.Status = "pending" // in this reply alone, as in the API reference's example
	return &createNetworkInterfaceOutput{item, in.ClientToken}, nil
}

type deleteNetworkInterfaceInput struct {
	ID string `query:"NetworkInterfaceId,required"`
}

type modifyNetworkInterfaceAttributeInput struct {
	ID     string   `query:"NetworkInterfaceId,required"`
	Groups []string `query:"SecurityGroupId,required"`
}

// NetworkInterfaceFields are the fields that filters of network interfaces can ask for, by the filter's name.
func NetworkInterfaceFields(tx *world.Tx) requests.Fields[*network.NetworkInterface] {
	attachment := func(value func(*network.Attachment) string) func(*network.NetworkInterface) []string {
		return func(i *network.NetworkInterface) []string {
			if i.Attachment == nil {
				return nil
			}
			return requests.Some(value(i.Attachment))
		}
	}
	public := func(value func(*network.PublicAddress) string) func(*network.NetworkInterface) []string {
		return func(i *network.NetworkInterface) []string {
			if i.Public == nil {
				return nil
			}
			return requests.Some(value(i.Public))
		}
	}
	privateIP := func(i *network.NetworkInterface) []string { return requests.One(i.PrivateIP.String()) }
	return requests.Fields[*network.NetworkInterface]{
		"network-interface-id": func(i *network.NetworkInterface) []string { return requests.One(i.ID) },
		"subnet-id":            func(i *network.NetworkInterface) []string { return requests.One(i.SubnetID) },
		"vpc-id":               func(i *network.NetworkInterface) []string { return requests.One(i.VPCID) },
		"availability-zone":    func(i *network.NetworkInterface) []string { return requests.One(i.Zone) },
		"description":          func(i *network.NetworkInterface) []string { return requests.One(i.Description) },
		"status":               func(i *network.NetworkInterface) []string { return requests.One(i.Status) },
		"interface-type":       func(i *network.NetworkInterface) []string { return requests.One(i.Type) },
		"mac-address":          func(i *network.NetworkInterface) []string { return requests.One(i.MAC) },
		"owner-id":             func(*network.NetworkInterface) []string { return requests.One(world.AccountID) },
		"requester-id":         func(i *network.NetworkInterface) []string { return requests.Some(i.RequesterID) },
		"requester-managed":    func(i *network.NetworkInterface) []string { return requests.YesNo(i.RequesterManaged) },
		"group-id":             func(i *network.NetworkInterface) []string { return i.Groups },
		"group-name": func(i *network.NetworkInterface) (names []string) {
			for _, g := range requests.RenderGroups(tx, i.Groups) {
				names = append(names, g.GroupName)
			}
			return names
		},
		"private-ip-address":               privateIP,
		"addresses.private-ip-address":     privateIP,
		"attachment.attachment-id":         attachment(func(a *network.Attachment) string { return a.ID }),
		"attachment.instance-id":           attachment(func(a *network.Attachment) string { return a.InstanceID }),
		"attachment.instance-owner-id":     attachment(func(a *network.Attachment) string { return a.OwnerID }),
		"attachment.status":                attachment(func(*network.Attachment) string { return "attached" }),
		"attachment.device-index":          attachment(func(a *network.Attachment) string { return strconv.Itoa(a.DeviceIndex) }),
		"attachment.delete-on-termination": attachment(func(a *network.Attachment) string { return strconv.FormatBool(a.DeleteOnTermination) }),
		"association.public-ip":            public(func(p *network.PublicAddress) string { return p.IP.String() }),
		"addresses.association.public-ip":  public(func(p *network.PublicAddress) string { return p.IP.String() }),
		"association.allocation-id":        public(func(p *network.PublicAddress) string { return p.AllocationID }),
		"association.association-id":       public(func(p *network.PublicAddress) string { return p.AssociationID }),
		"addresses.association.owner-id":   public(func(p *network.PublicAddress) string { return p.OwnerID }),
		"addresses.primary":                func(*network.NetworkInterface) []string { return requests.YesNo(true) },
		"association.public-dns-name":      func(i *network.NetworkInterface) []string { return requests.Some(network.PublicDNSName(tx, i)) },
		"attachment.attach-time":           attachment(attachTime),
		"ipv6-addresses.ipv6-address":      requests.Never[*network.NetworkInterface],
		"private-dns-name": func(i *network.NetworkInterface) []string {
			return requests.Some(network.InterfaceDNSName(tx, i))
		},
		"source-dest-check":       func(i *network.NetworkInterface) []string { return requests.YesNo(!i.NoSourceDestCheck) },
		"association.ip-owner-id": public(func(p *network.PublicAddress) string { return p.OwnerID }),
	}
}
