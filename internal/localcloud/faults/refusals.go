package faults

import (
	"cmp"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// serverError is a failure of the service itself. The n-th one of an operation is an
// internal error or, every other time, says that the service is unavailable.
func serverError(s service.Service, n int) *wire.Error {
	if n%2 == 0 {
		return s.Refusals.Unavailable()
	}
	return s.Refusals.Internal()
}

// refusal is the one that a rule names.
func (r Rule) refusal() *wire.Error {
	return refuse.WithStatus(cmp.Or(r.Status, http.StatusBadRequest), r.Code, "%s", cmp.Or(r.Message, "Injected by a rule of the local cloud's faults."))
}
