package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const (
	// rolesPage is how many roles IAM gives in one reply: the most it may.
	rolesPage = 1000
	// identitiesAtOnce is how many roles, or instance profiles, are asked for at the same time.
	identitiesAtOnce = 8
)

// identities are the names that the owner's role and instance profile can have. Those of Everyone are the names of roles
// that have the form of one: an instance profile whose role is gone isn't found so.
func identities(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]string, error) {
	if !owner.IsEveryone() {
		return []string{identity(owner)}, nil
	}
	return awsapi.Once(ctx, c, "roles of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) ([]string, error) {
		pages := iam.NewListRolesPaginator(c.IAM, &iam.ListRolesInput{MaxItems: aws.Int32(rolesPage)})
		roles, err := awsapi.Collect(ctx, pages, func(page *iam.ListRolesOutput) []iamtypes.Role { return page.Roles })
		var names []string
		for _, role := range roles {
			form := identity(awsapi.Owner{Region: owner.Region})
			if name := aws.ToString(role.RoleName); strings.HasSuffix(name, form) && name != form {
				names = append(names, name)
			}
		}
		return names, err
	})
}

// unplaceable names the new role, or instance profile, whose name somebody else's has. The owner has one of each.
func unplaceable(noun string, tagsOf func(context.Context, *awsapi.Clients, string) ([]iamtypes.Tag, error)) func(context.Context, *awsapi.Clients, awsapi.Owner, []resource.Creation) ([]resource.Problem, error) {
	return func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, creations []resource.Creation) ([]resource.Problem, error) {
		name := identity(owner)
		has, err := tagsOf(ctx, c, name)
		tags := awsapi.FromIAM(has)
		switch {
		case awsapi.IsNotFound(err):
			return nil, nil
		case err != nil:
			return nil, err
		case owner.Owns(tags) && tags[awsapi.TagKey] == creations[0].Key.String():
			return nil, nil
		}
		return []resource.Problem{{
			Key: creations[0].Key, Text: fmt.Sprintf("somebody else's %s has the name %s", noun, name),
			Hint: "delete it, or choose another name for the platform",
		}}, nil
	}
}

// ofEach reads what the owner has by each name that it can have. The tags of what is read decide whose it is.
func ofEach[L any](ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, read func(context.Context, string) ([]L, error)) ([]L, error) {
	names, err := identities(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var all []L
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(identitiesAtOnce)
	for _, name := range names {
		group.Go(func() error {
			found, err := read(together, name)
			mu.Lock()
			defer mu.Unlock()
			all = slices.Concat(all, found)
			return err
		})
	}
	return all, group.Wait()
}
