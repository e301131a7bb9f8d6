package diagram

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// See is what a look at a platform saw of it, but for its URL, which not every
// cloud's DNS tells.
func See(view *provision.View) Seen {
	objects := view.Observed.Objects
	live := map[string]any{}
	for _, object := range objects {
		live[object.Handle()] = object.Live
	}
	seen := Seen{Health: string(blueprint.HealthOf(objects, view.LostTargets())), Targets: loadbalancing.Targets(objects)}
	for _, step := range view.Plan.Listed() {
		object := SeenObject{Key: step.Key, ID: step.ID(), Status: step.Status(), Surplus: step.Action == plan.Delete}
		if step.Action != plan.Keep || step.Untagged() {
			object.Drift = step.Reasons
		}
		switch l := live[resource.Handle(step.Key.Kind, step.ID())].(type) {
		case ec2types.Instance:
			if l.Placement != nil && object.Surplus {
				object.Zone = aws.ToString(l.Placement.AvailabilityZone)
			}
		case autoscaling.LiveGroup:
			object.Says = fmt.Sprintf("%d desired", aws.ToInt32(l.DesiredCapacity))
			for _, i := range l.Instances {
				seen.Members = append(seen.Members, Member{
					ID: aws.ToString(i.InstanceId), Zone: aws.ToString(i.AvailabilityZone), Type: aws.ToString(i.InstanceType), Lifecycle: string(i.LifecycleState),
				})
			}
		case ec2types.Address:
			object.Address = aws.ToString(l.PublicIp)
		}
		seen.Objects = append(seen.Objects, object)
	}
	return seen
}
