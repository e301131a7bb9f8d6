package localcloud

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/ec2"
	"github.com/platformctl/platformctl/internal/localcloud/iam"
	"github.com/platformctl/platformctl/internal/localcloud/sts"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/identity"
	"github.com/platformctl/platformctl/internal/localcloud/world/network"
)

// kinds are all kinds of object that the world holds.
func kinds() []world.AnyKind {
	return slices.Concat(
		network.Kinds(),
		identity.Kinds(),
	)
}

// operations are all operations of all services.
func operations(w *world.World) []wire.Operation {
	return slices.Concat(
		ec2.Operations(w),
		iam.Operations(w),
		sts.Operations(),
	)
}
