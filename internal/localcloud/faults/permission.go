package faults

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
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

// permission is an action on a resource that a call needs the permission for.
type permission struct{ service, name, resource string }

func (p permission) action() string { return p.service + ":" + p.name }

// otherActions are the permissions that aren't named like an operation that is simulated.
func otherActions() []permission {
	return []permission{{service: "iam", name: "PassRole"}, {service: "iam", name: "CreateServiceLinkedRole"}}
}

// permissions lists what a call needs the permission for: the operation itself, giving
// tags to what it makes, and passing a role to EC2.
// Source: Amazon EC2 User Guide, "Grant permission to tag resources during creation";
// the Service Authorization Reference of Elastic Load Balancing and IAM; IAM User Guide,
// "Grant a user permissions to pass a role to an AWS service".
func permissions(c *wire.Call) []permission {
	all := []permission{{c.Service, c.Operation, "*"}}
	if c.Service == "sts" && c.Operation == "GetCallerIdentity" {
		return nil // nobody can be denied to ask who they are; source: its API reference
	}
	tags := func(name, parameter string) {
		if c.Has(parameter) && name != c.Operation {
			all = append(all, permission{c.Service, name, "*"})
		}
	}
	switch c.Service {
	case "ec2":
		tags("CreateTags", "TagSpecification")
	case "elasticloadbalancing":
		tags("AddTags", "Tags")
	case "iam":
		switch c.Operation {
		case "CreateRole":
			tags("TagRole", "Tags")
		case "CreateInstanceProfile":
			tags("TagInstanceProfile", "Tags")
		}
	}
	role := "arn:aws:iam::" + world.AccountID + ":role/"
	switch {
	case c.Service == "ec2" && c.Operation == "RunInstances" && c.Has("IamInstanceProfile"):
		all = append(all, permission{"iam", "PassRole", role + "*"})
	case c.Service == "iam" && c.Operation == "AddRoleToInstanceProfile":
		all = append(all, permission{"iam", "PassRole", role + c.Value("RoleName")})
	}
	return all
}

// lacks returns the first permission that the call needs and the caller lacks.
func (c *Config) lacks(call *wire.Call) (lacking permission, decision Decision) {
	needed := permissions(call)
	i := slices.IndexFunc(needed, func(p permission) bool { return c.Decide(p.service, p.name) != Allowed })
	if i < 0 {
		return permission{}, Allowed
	}
	return needed[i], c.Decide(needed[i].service, needed[i].name)
}
