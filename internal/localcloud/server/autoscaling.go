package server

import (
	"errors"

	asmodel "github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// workOfGroups lets the Auto Scaling groups do what they do by themselves. What follows of that is a change of the world, and
// brings the next look.
func (s *Server) workOfGroups() error {
	var regions []string
	err := s.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			if len(world.All[asmodel.Group](tx.In(region))) > 0 {
				regions = append(regions, region)
			}
		}
		return nil
	})
	for _, region := range regions {
		err = errors.Join(err, s.world.Update(region, func(tx *world.Tx) error {
			asmodel.Work(tx, s.targetsHealth)
			return nil
		}))
	}
	return err
}

// targetsHealth is what the health checks say about a target group's targets.
func (s *Server) targetsHealth(targetGroupARN string) (all []asmodel.TargetHealth) {
	for _, t := range s.plane.Health(targetGroupARN) {
		all = append(all, asmodel.TargetHealth{InstanceID: t.InstanceID, State: string(t.State)})
	}
	return all
}
