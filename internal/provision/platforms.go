package provision

import (
	"context"
	"slices"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/resource"
)

// IsThere reports by one call whether an owner has a VPC, which all but an instance's role
// and its profile are in.
func IsThere(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (bool, error) {
	kinds := resource.WithBasicLists(blueprint.Kinds())
	vpc := kinds[slices.IndexFunc(kinds, func(h resource.Handler) bool { return h.Name == "vpc" })]
	objects, err := vpc.Observe(ctx, c, owner)
	return len(objects) > 0, err
}
