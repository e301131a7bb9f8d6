package faults

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Decision is what the caller's policies say of an action, in the words of IAM's policy
// simulator.
type Decision string

// The decisions.
const (
	Allowed      Decision = "allowed"
	ExplicitDeny Decision = "explicitDeny" // a pattern of Config.Deny means the action
	ImplicitDeny Decision = "implicitDeny" // no pattern of Config.Allow means it
)

// Decide says whether the caller may carry out an action, such as "ec2:CreateVpc".
func (c *Config) Decide(service, name string) Decision {
	switch {
	case len(c.Deny) > 0 && matchesAny(c.Deny, service, name):
		return ExplicitDeny
	case !matchesAny(c.Allow, service, name):
		return ImplicitDeny
	}
	return Allowed
}

// Decide says whether the caller may carry out an action at the moment.
func (i *Injector) Decide(service, name string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return string(i.config.Decide(service, name))
}

// permissions lists what a call needs the permission for.
func permissions(s service.Service, c *wire.Call) []service.Permission {
	if s.Permissions == nil {
		return []service.Permission{service.OperationOf(c)}
	}
	return s.Permissions(c)
}

// lacks returns the first permission that the call needs and the caller lacks.
func (c *Config) lacks(s service.Service, call *wire.Call) (lacking service.Permission, decision Decision) {
	for _, p := range permissions(s, call) {
		if decision := c.Decide(p.Service, p.Action); decision != Allowed {
			return p, decision
		}
	}
	return service.Permission{}, Allowed
}
