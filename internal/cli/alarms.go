package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/resource"
)

// alarmsOf are the alarms among observed objects.
func alarmsOf(objects []resource.Object) []report.Alarm {
	var alarms []report.Alarm
	for _, object := range objects {
		if live, ok := object.Live.(monitoring.LiveAlarm); ok {
			since := aws.ToTime(live.StateTransitionedTimestamp)
			if since.IsZero() {
				since = aws.ToTime(live.StateUpdatedTimestamp)
			}
			alarms = append(alarms, report.Alarm{Name: object.Key.Name, State: string(live.StateValue), Reason: aws.ToString(live.StateReason), Since: since.UTC().Format(time.RFC3339)})
		}
	}
	return alarms
}

// unconfirmed says who hasn't confirmed yet that they want to be told.
func unconfirmed(objects []resource.Object) []string {
	var names []string
	for _, object := range objects {
		if live, ok := object.Live.(monitoring.LiveSubscription); ok && live.Pending() {
			names = append(names, config.NotifiedName(aws.ToString(live.Endpoint)))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("no alarm reaches %s before the link in SNS's message was visited; AWS forgets who hasn't within %s, and platformctl up asks again",
		strings.Join(names, ", "), monitoring.ForgottenAfter)}
}

// dashboardOf is the address of the platform's dashboard; "" where there is none, or nobody who draws it.
func dashboardOf(s *session.Session, objects []resource.Object) string {
	for _, object := range objects {
		if _, ok := object.Live.(monitoring.LiveDashboard); ok {
			return dashboardURL(s.Config)
		}
	}
	return ""
}

// dashboardURL is the address of a configuration's dashboard; "" where it has none, or nobody draws it.
func dashboardURL(c config.Config) string {
	if c.Target != config.TargetAWS || !c.Monitoring.On() || !c.Monitoring.Dashboard {
		return ""
	}
	return monitoring.DashboardURL(c.Name, c.Region)
}
