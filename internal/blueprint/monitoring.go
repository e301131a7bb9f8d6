package blueprint

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// watched is what alarms and the dashboard look at.
type watched struct {
	alb, targets resource.Ref
	certificate  resource.Ref // that up has requested; zero for none
	zones        []string     // that have an instance
	gateways     []monitoring.Named
	group        resource.Ref // zero for a fixed number of instances
	instances    []monitoring.Named
	topic        resource.Ref
	serving      []resource.Ref // until these are ready, what is watched is being made
}

// watchedOf finds in a graph what there is to be watched.
func watchedOf(g *resource.Graph, w watched) watched {
	for _, node := range g.Nodes() {
		named := monitoring.Named{Name: node.Key.Name, Ref: g.Ref(node.Key)}
		switch node.Key.Kind {
		case network.NATGatewayKind().Name:
			w.gateways = append(w.gateways, named)
		case compute.InstanceKind().Name:
			w.instances = append(w.instances, named)
		case autoscaling.GroupKind().Name:
			w.group = named.Ref
		}
	}
	return w
}

// addMonitoring tells people of the platform's failures. Who is to be told is asked at once, beside the network, so that they have
// confirmed it when the platform serves.
func addMonitoring(g *resource.Graph, cfg config.Config) (topic resource.Ref) {
	if !cfg.Monitoring.On() {
		return resource.Ref{}
	}
	key := resource.Add(g, monitoring.KeyKind(), "alarms", monitoring.Key{})
	topic = resource.Add(g, monitoring.TopicKind(), "alarms", monitoring.Topic{Platform: cfg.Name, Region: cfg.Region, Key: key})
	for _, endpoint := range cfg.Monitoring.Notify {
		resource.Add(g, monitoring.SubscriptionKind(), monitoring.SubscriptionName(endpoint), monitoring.Subscription{Topic: topic, Endpoint: endpoint})
	}
	return topic
}

// addAlarms watches the platform once it serves: what is being made would ring.
func addAlarms(g *resource.Graph, cfg config.Config, w watched) {
	if !cfg.Monitoring.On() {
		return
	}
	w = watchedOf(g, w)
	for _, alarm := range w.alarms(cfg) {
		alarm.Topic = w.topic
		resource.Add(g, monitoring.AlarmKind(), alarm.name, alarm.Alarm, w.serving...)
	}
	if cfg.Monitoring.Dashboard {
		resource.Add(g, monitoring.DashboardKind(), "main", monitoring.Dashboard{Platform: cfg.Name, Region: cfg.Region, LoadBalancer: w.alb, TargetGroup: w.targets,
			Zones: w.zones, NATGateways: w.gateways, Group: w.group, Instances: w.instances}, w.serving...)
	}
}

// named is an alarm with its name.
type named struct {
	name string
	monitoring.Alarm
}

// perAlarm is how many metrics one alarm may look at. Source: CloudWatch API Reference, "PutMetricAlarm".
const perAlarm = 10

// alarms are those of a platform.
func (w watched) alarms(cfg config.Config) (all []named) {
	add := func(name string, a monitoring.Alarm, meaning string) {
		a.Description = fmt.Sprintf("%s Platform %s in %s. First: platformctl status, platformctl runbook; the runbook's chapter is \"An alarm rings\".", meaning, cfg.Name, cfg.Region)
		all = append(all, named{name, a})
	}
	errors, latency := cfg.Monitoring.Thresholds.Errors, cfg.Monitoring.Thresholds.Latency
	healthy := func(id, zone string) monitoring.Metric {
		return monitoring.Metric{ID: id, Namespace: balancerMetrics, Name: "HealthyHostCount", Statistic: "Maximum", Dimensions: w.ofTargets(zone)}
	}
	for _, zone := range w.zones {
		// A zone without targets has no data, which is as bad. So has a load balancer that is being made, which isn't, and one that has lost
		// all, which is told: every alarm begins without data, and none but that one comes to it again.
		add(AlarmNoHealthy+"-"+zone, every(monitoring.Alarm{Threshold: 1, Missing: monitoring.MissingTold, Expression: "IF(all >= 0, FILL(zone, 0))",
			Metrics: []monitoring.Metric{healthy("zone", zone), healthy("all", "")}}, 3, 3),
			"For three minutes "+zone+" has had no healthy target: the other zones carry its load.")
	}
	if len(w.zones) == 0 {
		all := healthy("", "")
		add(AlarmNoHealthy, every(monitoring.Alarm{Threshold: 1, Missing: monitoring.MissingTold, Metrics: []monitoring.Metric{all}}, 3, 3),
			"For three minutes no target has been healthy: users get 503.")
	}
	add(AlarmUnhealthy, every(monitoring.Alarm{Above: true, Missing: monitoring.MissingFine, Metrics: []monitoring.Metric{
		{Namespace: balancerMetrics, Name: "UnHealthyHostCount", Statistic: "Minimum", Dimensions: w.ofTargets("")}}}, 2, 2),
		"For two whole minutes a target has been unhealthy. Others serve, and carry its load.")
	if n := len(w.instances); n > 0 {
		add(AlarmMissing, every(monitoring.Alarm{Threshold: float64(n), Missing: monitoring.MissingIgnore, Metrics: []monitoring.Metric{healthy("", "")}}, 10, 10),
			fmt.Sprintf("For ten minutes fewer than %d targets have been healthy: one is stopped, or gone. A change by platformctl up takes less.", n))
	}
	floor := int(math.Ceil(100/float64(errors))) + 1 // one error of so many is no more than the threshold
	share := func(of, extra string) string {
		total := "FILL(requests, 0)" + extra
		return fmt.Sprintf("IF(%s >= %d, 100 * FILL(%s, 0) / (%s), 0)", total, floor, of, total)
	}
	balancer := []monitoring.Dimension{{Name: "LoadBalancer", Of: w.alb}}
	metric := func(id, name string) monitoring.Metric {
		return monitoring.Metric{ID: id, Namespace: balancerMetrics, Name: name, Statistic: "Sum", Dimensions: balancer}
	}
	arithmetic := fmt.Sprintf("Below %d requests a minute it is silent, so that one error alone raises nothing.", floor)
	add(AlarmTargetErrors, every(monitoring.Alarm{Above: true, Threshold: float64(errors), Missing: monitoring.MissingFine, Expression: share("errors", ""), Metrics: []monitoring.Metric{
		metric("requests", "RequestCount"), metric("errors", "HTTPCode_Target_5XX_Count")}}, 3, 2),
		fmt.Sprintf("In two of three minutes more than %s of the requests were answered with 5xx by instances: the site itself fails. %s", errors, arithmetic))
	// The requests that found no target at all, 503, are none of RequestCount's.
	add(AlarmBalancerErrors, every(monitoring.Alarm{Above: true, Threshold: float64(errors), Missing: monitoring.MissingFine, Expression: share("errors", " + FILL(lost, 0)"), Metrics: []monitoring.Metric{
		metric("requests", "RequestCount"), metric("lost", "HTTPCode_ELB_503_Count"), metric("errors", "HTTPCode_ELB_5XX_Count")}}, 3, 2),
		fmt.Sprintf("In two of three minutes more than %s of the requests were answered with 5xx by the load balancer itself: it reached no instance that answers. %s", errors, arithmetic))
	add(AlarmLatency, every(monitoring.Alarm{Above: true, Threshold: latency.Seconds(), Missing: monitoring.MissingFine, Metrics: []monitoring.Metric{
		{Namespace: balancerMetrics, Name: "TargetResponseTime", Statistic: "p95", Dimensions: balancer}}}, 3, 3),
		fmt.Sprintf("For three minutes more than 5 of 100 answers took longer than %s. Minutes with too few requests to tell don't count.", latency))
	add(AlarmRejected, every(monitoring.Alarm{Above: true, Missing: monitoring.MissingFine, Metrics: []monitoring.Metric{
		{Namespace: balancerMetrics, Name: "RejectedConnectionCount", Statistic: "Sum", Dimensions: balancer}}}, 1, 1),
		"The load balancer turned connections away: it had reached as many as it can have. It never should.")
	for _, gateway := range w.gateways {
		add(AlarmPorts+"-"+gateway.Name, every(monitoring.Alarm{Above: true, Missing: monitoring.MissingFine, Metrics: []monitoring.Metric{
			{Namespace: "AWS/NATGateway", Name: "ErrorPortAllocation", Statistic: "Sum", Dimensions: []monitoring.Dimension{{Name: "NatGatewayId", Of: gateway.Ref}}}}}, 1, 1),
			"A NAT gateway had no port left for a connection out: instances can't reach something on the internet. More than 55,000 connections at once go to one address.")
	}
	w.addInstances(cfg, add)
	if w.group != (resource.Ref{}) {
		group := []monitoring.Dimension{{Name: "AutoScalingGroupName", Of: w.group}}
		count := func(id, name string) monitoring.Metric {
			return monitoring.Metric{ID: id, Namespace: "AWS/AutoScaling", Name: name, Statistic: "Minimum", Dimensions: group}
		}
		add(AlarmGroup, every(monitoring.Alarm{Above: true, Missing: monitoring.MissingFine, Expression: "desired - serving", Metrics: []monitoring.Metric{
			count("desired", "GroupDesiredCapacity"), count("serving", "GroupInServiceInstances")}}, 5, 5),
			"For five minutes the Auto Scaling group has had fewer instances in service than it wants: it can't launch, or what it launches doesn't become healthy.")
	}
	if https := cfg.LoadBalancer.HTTPS; https.On() {
		of := monitoring.Dimension{Name: "CertificateArn", Value: https.Certificate, Of: w.certificate}
		days := monitoring.Alarm{Threshold: CertificateDays, Missing: monitoring.MissingIgnore, Period: time.Hour, Periods: 1, Breaching: 1, Metrics: []monitoring.Metric{
			{Namespace: "AWS/CertificateManager", Name: "DaysToExpiry", Statistic: "Minimum", Dimensions: []monitoring.Dimension{of}}}}
		add(AlarmCertificate, days, fmt.Sprintf("The certificate ends in fewer than %d days, and has not been renewed. AWS tells twice a day; between that the alarm stays as it is.", int(CertificateDays)))
	}
	return all
}

// addInstances watches AWS's own checks of the instances, and what burstable ones pay for. So many instances as an alarm may look at
// share one, so that hundreds cost tens of them.
func (w watched) addInstances(cfg config.Config, add func(string, monitoring.Alarm, string)) {
	type watch struct{ name, metric, statistic, meaning string }
	watches := []watch{{AlarmChecks, "StatusCheckFailed", "Maximum",
		"For two minutes an instance has failed AWS's own checks: its machine or its system is ill. An instance that is stopped or gone is told by its target."}}
	switch family, _, _ := strings.Cut(cfg.Web.InstanceType, "."); {
	case strings.HasPrefix(family, "t2"):
		watches = append(watches, watch{AlarmCredits, "CPUCreditBalance", "Minimum", "An instance has used up its CPU credits, and is held at its baseline. Take a larger type, or more instances."})
	case family[0] == 't':
		watches = append(watches, watch{AlarmCredits, "CPUSurplusCreditsCharged", "Maximum",
			"An instance uses more CPU than its type has, and AWS charges for it. Take a larger type, or more instances."})
	}
	for _, watch := range watches {
		base := monitoring.Alarm{Above: watch.statistic != "Minimum", Missing: monitoring.MissingFine}
		if !base.Above {
			base.Threshold = 1
		}
		if w.group != (resource.Ref{}) {
			base.Metrics = []monitoring.Metric{{Namespace: "AWS/EC2", Name: watch.metric, Statistic: watch.statistic, Dimensions: []monitoring.Dimension{{Name: "AutoScalingGroupName", Of: w.group}}}}
			add(watch.name, forInstances(base, watch.metric), watch.meaning)
			continue
		}
		for i := 0; i < len(w.instances); i += perAlarm {
			some, alarm := w.instances[i:min(i+perAlarm, len(w.instances))], base
			var ids []string
			for n, instance := range some {
				ids = append(ids, fmt.Sprintf("m%d", n+1))
				alarm.Metrics = append(alarm.Metrics, monitoring.Metric{ID: ids[n], Namespace: "AWS/EC2", Name: watch.metric, Statistic: watch.statistic,
					Dimensions: []monitoring.Dimension{{Name: "InstanceId", Of: instance.Ref}}})
			}
			alarm.Expression = map[bool]string{true: "MAX", false: "MIN"}[base.Above] + "([" + strings.Join(ids, ", ") + "])"
			add(fmt.Sprintf("%s-%d", watch.name, i/perAlarm+1), forInstances(alarm, watch.metric), watch.meaning)
		}
	}
}

// forInstances is an alarm on a metric of instances, of which AWS tells each minute, or of credits each five minutes.
// Source: EC2 User Guide, "CloudWatch metrics that are available for your instances".
func forInstances(a monitoring.Alarm, metric string) monitoring.Alarm {
	if metric == "StatusCheckFailed" {
		return every(a, 2, 2)
	}
	a.Period, a.Periods, a.Breaching = 5*time.Minute, 1, 1
	return a
}

// every is an alarm that looks at so many minutes, of which some have to breach.
func every(a monitoring.Alarm, minutes, breaching int) monitoring.Alarm {
	a.Period, a.Periods, a.Breaching = time.Minute, minutes, breaching
	return a
}

// ofTargets are the dimensions of the target group, in a zone or in all.
func (w watched) ofTargets(zone string) []monitoring.Dimension {
	of := []monitoring.Dimension{{Name: "TargetGroup", Of: w.targets}, {Name: "LoadBalancer", Of: w.alb}}
	if zone != "" {
		of = append(of, monitoring.Dimension{Name: "AvailabilityZone", Value: zone})
	}
	return of
}

const balancerMetrics = "AWS/ApplicationELB"

// CertificateDays is how many days a certificate must have left: AWS renews its own 60 days before their end.
const CertificateDays = 30

// The names of alarms. Those of a zone, a NAT gateway or some instances end with which.
const (
	AlarmNoHealthy      = "no-healthy-target"
	AlarmUnhealthy      = "unhealthy-targets"
	AlarmMissing        = "missing-targets"
	AlarmTargetErrors   = "target-errors"
	AlarmBalancerErrors = "load-balancer-errors"
	AlarmLatency        = "latency"
	AlarmRejected       = "rejected-connections"
	AlarmPorts          = "nat-gateway-ports"
	AlarmChecks         = "status-checks"
	AlarmCredits        = "cpu-credits"
	AlarmGroup          = "group-below-desired"
	AlarmCertificate    = "certificate-days"
)

// MonitoringKinds are those whose objects no list finds without knowing that there may be any: see awsapi.Owner.
func MonitoringKinds() []string {
	var names []string
	for _, kind := range monitoring.Kinds() {
		names = append(names, kind.Name)
	}
	return names
}
