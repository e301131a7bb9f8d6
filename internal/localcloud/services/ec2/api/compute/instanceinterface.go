package compute

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// instanceInterfaceItem is a network interface as its instance shows it.
type instanceInterfaceItem struct {
	ID              string                         `xml:"networkInterfaceId"`
	SubnetID        string                         `xml:"subnetId"`
	VpcID           string                         `xml:"vpcId"`
	Description     string                         `xml:"description"`
	OwnerID         string                         `xml:"ownerId"`
	Status          string                         `xml:"status"`
	MAC             string                         `xml:"macAddress"`
	PrivateIP       string                         `xml:"privateIpAddress"`
	PrivateDNSName  string                         `xml:"privateDnsName,omitempty"`
	SourceDestCheck bool                           `xml:"sourceDestCheck"`
	Type            string                         `xml:"interfaceType"`
	Groups          wire.Items[requests.GroupItem] `xml:"groupSet"`
	Attachment      instanceAttachmentItem         `xml:"attachment"`
	Association     *instancePublicItem            `xml:"association"`
	PrivateIPs      wire.Items[instancePrivateIP]  `xml:"privateIpAddressesSet"`
	IPv6            wire.Items[requests.None]      `xml:"ipv6AddressesSet"`
	Managed         bool                           `xml:"operator>managed"`
}

type instanceAttachmentItem struct {
	ID                  string `xml:"attachmentId"`
	DeviceIndex         int    `xml:"deviceIndex"`
	NetworkCardIndex    int    `xml:"networkCardIndex"`
	Status              string `xml:"status"`
	AttachTime          string `xml:"attachTime"`
	DeleteOnTermination bool   `xml:"deleteOnTermination"`
}

type instancePublicItem struct {
	PublicIP      string `xml:"publicIp"`
	PublicDNSName string `xml:"publicDnsName"`
	IPOwnerID     string `xml:"ipOwnerId"`
}

type instancePrivateIP struct {
	PrivateIP      string              `xml:"privateIpAddress"`
	PrivateDNSName string              `xml:"privateDnsName,omitempty"`
	Primary        bool                `xml:"primary"`
	Association    *instancePublicItem `xml:"association"`
}

func renderInstanceInterface(tx *world.Tx, x *network.NetworkInterface) instanceInterfaceItem {
	a := x.Attachment
	item := instanceInterfaceItem{ID: x.ID, SubnetID: x.SubnetID, VpcID: x.VPCID, Description: x.Description, OwnerID: world.AccountID, Status: x.Status,
		MAC: x.MAC, PrivateIP: x.PrivateIP.String(), PrivateDNSName: network.InterfaceDNSName(tx, x), SourceDestCheck: !x.NoSourceDestCheck,
		Type: x.Type, Groups: requests.RenderGroups(tx, x.Groups), Attachment: instanceAttachmentItem{ID: a.ID, DeviceIndex: a.DeviceIndex, Status: "attached",
			AttachTime: wire.Timestamp(a.At), DeleteOnTermination: a.DeleteOnTermination}}
	if x.Public != nil {
		item.Association = &instancePublicItem{x.Public.IP.String(), network.PublicDNSName(tx, x), x.Public.OwnerID}
	}
	item.PrivateIPs = wire.Items[instancePrivateIP]{{item.PrivateIP, item.PrivateDNSName, true, item.Association}}
	return item
}
