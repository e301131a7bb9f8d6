package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	cwmodel "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Alarm is an alarm of CloudWatch.
type Alarm struct {
	Name   string    `json:"name"`
	State  string    `json:"state"` // ALARM, OK or INSUFFICIENT_DATA
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
}

// shownMinutes is how far back the graph of requests goes.
const shownMinutes = 60

// Minute is the requests of one minute, as CloudWatch's metrics have them.
type Minute struct {
	OK     float64 `json:"ok"`
	Class4 float64 `json:"c4"`
	Class5 float64 `json:"c5"`
}

// alarmsOf are the alarms of a platform's region, but for those of other platforms: those that ring come first.
func alarmsOf(tx *world.Tx, platform string) []Alarm {
	alarms := []Alarm{}
	for _, a := range world.Where(tx, func(a *cwmodel.Alarm) bool { return a.Tags[platformTag] == "" || a.Tags[platformTag] == platform }) {
		alarms = append(alarms, Alarm{a.ID, a.State, a.Reason, a.Transitioned})
	}
	order := []string{cwmodel.InAlarm, cwmodel.InsufficientData, cwmodel.OK}
	slices.SortFunc(alarms, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)), strings.Compare(a.Name, b.Name))
	})
	return alarms
}

// minutes are the requests to load balancers in the last hour, the oldest first.
func (d *drawing) minutes(balancers []*elbmodel.LoadBalancer) []Minute {
	end := d.page.options.Clock.Now().Truncate(metrics.Interval)
	begin := end.Add(-shownMinutes * metrics.Interval)
	minutes := make([]Minute, shownMinutes)
	for _, b := range balancers {
		_, name, _ := strings.Cut(b.ID, ":loadbalancer/")
		read := func(metric string, add func(*Minute, float64)) {
			m := metrics.Metric{Region: d.tx.Region(), Namespace: "AWS/ApplicationELB", Name: metric, Dimensions: []metrics.Dimension{{Name: "LoadBalancer", Value: name}}}
			for _, point := range d.page.options.Metrics.Read(m, "Count", begin, end, metrics.Interval) {
				if sum, ok := point.Statistic("Sum"); ok {
					add(&minutes[point.At.Sub(begin)/metrics.Interval], sum)
				}
			}
		}
		for _, metric := range []string{"HTTPCode_Target_2XX_Count", "HTTPCode_Target_3XX_Count", "HTTPCode_ELB_3XX_Count"} {
			read(metric, func(m *Minute, n float64) { m.OK += n })
		}
		for _, metric := range []string{"HTTPCode_Target_4XX_Count", "HTTPCode_ELB_4XX_Count"} {
			read(metric, func(m *Minute, n float64) { m.Class4 += n })
		}
		for _, metric := range []string{"HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"} {
			read(metric, func(m *Minute, n float64) { m.Class5 += n })
		}
	}
	return minutes
}
