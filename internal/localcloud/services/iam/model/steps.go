package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Steps are what takes time with an instance profile; see network.Steps.
func Steps() map[string]world.Step {
	return map[string]world.Step{"instance-profile known to EC2": propagationStep()}
}
