package requests

import (
	"fmt"
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// None is the element of a list that is always empty.
type None struct{}

// Arn is the ARN of an EC2 resource.
func Arn(here, resource, id string) string {
	return fmt.Sprintf("arn:%s:ec2:%s:%s:%s/%s", region.Partition(here), here, world.AccountID, resource, id)
}

// AddressText writes an address; none is empty.
func AddressText(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

// BooleanValue is a boolean attribute.
type BooleanValue struct {
	Value *bool `query:"Value" xml:"value"`
}

// GroupItem is a security group in other objects' replies.
type GroupItem struct {
	GroupID   string `xml:"groupId"`
	GroupName string `xml:"groupName"`
}

// RenderGroups writes the groups of those IDs.
func RenderGroups(tx *world.Tx, ids []string) wire.Items[GroupItem] {
	var items wire.Items[GroupItem]
	for _, id := range ids {
		if g, ok := world.Get[network.SecurityGroup](tx, id); ok {
			items = append(items, GroupItem{id, g.Name})
		}
	}
	return items
}
