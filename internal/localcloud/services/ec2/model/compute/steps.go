package compute

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Steps are what takes time with an instance; see network.Steps.
func Steps() map[string]world.Step {
	return map[string]world.Step{"instance running": startStep(), "instance terminated": terminateStep()}
}
