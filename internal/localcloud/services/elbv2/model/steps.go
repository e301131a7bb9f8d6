package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Steps are what takes time with a load balancer; see network.Steps.
func Steps() map[string]world.Step {
	return map[string]world.Step{"load-balancer active": becomeActive(), "load-balancer's interfaces gone": interfacesLinger()}
}
