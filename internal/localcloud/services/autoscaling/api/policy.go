package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	cloudwatch "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) policyOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "PutScalingPolicy", putPolicy),
		view(h, "DescribePolicies", describePolicies),
		does(h, "DeletePolicy", func(tx *world.Tx, in *policyName) error { return model.DeletePolicy(tx, in.Group, in.Name) }),
		view(h, "DescribeAdjustmentTypes", func(*world.Tx, *wire.Call, *struct{}) (*adjustmentTypes, error) {
			return &adjustmentTypes{wire.Members[adjustmentType]{{"ChangeInCapacity"}, {"ExactCapacity"}, {"PercentChangeInCapacity"}}}, nil
		}),
	}
}

type adjustmentTypes struct {
	Types wire.Members[adjustmentType] `xml:"AdjustmentTypes"`
}

type adjustmentType struct {
	Type string `xml:"AdjustmentType"`
}

type policyName struct {
	Group string `query:"AutoScalingGroupName" min:"1" max:"255"`
	Name  string `query:"PolicyName,required" min:"1" max:"1600"`
}

type putPolicyInput struct {
	Group    string    `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Name     string    `query:"PolicyName,required" min:"1" max:"255"`
	Type     string    `query:"PolicyType" min:"1" max:"64"`
	Warmup   *int      `query:"EstimatedInstanceWarmup"`
	Tracking *tracking `query:"TargetTrackingConfiguration"`
	Enabled  *bool     `query:"Enabled"`
	// Terraform's provider sends these as 0 with policies of every type, which AWS takes.
	_ wire.Only `query:"Cooldown" only:"0"`
	_ wire.Only `query:"MinAdjustmentMagnitude" only:"0"`
}

type tracking struct {
	Predefined *predefined `query:"PredefinedMetricSpecification"`
	Customized *customized `query:"CustomizedMetricSpecification"`
	Target     *float64    `query:"TargetValue,required"`
	NoScaleIn  bool        `query:"DisableScaleIn"`
}

type predefined struct {
	Type  string `query:"PredefinedMetricType,required" enum:"ASGAverageCPUUtilization|ASGAverageNetworkIn|ASGAverageNetworkOut|ALBRequestCountPerTarget"`
	Label string `query:"ResourceLabel" min:"1" max:"1023"`
}

type customized struct {
	Metric     string      `query:"MetricName"`
	Namespace  string      `query:"Namespace"`
	Dimensions []dimension `query:"Dimensions"`
	Statistic  string      `query:"Statistic" enum:"Average|Minimum|Maximum|SampleCount|Sum"`
	Unit       string      `query:"Unit"`
	_          wire.Only   `query:"Period" only:"60"`
}

type dimension struct {
	Name  string `query:"Name,required"`
	Value string `query:"Value,required"`
}

func (in *putPolicyInput) tracking() (t model.Tracking, err error) {
	switch {
	case in.Type != "TargetTrackingScaling" && !slices.Contains([]string{"", "SimpleScaling", "StepScaling", "PredictiveScaling"}, in.Type):
		return t, model.Invalid("PolicyType must be one of SimpleScaling, StepScaling, TargetTrackingScaling or PredictiveScaling")
	case in.Type != "TargetTrackingScaling":
		return t, refuse.NotSimulated("scaling policies of the type %q are not simulated, only those of TargetTrackingScaling", in.Type)
	case in.Tracking == nil:
		return t, model.Invalid("TargetTrackingConfiguration is required for the policy type TargetTrackingScaling")
	case (in.Tracking.Predefined == nil) == (in.Tracking.Customized == nil):
		return t, model.Invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required")
	}
	t.Target, t.DisableScaleIn = *in.Tracking.Target, in.Tracking.NoScaleIn
	if p := in.Tracking.Predefined; p != nil {
		if p.Type != model.AverageCPU && p.Type != model.RequestsPerTarget {
			return t, refuse.NotSimulated("the metric %s is not simulated", p.Type)
		}
		t.Predefined, t.Label = p.Type, p.Label
		return t, nil
	}
	c := in.Tracking.Customized
	if c.Metric == "" || c.Namespace == "" || c.Statistic == "" {
		return t, model.Invalid("MetricName, Namespace and Statistic are required in CustomizedMetricSpecification")
	}
	t.Namespace, t.Metric, t.Statistic, t.Unit = c.Namespace, c.Metric, c.Statistic, c.Unit
	for _, d := range c.Dimensions {
		t.Dimensions = append(t.Dimensions, metrics.Dimension(d))
	}
	return t, nil
}

type putPolicyOutput struct {
	ARN    string                    `xml:"PolicyARN"`
	Alarms wire.Members[policyAlarm] `xml:"Alarms"`
}

type policyAlarm struct {
	Name string `xml:"AlarmName"`
	ARN  string `xml:"AlarmARN"`
}

func putPolicy(tx *world.Tx, c *wire.Call, in *putPolicyInput) (*putPolicyOutput, error) {
	t, err := in.tracking()
	if err != nil {
		return nil, err
	}
	p, err := model.PutPolicy(tx, in.Group, in.Name, t, in.Warmup, in.Enabled == nil || *in.Enabled)
	if err != nil {
		return nil, err
	}
	c.Resource = in.Group
	return &putPolicyOutput{p.ARN, alarmsOf(tx, p)}, nil
}

func alarmsOf(tx *world.Tx, p *model.Policy) wire.Members[policyAlarm] {
	all := wire.Members[policyAlarm]{}
	for _, name := range []string{p.High, p.Low} {
		if name != "" {
			all = append(all, policyAlarm{name, cloudwatch.ARN(tx, name)})
		}
	}
	return all
}

type describePoliciesInput struct {
	paging
	Group string   `query:"AutoScalingGroupName" min:"1" max:"255"`
	Names []string `query:"PolicyNames" eachmin:"1" eachmax:"1600"`
	Types []string `query:"PolicyTypes" eachmin:"1" eachmax:"64"`
}

type describePoliciesOutput struct {
	Policies wire.Members[policyItem] `xml:"ScalingPolicies"`
	Next     string                   `xml:"NextToken,omitempty"`
}

type policyItem struct {
	Group    string                    `xml:"AutoScalingGroupName"`
	Name     string                    `xml:"PolicyName"`
	ARN      string                    `xml:"PolicyARN"`
	Type     string                    `xml:"PolicyType"`
	Steps    wire.Members[struct{}]    `xml:"StepAdjustments"`
	Warmup   *int                      `xml:"EstimatedInstanceWarmup,omitempty"`
	Alarms   wire.Members[policyAlarm] `xml:"Alarms"`
	Tracking trackingItem              `xml:"TargetTrackingConfiguration"`
	Enabled  bool                      `xml:"Enabled"`
}

type trackingItem struct {
	Predefined *predefinedItem `xml:"PredefinedMetricSpecification,omitempty"`
	Customized *customizedItem `xml:"CustomizedMetricSpecification,omitempty"`
	Target     float64         `xml:"TargetValue"`
	NoScaleIn  bool            `xml:"DisableScaleIn"`
}

type predefinedItem struct {
	Type  string `xml:"PredefinedMetricType"`
	Label string `xml:"ResourceLabel,omitempty"`
}

type customizedItem struct {
	Metric     string                      `xml:"MetricName"`
	Namespace  string                      `xml:"Namespace"`
	Dimensions wire.Members[dimensionItem] `xml:"Dimensions"`
	Statistic  string                      `xml:"Statistic"`
	Unit       string                      `xml:"Unit,omitempty"`
}

type dimensionItem struct{ Name, Value string }

func describePolicies(tx *world.Tx, _ *wire.Call, in *describePoliciesInput) (out *describePoliciesOutput, err error) {
	if in.Group != "" {
		if _, err := model.FindGroup(tx, in.Group); err != nil {
			return nil, err
		}
	}
	all := world.Where(tx, func(p *model.Policy) bool {
		return (in.Group == "" || p.Group == in.Group) && (len(in.Names) == 0 || slices.Contains(in.Names, p.Name) || slices.Contains(in.Names, p.ARN)) &&
			(len(in.Types) == 0 || slices.Contains(in.Types, "TargetTrackingScaling"))
	})
	out = &describePoliciesOutput{}
	out.Policies, out.Next, err = page(all, in.paging, 100, func(p *model.Policy) policyItem { return showPolicy(tx, p) })
	return out, err
}

func showPolicy(tx *world.Tx, p *model.Policy) policyItem {
	item := policyItem{Group: p.Group, Name: p.Name, ARN: p.ARN, Type: "TargetTrackingScaling", Warmup: p.Warmup, Alarms: alarmsOf(tx, p), Enabled: p.Enabled,
		Tracking: trackingItem{Target: p.Target, NoScaleIn: p.DisableScaleIn}}
	if p.Predefined != "" {
		item.Tracking.Predefined = &predefinedItem{p.Predefined, p.Label}
		return item
	}
	c := &customizedItem{Metric: p.Metric, Namespace: p.Namespace, Statistic: p.Statistic, Unit: p.Unit}
	for _, d := range p.Dimensions {
		c.Dimensions = append(c.Dimensions, dimensionItem(d))
	}
	item.Tracking.Customized = c
	return item
}
