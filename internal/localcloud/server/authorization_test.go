package server_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/testenv"
)

// A new operation must say what it needs the permission for: without an entry nobody could tell which policy allows it.
func TestAsks_HaveEachOperation(t *testing.T) {
	for _, s := range services.All() {
		var operations []string
		for _, o := range s.Operations(service.Env{}) {
			operations = append(operations, o.Name)
		}
		slices.Sort(operations)
		if diff := testenv.Diff(operations, slices.Sorted(maps.Keys(s.Asks))); diff != "" {
			t.Errorf("%s: authorization.go isn't about its operations (-operations +asks):\n%s", s.Name, diff)
		}
	}
}
