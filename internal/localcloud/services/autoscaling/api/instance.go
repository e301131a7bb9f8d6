package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) instanceOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "DescribeAutoScalingInstances", describeInstances),
		does(h, "SetInstanceHealth", func(tx *world.Tx, in *setHealthInput) error {
			return model.SetHealth(tx, in.ID, in.Status, in.Respect == nil || *in.Respect)
		}),
		says(h, "SetInstanceProtection", func(tx *world.Tx, in *protectionInput) error {
			return model.Protect(tx, in.Group, in.IDs, *in.Protect)
		}),
		change(h, "TerminateInstanceInAutoScalingGroup", terminate),
		does(h, "AttachInstances", func(tx *world.Tx, in *instancesInput) error { return model.Attach(tx, in.Group, in.IDs) }),
		change(h, "DetachInstances", func(tx *world.Tx, _ *wire.Call, in *decrementInput) (*activitiesOutput, error) {
			return activities(model.Detach(tx, in.Group, in.IDs, *in.Decrement))
		}),
		change(h, "EnterStandby", func(tx *world.Tx, _ *wire.Call, in *decrementInput) (*activitiesOutput, error) {
			return activities(model.EnterStandby(tx, in.Group, in.IDs, *in.Decrement))
		}),
		change(h, "ExitStandby", func(tx *world.Tx, _ *wire.Call, in *instancesInput) (*activitiesOutput, error) {
			return activities(model.ExitStandby(tx, in.Group, in.IDs))
		}),
	}
}

type instanceItem struct {
	ID        string        `xml:"InstanceId"`
	Type      string        `xml:"InstanceType"`
	Group     string        `xml:"AutoScalingGroupName,omitempty"`
	Zone      string        `xml:"AvailabilityZone"`
	State     string        `xml:"LifecycleState"`
	Health    string        `xml:"HealthStatus"`
	Template  *templateSpec `xml:"LaunchTemplate"`
	Protected bool          `xml:"ProtectedFromScaleIn"`
}

func renderInstance(i *model.Instance) instanceItem {
	item := instanceItem{ID: i.ID, Type: i.Type, Zone: i.Zone, State: i.State, Health: i.HealthStatus(), Protected: i.Protected}
	if i.Template.ID != "" {
		item.Template = &templateSpec{i.Template.ID, i.Template.Name, i.Template.Version}
	}
	return item
}

type describeInstancesInput struct {
	paging
	IDs []string `query:"InstanceIds"`
}

type describeInstancesOutput struct {
	Instances wire.Members[instanceItem] `xml:"AutoScalingInstances"`
	Next      string                     `xml:"NextToken,omitempty"`
}

func describeInstances(tx *world.Tx, _ *wire.Call, in *describeInstancesInput) (out *describeInstancesOutput, err error) {
	var all []*model.Instance
	for _, i := range world.Described[model.Instance](tx) {
		if len(in.IDs) == 0 || slices.Contains(in.IDs, i.ID) {
			all = append(all, i)
		}
	}
	out = &describeInstancesOutput{}
	out.Instances, out.Next, err = page(all, in.paging, 50, func(i *model.Instance) instanceItem {
		item := renderInstance(i)
		item.Group = i.Group
		item.Health = map[bool]string{true: "HEALTHY", false: "UNHEALTHY"}[i.Healthy]
		return item
	})
	return out, err
}

type setHealthInput struct {
	ID      string `query:"InstanceId,required" min:"1" max:"19"`
	Status  string `query:"HealthStatus,required" pattern:"^(Healthy|Unhealthy)$"`
	Respect *bool  `query:"ShouldRespectGracePeriod"`
}

type protectionInput struct {
	Group   string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	IDs     []string `query:"InstanceIds,required" max:"50"`
	Protect *bool    `query:"ProtectedFromScaleIn,required"`
}

type instancesInput struct {
	Group string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	IDs   []string `query:"InstanceIds" max:"20"`
}

type decrementInput struct {
	instancesInput
	Decrement *bool `query:"ShouldDecrementDesiredCapacity,required"`
}

type terminateInput struct {
	ID        string `query:"InstanceId,required" min:"1" max:"19"`
	Decrement *bool  `query:"ShouldDecrementDesiredCapacity,required"`
}

type terminateOutput struct {
	Activity activityItem `xml:"Activity"`
}

func terminate(tx *world.Tx, _ *wire.Call, in *terminateInput) (*terminateOutput, error) {
	a, err := model.Terminate(tx, in.ID, *in.Decrement)
	if err != nil {
		return nil, err
	}
	return &terminateOutput{renderActivity(a)}, nil
}
