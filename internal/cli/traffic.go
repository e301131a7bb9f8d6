package cli

import (
	"context"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision/traffic"
)

// trafficSeen is the traffic that a watch shows, and when it looks at it again: metrics come by the minute, and AWS charges
// for reading them.
type trafficSeen struct {
	again time.Time
	last  *traffic.Traffic
}

// trafficEvery is how often a watch reads the metrics.
const trafficEvery = 20 * time.Second

// read is the traffic of a platform; nil where it has no load balancer, or nobody may know it: a watch is about more.
func (t *trafficSeen) read(ctx context.Context, s *session.Session, document report.Status, now time.Time) *traffic.Traffic {
	at := slices.IndexFunc(document.Resources, func(r report.Resource) bool { return r.Kind == "load-balancer" && r.ID != "" })
	if at < 0 {
		return nil
	}
	if now.Before(t.again) {
		return t.last
	}
	seen, err := traffic.Read(ctx, s.Clients, document.Resources[at].ID, now)
	t.again, t.last = now.Add(trafficEvery), &seen
	if err != nil {
		s.SayVerbose("requests aren't shown: " + err.Error())
		t.last = nil
	}
	return t.last
}
