// Package traffic reads from CloudWatch what a platform's users saw in the last minutes: requests, errors, response times.
//
// What belongs here: which metrics those are, and one call for all of them. How they are shown is the report's business, and
// what else CloudWatch knows of a platform that of its kinds.
package traffic

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Minutes is how many minutes back it reads.
const Minutes = 30

// Traffic is what users saw, by the minute, the oldest first. A minute that isn't known yet is as one without requests.
type Traffic struct {
	Requests []float64
	Errors   []float64 // answered with 5xx, by the targets or by the load balancer in their place
	P95      []float64 // seconds in which 95 of 100 requests were answered; 0: there were none
}

// The metrics, by the IDs of their queries.
const (
	requests      = "requests"
	targetErrors  = "target_errors"
	balancerError = "balancer_errors"
	p95           = "p95"
)

// Read asks for the traffic of a load balancer until a moment. Minutes without requests have no data, and the latest ones
// come one to three minutes late.
// Source: Elastic Load Balancing User Guide, "CloudWatch metrics for your Application Load Balancer".
func Read(ctx context.Context, c *awsapi.Clients, loadBalancerARN string, now time.Time) (Traffic, error) {
	_, name, ok := strings.Cut(loadBalancerARN, ":loadbalancer/")
	if !ok {
		return Traffic{}, fmt.Errorf("read the metrics of %s: it isn't the ARN of a load balancer", loadBalancerARN)
	}
	query := func(id, metric, stat string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{Period: aws.Int32(60), Stat: &stat, Metric: &types.Metric{
			Namespace: aws.String("AWS/ApplicationELB"), MetricName: &metric, Dimensions: []types.Dimension{{Name: aws.String("LoadBalancer"), Value: &name}},
		}}}
	}
	end := now.Truncate(time.Minute)
	begin := end.Add(-Minutes * time.Minute)
	out, err := c.CloudWatch.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{StartTime: &begin, EndTime: &end, ScanBy: types.ScanByTimestampAscending, MetricDataQueries: []types.MetricDataQuery{
		query(requests, "RequestCount", "Sum"), query(targetErrors, "HTTPCode_Target_5XX_Count", "Sum"),
		query(balancerError, "HTTPCode_ELB_5XX_Count", "Sum"), query(p95, "TargetResponseTime", "p95"),
	}})
	if err != nil {
		return Traffic{}, fmt.Errorf("read the metrics of load balancer %s: %w", name, err)
	}
	t := Traffic{Requests: make([]float64, Minutes), Errors: make([]float64, Minutes), P95: make([]float64, Minutes)}
	into := map[string][]float64{requests: t.Requests, targetErrors: t.Errors, balancerError: t.Errors, p95: t.P95}
	for _, result := range out.MetricDataResults {
		series := into[aws.ToString(result.Id)]
		for i, at := range result.Timestamps[:min(len(result.Timestamps), len(result.Values))] {
			if minute := int(at.Sub(begin) / time.Minute); minute >= 0 && minute < len(series) {
				series[minute] += result.Values[i]
			}
		}
	}
	return t, nil
}
