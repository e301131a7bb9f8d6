package server

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	asmodel "github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// basicPeriod is how far apart the data points of basic monitoring are, and those of credits under either.
const basicPeriod = 5 * time.Minute

// What an instance's CPU does: see the deviations of CloudWatch.
const (
	idlePercent = 1.0
	requestCost = 5 * time.Millisecond // of one vCPU
)

// busy is what the meter knows of instances' CPUs, by instance.
type busy map[string]*cpu

// cpu is an instance's.
type cpu struct {
	minutes []float64 // percent, since the last whole five minutes
	spent   float64   // credits, since then
	charged float64   // credits, for the hour that has ended, where one has
	credits compute.CPUCredits
}

// instances notes the metrics of a region's instances, of which those that don't run have none: by instance, and by the Auto Scaling
// group that launched it. CPU comes each minute under detailed monitoring, else each five; status checks each minute, credits each five
// minutes, under either.
// Source: EC2 User Guide, "CloudWatch metrics that are available for your instances".
func (m *meter) instances(tx *world.Tx, end time.Time, served map[string]int64) {
	for _, i := range world.All[compute.Instance](tx) {
		kind, err := compute.FindInstanceType(i.Type)
		if err != nil {
			kind.VCPUs = 1
		}
		if i.State != compute.Running {
			m.rests(i, kind)
			continue
		}
		dimensions := []metrics.Dimension{{Name: "InstanceId", Value: i.ID}}
		if group := i.Tags[asmodel.GroupTag]; group != "" {
			dimensions = append(dimensions, metrics.Dimension{Name: "AutoScalingGroupName", Value: group})
		}
		note := func(name, unit string, period time.Duration, value float64) {
			for _, d := range dimensions {
				m.store.Add(metrics.Metric{Region: tx.Region(), Namespace: "AWS/EC2", Name: name, Dimensions: []metrics.Dimension{d}}, unit, end.Add(-period), metrics.One(value))
			}
		}
		checks(tx, i, note)
		c := m.cpuOf(tx, i, kind)
		percent := c.minute(i, kind, min(100, idlePercent+100*(time.Duration(served[i.ID])*requestCost).Minutes()/float64(kind.VCPUs)))
		if i.Monitoring {
			note("CPUUtilization", "Percent", metrics.Interval, percent)
		}
		if end.Truncate(time.Hour).Equal(end) {
			c.charged = c.credits.Charge()
		}
		if end.Truncate(basicPeriod).Equal(end) {
			c.fiveMinutes(i, note)
		}
	}
}

// checks notes the status checks of an instance once the first are done.
// Source: EC2 User Guide, "CloudWatch metrics that are available for your instances": there are none while they initialize.
func checks(tx *world.Tx, i *compute.Instance, note func(name, unit string, period time.Duration, value float64)) {
	checks := compute.ChecksOf(tx, i)
	if !checks.Done {
		return
	}
	for name, failed := range map[string]bool{"": checks.Impaired(), "_Instance": checks.Instance, "_System": checks.System} {
		value := 0.0
		if failed {
			value = 1
		}
		note("StatusCheckFailed"+name, "Count", metrics.Interval, value)
	}
}

// minute takes a minute in which an instance wants so much of its vCPUs, and returns what it gets: percent.
func (c *cpu) minute(i *compute.Instance, kind compute.InstanceType, wants float64) float64 {
	percent := wants
	if kind.Burstable {
		used := c.credits.Minute(kind, i.CPUCredits, wants/100*float64(kind.VCPUs))
		c.spent += used
		percent = 100 * used / float64(kind.VCPUs)
	}
	c.minutes = append(c.minutes, percent)
	return percent
}

// fiveMinutes notes what there is to be noted after five.
func (c *cpu) fiveMinutes(i *compute.Instance, note func(name, unit string, period time.Duration, value float64)) {
	if !i.Monitoring {
		sum := 0.0
		for _, percent := range c.minutes {
			sum += percent
		}
		note("CPUUtilization", "Percent", basicPeriod, sum/float64(len(c.minutes)))
	}
	if i.CPUCredits != "" {
		note("CPUCreditUsage", "Count", basicPeriod, c.spent)
		note("CPUCreditBalance", "Count", basicPeriod, c.credits.Balance())
	}
	if i.CPUCredits == "unlimited" {
		note("CPUSurplusCreditBalance", "Count", basicPeriod, c.credits.Surplus)
		note("CPUSurplusCreditsCharged", "Count", basicPeriod, c.charged)
	}
	c.minutes, c.spent, c.charged = nil, 0, 0
}

// cpuOf is what is known of a running instance's CPU. What an earlier process knew of its credits is in the metrics.
func (m *meter) cpuOf(tx *world.Tx, i *compute.Instance, kind compute.InstanceType) *cpu {
	if m.busy[i.ID] != nil {
		return m.busy[i.ID]
	}
	c := &cpu{credits: compute.AtStart(kind, i.CPUCredits)}
	m.busy[i.ID] = c
	latest := func(name string) (value float64, at time.Time) {
		metric := metrics.Metric{Region: tx.Region(), Namespace: "AWS/EC2", Name: name, Dimensions: []metrics.Dimension{{Name: "InstanceId", Value: i.ID}}}
		for _, p := range m.store.Read(metric, "Count", tx.Now().Add(-metrics.Kept), tx.Now(), metrics.Interval) {
			value, at = p.Max, p.At
		}
		return value, at
	}
	balance, at := latest("CPUCreditBalance")
	if !at.IsZero() && (kind.KeptWhenStopped() || !at.Before(i.Launched)) {
		surplus, _ := latest("CPUSurplusCreditBalance")
		c.credits = compute.CPUCredits{Earned: balance, Surplus: surplus}
	}
	return c
}

// rests forgets what of an instance that doesn't run begins again when it is started. Stopping settles what was borrowed: AWS charges it.
func (m *meter) rests(i *compute.Instance, kind compute.InstanceType) {
	stopped := i.State == compute.Stopping || i.State == compute.Stopped
	if c := m.busy[i.ID]; c != nil && stopped && kind.KeptWhenStopped() {
		*c = cpu{credits: compute.CPUCredits{Earned: c.credits.Earned}}
		return
	}
	delete(m.busy, i.ID)
}
