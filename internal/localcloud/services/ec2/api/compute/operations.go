// Package compute has the operations on instances, volumes, images, instance types and launch templates.
//
// It has more than 1,500 lines because a launch template holds what a launch takes: both are read and shown alike.
package compute

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Operations are those of this package.
func Operations(h *requests.Handlers) []wire.Operation {
	return slices.Concat(instanceOperations(h), volumeOperations(h), imageOperations(h), instanceTypeOperations(h),
		launchTemplateOperations(h), templateVersionOperations(h))
}
