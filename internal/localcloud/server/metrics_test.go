package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// readMetric adds up a statistic of all minutes of a metric.
func readMetric(t *testing.T, c *cloudwatch.Client, now time.Time, namespace, name, statistic string, dimensions ...cwtypes.Dimension) (sum float64, points int) {
	t.Helper()
	out := must(c.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: aws.Time(now.Add(-time.Hour)), EndTime: aws.Time(now.Add(time.Minute)),
		MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("m"), MetricStat: &cwtypes.MetricStat{Period: aws.Int32(60), Stat: &statistic,
			Metric: &cwtypes.Metric{Namespace: &namespace, MetricName: &name, Dimensions: dimensions}}}}}))(t)
	for _, v := range out.MetricDataResults[0].Values {
		sum += v
	}
	return sum, len(out.MetricDataResults[0].Values)
}

// Real requests become metrics at the end of their minute; an alarm sees them; and all that is still there after a restart.
func TestMetrics_TellOfTheTraffic_AlsoAfterARestart(t *testing.T) {
	t.Parallel()
	dir, hours := t.TempDir(), swift{time.Now(), 30}
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Dir, o.Clock = dir, hours })
	s := clients(cloud.Endpoint)
	p := build(t, s)
	p.healthy(t, s)
	client := func(endpoint string) *cloudwatch.Client {
		return cloudwatch.New(cloudwatch.Options{Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: 1, HTTPClient: oneShot(), Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	}
	c := client(cloud.Endpoint)
	group := cwtypes.Dimension{Name: aws.String("TargetGroup"), Value: aws.String(p.targetGroup[strings.LastIndex(p.targetGroup, ":")+1:])}
	_, name, _ := strings.Cut(p.loadBalancer, ":loadbalancer/")
	balancer := cwtypes.Dimension{Name: aws.String("LoadBalancer"), Value: &name}
	must(c.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("asked"), Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("RequestCount"),
		Dimensions: []cwtypes.Dimension{balancer}, Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), ComparisonOperator: "GreaterThanThreshold",
		AlarmActions: []string{"arn:aws:sqs:eu-west-1:123456789012:people"}}))(t)

	address := addressOf(must(cloud.Status())(t), p.dnsName, 80)
	for range 12 {
		response := must(oneShot().Get("http://" + address + "/"))(t)
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatal(response.Status)
		}
	}
	eventually(t, func() string {
		if n, _ := readMetric(t, c, hours.Now(), "AWS/ApplicationELB", "RequestCount", "Sum", balancer); n < 12 {
			return fmt.Sprint("the requests, of which there are ", n)
		}
		return ""
	})
	for _, m := range []struct {
		name, statistic string
		dimensions      []cwtypes.Dimension
		least, most     float64
	}{
		{"RequestCount", "Sum", []cwtypes.Dimension{balancer, group}, 12, 12},
		{"RequestCount", "SampleCount", []cwtypes.Dimension{balancer}, 12, 12},
		{"RequestCount", "p99", []cwtypes.Dimension{balancer}, 1, 2}, // of each minute that had some
		{"HTTPCode_Target_2XX_Count", "Sum", []cwtypes.Dimension{balancer}, 12, 12},
		{"HTTPCode_ELB_5XX_Count", "Sum", []cwtypes.Dimension{balancer}, 0, 0},
		{"NewConnectionCount", "Sum", []cwtypes.Dimension{balancer}, 13, 24}, // each client's, and one to each target at least
		{"ProcessedBytes", "Sum", []cwtypes.Dimension{balancer}, 12 * 100, 12 * 10_000},
		{"ClientTLSNegotiationErrorCount", "Sum", []cwtypes.Dimension{balancer}, 0, 0},
		{"RejectedConnectionCount", "Sum", []cwtypes.Dimension{balancer}, 0, 0},
		{"TargetResponseTime", "SampleCount", []cwtypes.Dimension{balancer}, 12, 12},
		{"TargetResponseTime", "p99", []cwtypes.Dimension{balancer}, 1e-9, 300},
		{"RequestCountPerTarget", "Sum", []cwtypes.Dimension{group}, 6, 12}, // by two healthy targets, or by one
		{"HealthyHostCount", "Maximum", []cwtypes.Dimension{balancer, group}, 2, 1000},
	} {
		if got, points := readMetric(t, c, hours.Now(), "AWS/ApplicationELB", m.name, m.statistic, m.dimensions...); got < m.least || got > m.most || m.least > 0 && points == 0 {
			t.Errorf("%s of %s is %v in %d minutes, not %v to %v", m.statistic, m.name, got, points, m.least, m.most)
		}
	}
	eventually(t, func() string {
		history := must(c.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{AlarmName: aws.String("asked"), HistoryItemType: "Action"}))(t)
		if len(history.AlarmHistoryItems) == 0 || !strings.Contains(*history.AlarmHistoryItems[0].HistoryData, "actions of sqs are not simulated") {
			return "the alarm's action, which nobody carries out"
		}
		return ""
	})
	if err := cloud.Server.Close(); err != nil {
		t.Fatal(err)
	}
	again := localcloudtest.Start(t, func(o *server.Options) { o.Dir, o.Clock = dir, hours })
	if n, _ := readMetric(t, client(again.Endpoint), hours.Now(), "AWS/ApplicationELB", "RequestCount", "Sum", balancer); n != 12 {
		t.Errorf("after a restart there are %v requests", n)
	}
}
