package service

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Scope refuses calls of these services to a region that AWS doesn't have, as the service
// does, and to one that an account has to ask for.
func Scope(all []Service) func(name, region string) *wire.Error {
	return func(name, here string) *wire.Error {
		r, known := region.Find(here)
		s, _ := Find(all, name)
		switch {
		case known && r.Asked:
			return refuse.NotSimulated("region %s is not simulated: an account has to ask for it", here)
		case !known && s.Refusals.Scope != nil:
			return s.Refusals.Scope()
		}
		return nil
	}
}
