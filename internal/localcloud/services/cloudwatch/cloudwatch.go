// Package cloudwatch is Amazon CloudWatch: the alarms and AWS's rules about them in model, the operations in api, and here
// what the service is to the rest of the local cloud. The metrics are in package metrics, which the server fills.
package cloudwatch

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is CloudWatch.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "CloudWatch",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Throttle:   throttle,
		Asks:       api.Asks(),
		Refusals:   service.QueryRefusals(),
		Deviations: deviations(),
	}
}

// throttle is by the calls a second that each operation has.
// Source: CloudWatch User Guide, "CloudWatch service quotas".
func throttle(c *wire.Call) []service.Draw {
	rate := map[string]float64{"PutMetricAlarm": 3, "DeleteAlarms": 3, "SetAlarmState": 3, "EnableAlarmActions": 3, "DisableAlarmActions": 3, "DescribeAlarms": 9,
		"DescribeAlarmsForMetric": 9, "DescribeAlarmHistory": 20, "GetMetricData": 50, "GetMetricStatistics": 400, "ListMetrics": 25, "PutMetricData": 500}[c.Operation]
	if rate == 0 {
		rate = 10
	}
	return service.Shared(c.Operation, rate, rate)
}
