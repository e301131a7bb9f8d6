package server

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	asmodel "github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// groups notes the metrics of a region's Auto Scaling groups, those whose collection is enabled.
// Source: Amazon EC2 Auto Scaling User Guide, "Amazon CloudWatch metrics for Amazon EC2 Auto Scaling".
func (m *meter) groups(tx *world.Tx, end time.Time) {
	for _, g := range world.All[asmodel.Group](tx) {
		if len(g.Metrics) == 0 {
			continue
		}
		counts := map[string]int{"GroupMinSize": g.Min, "GroupMaxSize": g.Max, "GroupDesiredCapacity": g.Desired}
		for _, state := range []string{"InService", "Pending", "Standby", "Terminating", "Total"} {
			counts["Group"+state+"Instances"], counts["Group"+state+"Capacity"] = 0, 0
		}
		for _, i := range asmodel.InstancesOf(tx, g.ID) {
			state, _, _ := strings.Cut(i.State, ":")
			for _, name := range []string{state, "Total"} {
				counts["Group"+name+"Instances"]++
				counts["Group"+name+"Capacity"]++
			}
		}
		for name, n := range counts {
			if slices.Contains(g.Metrics, name) {
				m.store.Add(metrics.Metric{Region: tx.Region(), Namespace: "AWS/AutoScaling", Name: name,
					Dimensions: []metrics.Dimension{{Name: "AutoScalingGroupName", Value: g.ID}}}, "None", end.Add(-metrics.Interval), metrics.One(float64(n)))
			}
		}
	}
}
