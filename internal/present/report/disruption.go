package report

import (
	"strings"

	"github.com/platformctl/platformctl/internal/provision/plan"
)

// Disruption is the error of an `up` that didn't begin, since users would notice it and nobody was asked.
type Disruption struct{ Impact []string }

// NewDisruption is the error that names what users would notice.
func NewDisruption(impact []plan.Impact) *Disruption {
	e := &Disruption{}
	for _, i := range impact {
		e.Impact = append(e.Impact, ImpactText(i))
	}
	return e
}

// Error names it, one a line.
func (e *Disruption) Error() string {
	return "users of the platform would notice this change, so nothing was touched\n" + strings.Join(e.Impact, "\n")
}
