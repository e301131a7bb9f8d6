// Package autoscaling holds the kinds that keep a number of instances by themselves: the launch template that says what they are,
// the Auto Scaling group that launches, registers, replaces and terminates them, and the policy by which it scales.
//
// One file is one AWS object; reader.go holds the reads that they share. What an instance runs, and how many there are to be, is
// for the blueprint to say. The instances of a group are none of the kind instance, nor are their targets of the kind
// registration: both are the group's, and are read with it.
//
// It has more than 1,500 lines because a group does by itself what other kinds' objects have done to them: it says of itself what it
// waits for, how it replaces, and why it can't.
package autoscaling

import (
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// section is what of the configuration asks for these kinds.
const section = "web.auto_scaling"

// Kinds are the kinds of this package, each after those that it is built on.
func Kinds() []resource.Handler {
	return []resource.Handler{
		GroupKind().Handler(),
		PolicyKind().Handler(),
	}
}

// TemplateKinds are those that stand apart from load balancing: what a launch template says leads to no load balancer.
func TemplateKinds() []resource.Handler { return []resource.Handler{LaunchTemplateKind().Handler()} }

// codeValidation is how Auto Scaling refuses nearly everything.
const codeValidation = "ValidationError"

// instanceTags are the tags of what a group launches: those of the owner, with the group's key.
func instanceTags(owner awsapi.Owner, name string) map[string]string {
	key := resource.Key{Kind: kindGroup, Name: name}
	return owner.StableTags(key.String(), name)
}

// errGone is AWS's NotFound of what Auto Scaling has no code for.
func errGone(id string) error {
	return &smithy.GenericAPIError{Code: "NotFound", Message: id + " is not there"}
}
