package compute

import (
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// connect gives an instance its network interfaces and returns the primary one's
// address.
func (in *Launch) connect(tx *world.Tx, s *network.Subnet, instanceID string) (primary netip.Addr, err error) {
	interfaces := in.Interfaces
	if len(interfaces) == 0 {
		interfaces = []LaunchInterface{{SubnetID: s.ID, Groups: in.Groups, PrivateIP: in.PrivateIP}}
	}
	for _, x := range interfaces {
		id, owned := x.NetworkInterfaceID, false
		if id != "" && in.MaxCount > 1 {
			return primary, refuse.InvalidParameterCombination("Network interfaces can't be shared: launch one instance, or let each have its own")
		}
		if id == "" {
			subnetID := x.SubnetID
			if subnetID == "" {
				subnetID = s.ID
			}
			made, err := network.CreateInterface(tx, network.NewInterface{SubnetID: subnetID, Groups: x.Groups, PrivateIP: x.PrivateIP,
				Description: x.Description, Tags: in.NetworkInterfaceTags})
			if err != nil {
				return primary, err
			}
			id, owned = made.ID, true
		}
		if x.DeleteOnTermination != nil {
			owned = *x.DeleteOnTermination
		}
		if _, err := network.AttachToInstance(tx, id, instanceID, x.DeviceIndex, owned); err != nil {
			return primary, err
		}
		if x.NetworkInterfaceID == "" && (x.PublicIP != nil && *x.PublicIP || x.PublicIP == nil && x.DeviceIndex == 0 && s.MapPublicIPOnLaunch) {
			network.LendPublicIP(tx, id)
		}
		if attached, ok := world.Get[network.NetworkInterface](tx, id); ok && x.DeviceIndex == 0 {
			primary = attached.PrivateIP
		}
	}
	return primary, nil
}
