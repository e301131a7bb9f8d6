package compute

import (
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/prices"
)

// RootVolumeGB is the size that an instance's root volume is counted with: that of the Amazon Linux images. Neither the
// specification nor the list of instances has it, and an image of the user's may have more.
const RootVolumeGB = 8

func instanceCost(spec Instance) []prices.Item {
	return []prices.Item{{Name: prices.Instance(spec.Type), Count: 1}, {Name: prices.GP3, Count: RootVolumeGB}}
}

// liveInstanceCost is that of the root volume alone while the instance is stopped.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
func liveInstanceCost(live types.Instance) []prices.Item {
	switch state(live) {
	case types.InstanceStateNameStopping, types.InstanceStateNameStopped:
		return []prices.Item{{Name: prices.GP3, Count: RootVolumeGB}}
	default:
		return instanceCost(Instance{Type: string(live.InstanceType)})
	}
}
