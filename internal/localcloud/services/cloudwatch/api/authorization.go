package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch".
func Asks() service.Asks {
	asks := service.Asks{
		"PutMetricAlarm": service.Asking(asked("PutMetricAlarm", onAlarm), tagging(onAlarm)),
		"PutMetricData": asked("PutMetricData", func(_ *world.Tx, c *wire.Call) []service.Resource {
			return []service.Resource{{ARN: "*", Context: policy.Context{"cloudwatch:namespace": {c.Value("Namespace")}}}}
		}),
	}
	for _, operation := range []string{"ListMetrics", "GetMetricStatistics", "GetMetricData"} {
		asks[operation] = service.Besides("cloudwatch", operation)
	}
	for _, operation := range []string{"DeleteAlarms", "SetAlarmState", "EnableAlarmActions", "DisableAlarmActions", "DescribeAlarms", "DescribeAlarmHistory"} {
		asks[operation] = asked(operation, onAlarm)
	}
	asks["PutDashboard"] = service.Asking(asked("PutDashboard", onDashboard), tagging(onDashboard))
	asks["GetDashboard"], asks["DeleteDashboards"] = asked("GetDashboard", onDashboard), asked("DeleteDashboards", onDashboard)
	asks["ListDashboards"] = service.Besides("cloudwatch", "ListDashboards")
	asks["DescribeAlarmsForMetric"] = asked("DescribeAlarmsForMetric", anyAlarm)
	for _, operation := range []string{"TagResource", "UntagResource", "ListTagsForResource"} {
		asks[operation] = asked(operation, onResource)
	}
	return asks
}

func asked(operation string, on func(*world.Tx, *wire.Call) []service.Resource) []service.Ask {
	return []service.Ask{{Service: "cloudwatch", Action: operation, On: on}}
}

func anyAlarm(tx *world.Tx, _ *wire.Call) []service.Resource {
	return []service.Resource{{ARN: model.ARN(tx, "*")}}
}

// onAlarm are the alarms that a call names, or any.
func onAlarm(tx *world.Tx, c *wire.Call) (all []service.Resource) {
	names := c.Each("AlarmNames")
	if c.Has("AlarmName") {
		names = append(names, c.Value("AlarmName"))
	}
	for _, name := range names {
		all = append(all, alarm(tx, c, model.ARN(tx, name), name))
	}
	if len(all) == 0 {
		return anyAlarm(tx, c)
	}
	return all
}

func alarm(tx *world.Tx, c *wire.Call, arn, name string) service.Resource {
	r := service.Resource{ARN: arn, Context: service.RequestedTags(service.TagsIn(c.Parts("Tags")))}
	if a, ok := world.Get[model.Alarm](tx, name); ok {
		r.Context = service.Merged(r.Context, service.TagKeys(a.Tags, service.ResourceTag))
	}
	if actions := append(append(c.Each("AlarmActions"), c.Each("OKActions")...), c.Each("InsufficientDataActions")...); len(actions) > 0 {
		r.Context = service.Merged(r.Context, policy.Context{"cloudwatch:AlarmActions": actions})
	}
	return r
}

// onDashboard are the dashboards that a call names.
func onDashboard(tx *world.Tx, c *wire.Call) (all []service.Resource) {
	names := c.Each("DashboardNames")
	if c.Has("DashboardName") {
		names = append(names, c.Value("DashboardName"))
	}
	for _, name := range names {
		r := service.Resource{ARN: model.DashboardARN(tx, name), Context: service.RequestedTags(service.TagsIn(c.Parts("Tags")))}
		if d, ok := world.Get[model.Dashboard](tx.In(""), name); ok {
			r.Context = service.Merged(r.Context, service.TagKeys(d.Tags, service.ResourceTag))
		}
		all = append(all, r)
	}
	return all
}

func onResource(tx *world.Tx, c *wire.Call) []service.Resource {
	r := service.Resource{ARN: c.Value("ResourceARN"), Context: service.RequestedTags(service.TagsIn(c.Parts("Tags")))}
	if o, err := (resource{r.ARN}).find(tx); err == nil {
		r.Context = service.Merged(r.Context, service.TagKeys(o.Tags, service.ResourceTag))
	}
	if keys := c.Each("TagKeys"); len(keys) > 0 {
		r.Context = service.Merged(r.Context, policy.Context{"aws:TagKeys": keys})
	}
	return []service.Resource{r}
}

// tagging is TagResource on what is made with tags.
func tagging(on func(*world.Tx, *wire.Call) []service.Resource) []service.Ask {
	return asked("TagResource", func(tx *world.Tx, c *wire.Call) []service.Resource {
		if !c.Has("Tags") {
			return nil
		}
		return on(tx, c)
	})
}
