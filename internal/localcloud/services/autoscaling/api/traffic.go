package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) trafficOperations() []wire.Operation {
	return []wire.Operation{
		says(h, "AttachTrafficSources", func(tx *world.Tx, in *trafficInput) error { return attach(tx, in, true) }),
		says(h, "DetachTrafficSources", func(tx *world.Tx, in *trafficInput) error { return attach(tx, in, false) }),
		view(h, "DescribeTrafficSources", h.describeTraffic),
		says(h, "AttachLoadBalancerTargetGroups", func(tx *world.Tx, in *targetGroupsInput) error { return setTargetGroups(tx, in.Group, in.ARNs, true) }),
		says(h, "DetachLoadBalancerTargetGroups", func(tx *world.Tx, in *targetGroupsInput) error { return setTargetGroups(tx, in.Group, in.ARNs, false) }),
		view(h, "DescribeLoadBalancerTargetGroups", h.describeTargetGroups),
	}
}

type traffic struct {
	Identifier string `query:"Identifier,required" min:"1" max:"511" xml:"Identifier"`
	Type       string `query:"Type" xml:"Type"`
}

func (t traffic) check() error {
	if t.Type != "" && t.Type != "elbv2" {
		return refuse.NotSimulated("traffic sources of type %s are not simulated", t.Type)
	}
	return nil
}

type trafficInput struct {
	Group   string    `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Sources []traffic `query:"TrafficSources,required" max:"10"`
	Skip    *bool     `query:"SkipZonalShiftValidation"`
}

func attach(tx *world.Tx, in *trafficInput, add bool) error {
	var arns []string
	for _, t := range in.Sources {
		if err := t.check(); err != nil {
			return err
		}
		arns = append(arns, t.Identifier)
	}
	return setTargetGroups(tx, in.Group, arns, add)
}

type targetGroupsInput struct {
	Group string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	ARNs  []string `query:"TargetGroupARNs,required" max:"10"`
}

// setTargetGroups adds target groups to those of a group, or takes them away.
func setTargetGroups(tx *world.Tx, group string, arns []string, add bool) error {
	return model.UpdateGroup(tx, group, func(s *model.Settings) {
		left := slices.DeleteFunc(slices.Clone(s.TargetGroups), func(have string) bool { return slices.Contains(arns, have) })
		if add {
			left = append(left, arns...)
		}
		s.TargetGroups = left
	}, nil)
}

type describeTrafficInput struct {
	paging
	Group string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Type  string `query:"TrafficSourceType"`
}

type trafficItem struct {
	Source     string `xml:"TrafficSource"`
	State      string `xml:"State"`
	Identifier string `xml:"Identifier"`
	Type       string `xml:"Type"`
}

type describeTrafficOutput struct {
	Sources wire.Members[trafficItem] `xml:"TrafficSources"`
	Next    string                    `xml:"NextToken,omitempty"`
}

// state is how far a target group is: Added once all instances are registered, InService once one of them passes its checks.
// Source: API reference of TrafficSourceState.
func (h *handlers) state(tx *world.Tx, g *model.Group, arn string) string {
	for _, i := range model.InstancesOf(tx, g.ID) {
		if i.State == model.InService && !slices.ContainsFunc(elbmodel.TargetsOf(tx, arn), func(t *elbmodel.Target) bool { return t.InstanceID == i.ID }) {
			return "Adding"
		}
	}
	for _, t := range h.Health(arn) {
		if t.State == "healthy" {
			return "InService"
		}
	}
	return "Added"
}

func (h *handlers) describeTraffic(tx *world.Tx, _ *wire.Call, in *describeTrafficInput) (out *describeTrafficOutput, err error) {
	g, err := model.FindGroup(tx, in.Group)
	if err != nil {
		return nil, err
	}
	out = &describeTrafficOutput{}
	out.Sources, out.Next, err = page(g.TargetGroups, in.paging, 50, func(arn string) trafficItem {
		return trafficItem{arn, h.state(tx, g, arn), arn, "elbv2"}
	})
	return out, err
}

type describeTargetGroupsInput struct {
	paging
	Group string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
}

type targetGroupItem struct {
	ARN   string `xml:"LoadBalancerTargetGroupARN"`
	State string `xml:"State"`
}

type describeTargetGroupsOutput struct {
	TargetGroups wire.Members[targetGroupItem] `xml:"LoadBalancerTargetGroups"`
	Next         string                        `xml:"NextToken,omitempty"`
}

func (h *handlers) describeTargetGroups(tx *world.Tx, _ *wire.Call, in *describeTargetGroupsInput) (out *describeTargetGroupsOutput, err error) {
	g, err := model.FindGroup(tx, in.Group)
	if err != nil {
		return nil, err
	}
	out = &describeTargetGroupsOutput{}
	out.TargetGroups, out.Next, err = page(g.TargetGroups, in.paging, 100, func(arn string) targetGroupItem {
		return targetGroupItem{arn, h.state(tx, g, arn)}
	})
	return out, err
}
