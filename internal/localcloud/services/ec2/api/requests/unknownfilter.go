package requests

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// unknownFilterError is about a filter that no describe operation knows by this name, or that
// one has at AWS and not here.
type unknownFilterError struct{ name string }

func (e unknownFilterError) Error() string { return "the filter " + e.name + " isn't known" }

// refusal is the operation's own: as AWS words it, unless AWS has such a filter.
func (e unknownFilterError) refusal(operation string) error {
	if e.name == "tag-key" || strings.HasPrefix(e.name, "tag:") || slices.Contains(FiltersNotSimulated(operation), e.name) {
		return refuse.NotSimulated("filter %s of %s is not simulated", e.name, operation)
	}
	return refuse.InvalidParameterValue("The filter '%s' is invalid", e.name)
}
