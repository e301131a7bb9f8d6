package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) attributeOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "DescribeLoadBalancerAttributes", describeLoadBalancerAttributes),
		change(h, "ModifyLoadBalancerAttributes", modifyLoadBalancerAttributes),
		view(h, "DescribeTargetGroupAttributes", describeTargetGroupAttributes),
		change(h, "ModifyTargetGroupAttributes", modifyTargetGroupAttributes),
		view(h, "DescribeListenerAttributes", describeListenerAttributes),
		change(h, "ModifyListenerAttributes", modifyListenerAttributes),
	}
}

type attribute struct {
	Key   string `query:"Key,required" max:"256" pattern:"^[a-zA-Z0-9._]+$" xml:"Key"`
	Value string `query:"Value" xml:"Value"`
}

type attributesInput struct {
	Attributes []attribute `query:"Attributes,required"`
}

func (in attributesInput) changes() []model.Attribute {
	list := make([]model.Attribute, len(in.Attributes))
	for i, a := range in.Attributes {
		list[i] = model.Attribute(a)
	}
	return list
}

type attributesOutput struct {
	Attributes wire.Members[attribute] `xml:"Attributes"`
}

// attributesOf lists the attributes of what was found.
func attributesOf(o interface {
	AllAttributes() []model.Attribute
}, err error) (*attributesOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &attributesOutput{}
	for _, a := range o.AllAttributes() {
		out.Attributes = append(out.Attributes, attribute(a))
	}
	return out, nil
}

func describeLoadBalancerAttributes(tx *world.Tx, _ *wire.Call, in *loadBalancerArnInput) (*attributesOutput, error) {
	b, err := model.FindLoadBalancer(tx, in.Arn)
	return attributesOf(b, err)
}

type modifyLoadBalancerAttributesInput struct {
	loadBalancerArnInput
	Attributes []loadBalancerAttribute `query:"Attributes,required" max:"20"`
}

// loadBalancerAttribute differs from other attributes in that its value has a maximum.
type loadBalancerAttribute struct {
	Key   string `query:"Key,required" max:"256" pattern:"^[a-zA-Z0-9._]+$"`
	Value string `query:"Value" max:"1024"`
}

func modifyLoadBalancerAttributes(tx *world.Tx, c *wire.Call, in *modifyLoadBalancerAttributesInput) (*attributesOutput, error) {
	changes := make([]model.Attribute, len(in.Attributes))
	for i, a := range in.Attributes {
		changes[i] = model.Attribute(a)
	}
	if err := model.SetLoadBalancerAttributes(tx, in.Arn, changes); err != nil {
		return nil, err
	}
	return describeLoadBalancerAttributes(tx, c, &in.loadBalancerArnInput)
}

func describeTargetGroupAttributes(tx *world.Tx, _ *wire.Call, in *targetGroupArnInput) (*attributesOutput, error) {
	g, err := model.FindTargetGroup(tx, in.Arn)
	return attributesOf(g, err)
}

type modifyTargetGroupAttributesInput struct {
	targetGroupArnInput
	attributesInput
}

func modifyTargetGroupAttributes(tx *world.Tx, c *wire.Call, in *modifyTargetGroupAttributesInput) (*attributesOutput, error) {
	if err := model.SetTargetGroupAttributes(tx, in.Arn, in.changes()); err != nil {
		return nil, err
	}
	return describeTargetGroupAttributes(tx, c, &in.targetGroupArnInput)
}

func describeListenerAttributes(tx *world.Tx, _ *wire.Call, in *listenerArnInput) (*attributesOutput, error) {
	l, err := model.FindListener(tx, in.Arn)
	return attributesOf(l, err)
}

type modifyListenerAttributesInput struct {
	listenerArnInput
	attributesInput
}

func modifyListenerAttributes(tx *world.Tx, c *wire.Call, in *modifyListenerAttributesInput) (*attributesOutput, error) {
	if err := model.SetListenerAttributes(tx, in.Arn, in.changes()); err != nil {
		return nil, err
	}
	return describeListenerAttributes(tx, c, &in.listenerArnInput)
}
