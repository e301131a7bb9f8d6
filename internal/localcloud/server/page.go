package server

import (
	"github.com/platformctl/platformctl/internal/localcloud/page"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// newPage is the picture of the local cloud for browsers.
func (s *Server) newPage() *page.Page {
	return page.New(page.Options{
		World: s.world, Plane: s.plane, Clock: s.options.Clock, Metrics: s.meter.store,
		Calls: func(from int) ([]wire.CallRecord, int) {
			calls, next, _ := s.calls.since(from)
			return calls, next
		},
		About: func() page.About {
			return page.About{Endpoint: s.Endpoint(), Version: s.options.Version, Latency: s.world.Latency().String(), Started: s.started}
		},
	})
}
