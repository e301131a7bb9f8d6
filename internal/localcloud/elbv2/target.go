package elbv2

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/loadbalancing"
)

func (s *service) targetOperations() []wire.Operation {
	return []wire.Operation{
		change(s, "RegisterTargets", s.registerTargets),
		change(s, "DeregisterTargets", s.deregisterTargets),
		view(s, "DescribeTargetHealth", s.describeTargetHealth),
	}
}

type targetItem struct {
	ID   string `query:"Id,required" xml:"Id"`
	Port int    `query:"Port" min:"1" max:"65535" xml:"Port"`
}

type targetsInput struct {
	Arn     string       `query:"TargetGroupArn,required"`
	Targets []targetItem `query:"Targets,required"`
}

func (in targetsInput) ids() []loadbalancing.TargetID {
	ids := make([]loadbalancing.TargetID, len(in.Targets))
	for i, t := range in.Targets {
		ids[i] = loadbalancing.TargetID{InstanceID: t.ID, Port: t.Port}
	}
	return ids
}

func (s *service) registerTargets(tx *world.Tx, _ *wire.Call, in *targetsInput) (*done, error) {
	return &done{}, loadbalancing.RegisterTargets(tx, s.options.Instances, in.Arn, in.ids())
}

func (s *service) deregisterTargets(tx *world.Tx, _ *wire.Call, in *targetsInput) (*done, error) {
	return &done{}, loadbalancing.DeregisterTargets(tx, s.options.Instances, in.Arn, in.ids())
}

type describeTargetHealthInput struct {
	Arn     string       `query:"TargetGroupArn,required"`
	Targets []targetItem `query:"Targets"`
}

type targetHealthItem struct {
	Target          targetItem `xml:"Target"`
	HealthCheckPort string     `xml:"HealthCheckPort,omitempty"`
	State           string     `xml:"TargetHealth>State"`
	Reason          string     `xml:"TargetHealth>Reason,omitempty"`
	Description     string     `xml:"TargetHealth>Description,omitempty"`
}

type describeTargetHealthOutput struct {
	Descriptions wire.Members[targetHealthItem] `xml:"TargetHealthDescriptions"`
}

func (s *service) describeTargetHealth(tx *world.Tx, _ *wire.Call, in *describeTargetHealthInput) (*describeTargetHealthOutput, error) {
	g, err := loadbalancing.FindTargetGroup(tx, in.Arn)
	if err != nil {
		return nil, err
	}
	checked := s.options.Health(g.ID)
	out := &describeTargetHealthOutput{}
	targets := loadbalancing.TargetsOf(tx, g.ID)
	add := func(id targetItem, h loadbalancing.Health) {
		port := cmp.Or(g.HealthCheck.Port, loadbalancing.TrafficPort)
		if port == loadbalancing.TrafficPort {
			port = strconv.Itoa(id.Port)
		}
		out.Descriptions = append(out.Descriptions, targetHealthItem{Target: id, HealthCheckPort: port, State: h.State, Reason: h.Reason, Description: h.Description})
	}
	if len(in.Targets) == 0 {
		for _, t := range targets {
			add(targetItem{t.InstanceID, t.Port}, s.health(tx, t, checked))
		}
		return out, nil
	}
	for _, wanted := range in.Targets {
		wanted.Port = cmp.Or(wanted.Port, g.Port)
		i := slices.IndexFunc(targets, func(t *loadbalancing.Target) bool { return t.InstanceID == wanted.ID && t.Port == wanted.Port })
		if i < 0 {
			add(wanted, loadbalancing.NotRegistered())
			continue
		}
		add(wanted, s.health(tx, targets[i], checked))
	}
	return out, nil
}

// health is what the model decides, or else what the checks have found.
func (s *service) health(tx *world.Tx, t *loadbalancing.Target, checked []TargetHealth) loadbalancing.Health {
	health, decided := t.KnownHealth(tx, s.options.Instances)
	if decided {
		return health
	}
	for _, c := range checked {
		if c.InstanceID == t.InstanceID && c.Port == t.Port {
			return c.Health
		}
	}
	return health
}
