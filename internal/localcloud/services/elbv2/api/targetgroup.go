package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) targetGroupOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateTargetGroup", createTargetGroup),
		view(h, "DescribeTargetGroups", describeTargetGroups),
		change(h, "ModifyTargetGroup", modifyTargetGroup),
		does(h, "DeleteTargetGroup", func(tx *world.Tx, in *targetGroupArnInput) error { return model.DeleteTargetGroup(tx, in.Arn) }),
	}
}

type targetGroupItem struct {
	Arn                string               `xml:"TargetGroupArn"`
	Name               string               `xml:"TargetGroupName"`
	Protocol           string               `xml:"Protocol"`
	Port               int                  `xml:"Port"`
	VpcID              string               `xml:"VpcId"`
	HealthProtocol     string               `xml:"HealthCheckProtocol"`
	HealthPort         string               `xml:"HealthCheckPort"`
	HealthEnabled      bool                 `xml:"HealthCheckEnabled"`
	Interval           int                  `xml:"HealthCheckIntervalSeconds"`
	Timeout            int                  `xml:"HealthCheckTimeoutSeconds"`
	HealthyThreshold   int                  `xml:"HealthyThresholdCount"`
	UnhealthyThreshold int                  `xml:"UnhealthyThresholdCount"`
	Path               string               `xml:"HealthCheckPath"`
	Matcher            string               `xml:"Matcher>HttpCode"`
	LoadBalancerArns   wire.Members[string] `xml:"LoadBalancerArns"`
	TargetType         string               `xml:"TargetType"`
	ProtocolVersion    string               `xml:"ProtocolVersion"`
	IPAddressType      string               `xml:"IpAddressType"`
}

func renderTargetGroup(tx *world.Tx, g *model.TargetGroup) targetGroupItem {
	h := g.HealthCheck
	return targetGroupItem{Arn: g.ID, Name: g.Name, Protocol: g.Protocol, Port: g.Port, VpcID: g.VPCID,
		HealthProtocol: h.Protocol, HealthPort: h.Port, HealthEnabled: true, Interval: h.Interval, Timeout: h.Timeout,
		HealthyThreshold: h.HealthyThreshold, UnhealthyThreshold: h.UnhealthyThreshold, Path: h.Path, Matcher: h.Matcher,
		LoadBalancerArns: model.LoadBalancersOf(tx, g.ID), TargetType: "instance", ProtocolVersion: "HTTP1", IPAddressType: "ipv4"}
}

type healthCheckInput struct {
	Enabled            *bool   `query:"HealthCheckEnabled"`
	Protocol           *string `query:"HealthCheckProtocol" enum:"HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|GENEVE|QUIC|TCP_QUIC"`
	Port               *string `query:"HealthCheckPort"`
	Path               *string `query:"HealthCheckPath" min:"1" max:"1024"`
	Interval           *int    `query:"HealthCheckIntervalSeconds" min:"5" max:"300"`
	Timeout            *int    `query:"HealthCheckTimeoutSeconds" min:"2" max:"120"`
	HealthyThreshold   *int    `query:"HealthyThresholdCount" min:"2" max:"10"`
	UnhealthyThreshold *int    `query:"UnhealthyThresholdCount" min:"2" max:"10"`
	Matcher            struct {
		HTTPCode *string `query:"HttpCode"`
	} `query:"Matcher"`
}

func (in healthCheckInput) change() model.HealthCheckChange {
	return model.HealthCheckChange{Enabled: in.Enabled, Protocol: in.Protocol, Port: in.Port, Path: in.Path,
		Interval: in.Interval, Timeout: in.Timeout, HealthyThreshold: in.HealthyThreshold,
		UnhealthyThreshold: in.UnhealthyThreshold, Matcher: in.Matcher.HTTPCode}
}

type createTargetGroupInput struct {
	Name            string `query:"Name,required"`
	Protocol        string `query:"Protocol" enum:"HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|GENEVE|QUIC|TCP_QUIC"`
	ProtocolVersion string `query:"ProtocolVersion"`
	Port            *int   `query:"Port" min:"1" max:"65535"`
	VpcID           string `query:"VpcId"`
	TargetType      string `query:"TargetType" enum:"instance|ip|lambda|alb"`
	Tags            []tag  `query:"Tags" min:"1"`
	healthCheckInput
	_ wire.Only `query:"IpAddressType" only:"ipv4" enum:"ipv4|ipv6"`
}

type targetGroupsOutput struct {
	TargetGroups wire.Members[targetGroupItem] `xml:"TargetGroups"`
	NextMarker   string                        `xml:"NextMarker,omitempty"`
}

func createTargetGroup(tx *world.Tx, c *wire.Call, in *createTargetGroupInput) (*targetGroupsOutput, error) {
	g, err := model.CreateTargetGroup(tx, model.NewTargetGroup{Name: in.Name, Protocol: in.Protocol,
		ProtocolVersion: in.ProtocolVersion, TargetType: in.TargetType, Port: in.Port, VPCID: in.VpcID,
		HealthCheck: in.change(), Tags: readTags(in.Tags)})
	if err != nil {
		return nil, err
	}
	c.Resource = g.Name
	return oneTargetGroup(tx, g), nil
}

func oneTargetGroup(tx *world.Tx, g *model.TargetGroup) *targetGroupsOutput {
	return &targetGroupsOutput{TargetGroups: wire.Members[targetGroupItem]{renderTargetGroup(tx, g)}}
}

type describeTargetGroupsInput struct {
	LoadBalancerArn string   `query:"LoadBalancerArn"`
	Arns            []string `query:"TargetGroupArns"`
	Names           []string `query:"Names"`
	paging
}

func describeTargetGroups(tx *world.Tx, _ *wire.Call, in *describeTargetGroupsInput) (*targetGroupsOutput, error) {
	ways := 0
	for _, given := range []bool{in.LoadBalancerArn != "", len(in.Arns) > 0, len(in.Names) > 0} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return nil, invalid("Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time")
	}
	found, err := described(tx, in.Arns, model.FindTargetGroup)
	if err != nil {
		return nil, err
	}
	if len(in.Names) > 0 {
		found, err = named(found, in.Names, func(g *model.TargetGroup) string { return g.Name }, func(name string) error {
			return world.Missing[model.TargetGroup](tx, name)
		})
		if err != nil {
			return nil, err
		}
	}
	if in.LoadBalancerArn != "" {
		if _, err := model.FindLoadBalancer(tx, in.LoadBalancerArn); err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(g *model.TargetGroup) bool {
			return !slices.Contains(model.LoadBalancersOf(tx, g.ID), in.LoadBalancerArn)
		})
	}
	items, next, err := page(found, in.paging, func(g *model.TargetGroup) targetGroupItem { return renderTargetGroup(tx, g) })
	return &targetGroupsOutput{items, next}, err
}

type modifyTargetGroupInput struct {
	Arn string `query:"TargetGroupArn,required"`
	healthCheckInput
}

func modifyTargetGroup(tx *world.Tx, _ *wire.Call, in *modifyTargetGroupInput) (*targetGroupsOutput, error) {
	g, err := model.ModifyHealthCheck(tx, in.Arn, in.change())
	if err != nil {
		return nil, err
	}
	return oneTargetGroup(tx, g), nil
}

type targetGroupArnInput struct {
	Arn string `query:"TargetGroupArn,required"`
}
