package model

import (
	"math"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	cloudwatch "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Alarmed is what an alarm has a scaling policy do: as much as brings the metric to the target. It does nothing where there is
// nothing to be done.
// Source: Amazon EC2 Auto Scaling User Guide, "Target tracking scaling policies", with how instances that warm up count.
func Alarmed(tx *world.Tx, alarm *cloudwatch.Alarm, policyARN string, read cloudwatch.Reader) error {
	p, err := FindPolicy(tx, "", policyARN)
	if err != nil {
		return err
	}
	g, err := FindLiveGroup(tx, p.Group)
	switch {
	case err != nil:
		return err
	case !p.Enabled || alarm.State != cloudwatch.InAlarm:
		return nil
	case g.IsSuspended("AlarmNotification"):
		return refuse.New("ValidationError", "The process AlarmNotification of the Auto Scaling group %s is suspended", g.ID)
	}
	want, ok := 0, false
	switch alarm.ID {
	case p.High:
		want, ok = p.out(tx, g, read)
	case p.Low:
		want, ok = in(tx, g, read)
	}
	want = min(max(want, g.Min), g.Max)
	if !ok || want == g.Desired || (want > g.Desired) != (alarm.ID == p.High) {
		return nil
	}
	return SetDesired(tx, g.ID, want, "At "+stamp(tx)+" a monitor alarm "+alarm.ID+" in state ALARM triggered policy "+p.Name)
}

// out is how many instances the metric calls for. Those that warm up don't count: what they will take is on its way.
func (p *Policy) out(tx *world.Tx, g *Group, read cloudwatch.Reader) (want int, ok bool) {
	warm, _ := p.warm(tx, g)
	return p.fitting(tx, warm, read)
}

// in is how many instances all policies of a group can do with; ok is false while one of them can't tell, or while instances
// come or go.
func in(tx *world.Tx, g *Group, read cloudwatch.Reader) (want int, ok bool) {
	for _, p := range PoliciesOf(tx, g.ID) {
		if !p.Enabled || p.DisableScaleIn {
			continue
		}
		low, there := world.Get[cloudwatch.Alarm](tx, p.Low)
		warm, settled := p.warm(tx, g)
		fits, known := p.fitting(tx, warm, read)
		if !there || low.State != cloudwatch.InAlarm || !settled || !known {
			return 0, false
		}
		want, ok = max(want, fits), true
	}
	return want, ok
}

// warm is how many instances serve for as long as they take to warm up; settled says that no others come or go.
func (p *Policy) warm(tx *world.Tx, g *Group) (n int, settled bool) {
	warmup := time.Duration(g.Cooldown) * time.Second
	if g.Warmup != nil {
		warmup = g.warmup()
	}
	if p.Warmup != nil {
		warmup = time.Duration(*p.Warmup) * time.Second
	}
	settled = true
	for _, i := range InstancesOf(tx, g.ID) {
		switch {
		case i.State == InService && !tx.Now().Before(i.InServiceAt.Add(warmup)):
			n++
		case i.Counts(), i.ends():
			settled = false
		}
	}
	return n, settled
}

// fitting is how many instances would have the metric at its target, by the last minute that it has; ok is false where it has
// none of late.
func (p *Policy) fitting(tx *world.Tx, warm int, read cloudwatch.Reader) (want int, ok bool) {
	m, statistic := p.metric(tx.Region())
	now := tx.Now().Truncate(metrics.Interval)
	points := read(m, p.Unit, now.Add(-highMinutes*metrics.Interval), now, metrics.Interval)
	if len(points) == 0 {
		return 0, false
	}
	value, ok := points[len(points)-1].Statistic(statistic)
	return int(math.Ceil(float64(warm)*value/p.Target - 1e-9)), ok
}
