package cloudwatch

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where CloudWatch here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Stricter, Text: "Metrics have a data point a minute and are kept for three hours, 2,000 of them at most; AWS keeps minutes for 15 days, and more coarsely for 15 months. `StorageResolution` 1 and periods below a minute aren't simulated."},
		{Kind: wire.Reading, Text: "What AWS's own services measured in a minute, or in five, is there, and alarms see it, a minute after its end, under any `--latency`; AWS doesn't publish how late data are, and one to three minutes are usual with load balancers. What a caller puts is there at once."},
		{Kind: wire.Reading, Text: "`CPUUtilization` comes from the requests that the load balancers send an instance: each costs 5 ms of one vCPU, and an instance without any uses 1 %. What the instance really does isn't measured."},
		{Kind: wire.Reading, Text: "Credits follow the rates of \"Key concepts and definitions for burstable performance instances\". `CPUSurplusCreditsCharged` is 0 but in the five minutes that end an hour by the clock, where it is what that hour has spent beyond a day's earnings: AWS says that it charges at the end of the hour, not how the metric shows it. A stopped instance has its debt settled and no data point of that. Standard mode falls to its baseline at once; AWS does it gradually."},
		{Kind: wire.Stricter, Text: "Of AWS's own metrics there are those of load balancers' requests, answers, response times, connections, bytes and target health, of instances' CPU, credits and status checks, of groups whose collection is enabled, of certificates' days, and of NAT gateways' connections, bytes, packets and ports, which are all 0: what instances fetch doesn't pass through them. Capacity units, evaluations of rules, and the metrics of disks and networks are not simulated; no load balancer here rejects a connection. `ActiveConnectionCount` is what is open at the minute's end, and heads of HTTP/2 count in `ProcessedBytes` as those of HTTP/1.1 would."},
		{Kind: wire.Stricter, Text: "Without a request in a minute there is no `RequestCount` and no code of a target: of AWS's two sentences, \"only when requests are flowing\" and \"if there are registered targets\", the first. Host counts are there with each registered target."},
		{Kind: wire.Reading, Text: "With `AvailabilityZone`, request metrics are by the zone of the load balancer's node and host counts by that of the target; AWS's page says only that the metric is filtered by zone."},
		{Operations: []string{"GetMetricData"}, Kind: wire.Stricter, Text: "Of metric math there are arithmetic, comparisons, `AND`, `OR`, `IF`, `FILL` by a value, a series or `REPEAT`, `ABS`, `CEIL`, `FLOOR`, `SUM`, `AVG`, `MIN`, `MAX` and `PERIOD`. Other functions, arithmetic with arrays, searches and insight queries aren't simulated."},
		{Operations: []string{"GetMetricData", "GetMetricStatistics"}, Kind: wire.Reading, Text: "Percentiles are within 1 % of the values that were measured. Trimmed means and the other statistics of that family aren't simulated."},
		{Operations: []string{"PutMetricAlarm"}, Kind: wire.Stricter, Text: "Alarms on anomaly detection, on searches and on metrics of different periods aren't simulated, nor are composite alarms."},
		{Operations: []string{"GetMetricData", "PutMetricAlarm"}, Kind: wire.Reading, Text: "What is said of a wrong expression is our wording; AWS's begins the same, and isn't documented."},
		{Operations: []string{"PutMetricAlarm"}, Kind: wire.Kinder, Text: "Actions of any service are taken; those alone do something that name a scaling policy of Auto Scaling or a topic of SNS. An action of another service is noted in the history as failed."},
		{Operations: []string{"PutMetricAlarm"}, Kind: wire.Reading, Text: "An alarm looks at two periods more than it evaluates, as the tables of \"How CloudWatch alarms treat missing data\" do for three; AWS doesn't say how many there are for other numbers."},
		{Operations: []string{"PutDashboard"}, Kind: wire.Reading, Text: "A body is checked by \"Dashboard Body Structure and Syntax\". The messages are worded as public logs have them, and stand in the refusal's text alone, not in its list; which fields that page doesn't have are only warned of is our reading. Queries of logs, explorers and charts are taken as they are."},
		{Operations: []string{"GetDashboard", "DeleteDashboards"}, Kind: wire.Reading, Text: "What is said of a dashboard that isn't there is our wording."},
		{Operations: []string{"DescribeAlarmHistory"}, Kind: wire.Stricter, Text: "The latest 100 items of each alarm are kept; AWS keeps 30 days."},
	}
}
