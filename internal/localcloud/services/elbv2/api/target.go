package api

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) targetOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "RegisterTargets", func(tx *world.Tx, in *targetsInput) error { return model.RegisterTargets(tx, in.Arn, in.ids()) }),
		does(h, "DeregisterTargets", func(tx *world.Tx, in *targetsInput) error { return model.DeregisterTargets(tx, in.Arn, in.ids()) }),
		view(h, "DescribeTargetHealth", h.describeTargetHealth),
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

func (in targetsInput) ids() []model.TargetID {
	ids := make([]model.TargetID, len(in.Targets))
	for i, t := range in.Targets {
		ids[i] = model.TargetID{InstanceID: t.ID, Port: t.Port}
	}
	return ids
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

func (h *handlers) describeTargetHealth(tx *world.Tx, _ *wire.Call, in *describeTargetHealthInput) (*describeTargetHealthOutput, error) {
	g, err := model.FindTargetGroup(tx, in.Arn)
	if err != nil {
		return nil, err
	}
	checked := h.Health(g.ID)
	out := &describeTargetHealthOutput{}
	targets := model.TargetsOf(tx, g.ID)
	add := func(id targetItem, h model.Health) {
		port := cmp.Or(g.HealthCheck.Port, model.TrafficPort)
		if port == model.TrafficPort {
			port = strconv.Itoa(id.Port)
		}
		out.Descriptions = append(out.Descriptions, targetHealthItem{Target: id, HealthCheckPort: port, State: h.State, Reason: h.Reason, Description: h.Description})
	}
	if len(in.Targets) == 0 {
		for _, t := range targets {
			if t.Lost(tx) {
				continue
			}
			add(targetItem{t.InstanceID, t.Port}, h.health(tx, t, checked))
		}
		return out, nil
	}
	for _, wanted := range in.Targets {
		wanted.Port = cmp.Or(wanted.Port, g.Port)
		i := slices.IndexFunc(targets, func(t *model.Target) bool { return t.InstanceID == wanted.ID && t.Port == wanted.Port })
		if i < 0 {
			add(wanted, model.NotRegistered())
			continue
		}
		add(wanted, h.health(tx, targets[i], checked))
	}
	return out, nil
}

// health is what the model decides, or else what the checks have found.
func (h *handlers) health(tx *world.Tx, t *model.Target, checked []service.TargetHealth) model.Health {
	health, decided := t.KnownHealth(tx)
	if decided {
		return health
	}
	for _, c := range checked {
		if c.InstanceID == t.InstanceID && c.Port == t.Port {
			return model.Health{State: c.State, Reason: c.Reason, Description: c.Description}
		}
	}
	return health
}
