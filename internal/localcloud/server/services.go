package server

import (
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/authority"
	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	s3model "github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// environment is what services get from around them.
func environment(w *world.World, plane *dataplane.Plane, injector *faults.Injector, certificates *authority.Authority, measured *metrics.Store, contents *blobs.Store) service.Env {
	return service.Env{World: w, Console: plane.Console, Decide: injector.Decide, DecodeMessage: faults.DecodeMessage, Certificates: certificates, Metrics: measured,
		Health: healthOf(plane), Blobs: contents}
}

// healthOf is what the health checks say about the targets of a group.
func healthOf(plane *dataplane.Plane) func(targetGroupARN string) []service.TargetHealth {
	return func(targetGroupARN string) (all []service.TargetHealth) {
		for _, t := range plane.Health(targetGroupARN) {
			all = append(all, service.TargetHealth{InstanceID: t.InstanceID, Port: t.Port, State: string(t.State), Reason: t.Reason, Description: t.Description})
		}
		return all
	}
}

// prepare makes what the account has from the start.
func (s *Server) prepare() error {
	return s.world.Update("", func(tx *world.Tx) error {
		for _, one := range s.services {
			if one.Prepare != nil {
				one.Prepare(tx)
			}
		}
		return nil
	})
}

// Durations are how long a platform's objects take to become what they are waited for,
// with a latency such as "aws/10": by names such as "nat-gateway available".
func Durations(latency string) (map[string]time.Duration, error) {
	l, err := world.ParseLatency(latency)
	if err != nil {
		return nil, fmt.Errorf("tell how long things take: %w", err)
	}
	steps := []world.Step{bootStep()}
	for _, k := range service.Kinds(services.All()) {
		steps = append(steps, k.About().Steps...)
	}
	all := map[string]time.Duration{}
	for _, step := range steps {
		all[step.Name] = l.Duration(step)
	}
	all["target checked by the first node"] = dataplane.NodeChecksAfter // by each next one as much later
	return all, nil
}

// sweep removes the contents that no object of S3 has any more: of what expired, and of what was being written when the local
// cloud ended.
func (s *Server) sweep() error {
	var known map[string]bool
	if err := s.world.View(s3model.FirstRegion, func(tx *world.Tx) error { known = s3model.Blobs(tx); return nil }); err != nil {
		return err
	}
	return s.blobs.Sweep(func(id string) bool { return known[id] })
}
