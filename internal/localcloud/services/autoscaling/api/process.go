package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) processOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "SuspendProcesses", func(tx *world.Tx, in *processesInput) error { return model.Suspend(tx, in.Group, in.Processes, false) }),
		does(h, "ResumeProcesses", func(tx *world.Tx, in *processesInput) error { return model.Suspend(tx, in.Group, in.Processes, true) }),
		view(h, "DescribeScalingProcessTypes", func(*world.Tx, *wire.Call, *struct{}) (*processTypes, error) {
			out := &processTypes{}
			for _, p := range model.Processes() {
				out.Processes = append(out.Processes, processItem{p})
			}
			return out, nil
		}),
		does(h, "EnableMetricsCollection", func(tx *world.Tx, in *metricsInput) error {
			if in.Granularity != "1Minute" {
				return model.Invalid("Granularity must be 1Minute")
			}
			return collect(tx, in.Group, in.Metrics, true)
		}),
		does(h, "DisableMetricsCollection", func(tx *world.Tx, in *metricsInput) error { return collect(tx, in.Group, in.Metrics, false) }),
		view(h, "DescribeMetricCollectionTypes", func(*world.Tx, *wire.Call, *struct{}) (*metricTypes, error) {
			out := &metricTypes{Granularities: wire.Members[granularity]{{"1Minute"}}}
			for _, m := range model.Metrics() {
				out.Metrics = append(out.Metrics, metricType{m})
			}
			return out, nil
		}),
	}
}

type processesInput struct {
	Group     string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Processes []string `query:"ScalingProcesses"`
}

type processItem struct {
	Name string `xml:"ProcessName"`
}

type processTypes struct {
	Processes wire.Members[processItem] `xml:"Processes"`
}

type metricsInput struct {
	Group       string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Metrics     []string `query:"Metrics"`
	Granularity string   `query:"Granularity"`
}

func collect(tx *world.Tx, group string, which []string, on bool) error {
	g, err := model.FindLiveGroup(tx, group)
	if err != nil {
		return err
	}
	for _, m := range which {
		if !slices.Contains(model.Metrics(), m) {
			return model.Invalid("Invalid metric: %s", m)
		}
	}
	if len(which) == 0 {
		which = model.Metrics()
	}
	left := slices.DeleteFunc(slices.Clone(g.Metrics), func(m string) bool { return slices.Contains(which, m) })
	if on {
		left = append(left, which...)
	}
	world.Edit(tx, group, func(g *model.Group) { g.Metrics = left })
	return nil
}

type metricType struct {
	Metric string `xml:"Metric"`
}

type granularity struct {
	Granularity string `xml:"Granularity"`
}

type metricTypes struct {
	Metrics       wire.Members[metricType]  `xml:"Metrics"`
	Granularities wire.Members[granularity] `xml:"Granularities"`
}
