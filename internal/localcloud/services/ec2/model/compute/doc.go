// Package compute holds the objects of Amazon EC2 that aren't the network: instances,
// volumes, images, instance types and launch templates, and AWS's rules about them, one file each. What
// runs inside an instance is not its business: that is package guest's.
//
// It has more than 1,500 lines because launch templates hold what a launch takes, and are checked as one is.
package compute

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{instanceKind(), volumeKind(), launchTemplateKind(), templateVersionKind()}
}
