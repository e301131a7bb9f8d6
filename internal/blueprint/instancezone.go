package blueprint

import (
	"strings"

	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/resource"
)

// InstanceZone returns the letter of an instance's zone, from its key alone: a for instance/web-a-1. ok is false for a key of
// another kind.
func InstanceZone(key resource.Key) (letter string, ok bool) {
	parts := strings.Split(key.Name, "-")
	if key.Kind != compute.InstanceKind().Name || len(parts) < 2 {
		return "", false
	}
	return parts[1], true
}
