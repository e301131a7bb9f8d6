package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
)

// Platform is what a region has of one platform, by the tags alone.
type Platform struct {
	Name   string
	Region string
	// Objects are there still, or going.
	Objects []resource.Object
}

// Platforms are all platforms of which a region has anything, in the order of their names. They are read
// by the kinds' own lists, in calls that grow with what carries the tags and with the region's load balancers, target groups
// and roles.
func Platforms(ctx context.Context, c *awsapi.Clients, region string) ([]Platform, error) {
	observed, err := observe.All(ctx, c, awsapi.Everyone(region), resource.WithBasicLists(blueprint.Kinds()))
	if err != nil {
		return nil, err
	}
	byName := map[string]*Platform{}
	var platforms []*Platform
	for _, object := range observed.Remaining() {
		name := object.Tags[awsapi.TagPlatform]
		if byName[name] == nil {
			byName[name] = &Platform{Name: name, Region: region}
			platforms = append(platforms, byName[name])
		}
		byName[name].Objects = append(byName[name].Objects, object)
	}
	slices.SortFunc(platforms, func(a, b *Platform) int { return cmp.Compare(a.Name, b.Name) })
	all := make([]Platform, len(platforms))
	for i, platform := range platforms {
		all[i] = *platform
	}
	return all, nil
}

// Health is how the platform is doing by its targets' health, as a status without a probe and without a state says: of
// targets that went with their instances nothing is known.
func (p Platform) Health() blueprint.Health { return blueprint.HealthOf(p.Objects, 0) }

// Since is when AWS made the oldest object of which it says that; zero where it says so of none. The instances' role is as old
// as the platform.
func (p Platform) Since() time.Time {
	var oldest time.Time
	for _, object := range p.Objects {
		if !object.Since.IsZero() && (oldest.IsZero() || object.Since.Before(oldest)) {
			oldest = object.Since
		}
	}
	return oldest
}

// Cost is what the platform costs a month as it is.
func (p Platform) Cost() prices.Month { return CostOfObjects(p.Objects, p.Region) }

// Regions are the regions that the account has enabled, in the order of their names.
func Regions(ctx context.Context, c *awsapi.Clients) ([]string, error) {
	out, err := c.EC2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, fmt.Errorf("list the account's regions: %w", err)
	}
	var names []string
	for _, region := range out.Regions {
		names = append(names, aws.ToString(region.RegionName))
	}
	slices.Sort(names)
	return names, nil
}

// IsThere reports by one call whether an owner has a VPC, which all but an instance's role
// and its profile are in.
func IsThere(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (bool, error) {
	kinds := resource.WithBasicLists(blueprint.Kinds())
	vpc := kinds[slices.IndexFunc(kinds, func(h resource.Handler) bool { return h.Name == "vpc" })]
	objects, err := vpc.Observe(ctx, c, owner)
	return len(objects) > 0, err
}
