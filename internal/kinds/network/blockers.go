package network

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// blocker names one thing that prevents a deletion, and tells from
// its tags what it is called and who made it.
func blocker(kind string, id, account *string, tags []types.Tag, notes ...string) resource.Blocker {
	values := awsapi.FromEC2(tags)
	return resource.Blocker{
		Type: kind, ID: aws.ToString(id), Account: aws.ToString(account),
		Name: values[awsapi.TagName], Platform: values[awsapi.TagPlatform], Notes: notes,
	}
}

// whose tells from its tags what an object is called and who made it.
func whose(tags []types.Tag) string {
	values := awsapi.FromEC2(tags)
	name, platform := values[awsapi.TagName], values[awsapi.TagPlatform]
	switch {
	case platform != "" && name != "":
		return name + " of platform " + platform
	case platform != "":
		return "of platform " + platform
	case name != "":
		return name + ", not made by platformctl"
	default:
		return "not made by platformctl"
	}
}

// blockers is a read that names what prevents a deletion.
type blockers = func(context.Context) ([]resource.Blocker, error)

// lister reads what its filters let through.
type lister[T any] func(context.Context, *awsapi.Clients, ...types.Filter) ([]T, error)

// named makes blockers of a read; name is nil for what doesn't block.
func named[T any](read lister[T], c *awsapi.Clients, filter types.Filter, name func(T) *resource.Blocker) blockers {
	return func(ctx context.Context) ([]resource.Blocker, error) {
		found, err := read(ctx, c, filter)
		if err != nil {
			return nil, err
		}
		var all []resource.Blocker
		for _, object := range found {
			if b := name(object); b != nil {
				all = append(all, *b)
			}
		}
		return all, nil
	}
}

// every names everything that is read.
func every[T any](name func(T) resource.Blocker) func(T) *resource.Blocker {
	return func(object T) *resource.Blocker {
		b := name(object)
		return &b
	}
}

// inside makes a kind's Foreign of a read of all that is in some VPCs.
func inside(read func(c *awsapi.Clients, vpcs []string) blockers) func(context.Context, *awsapi.Clients, resource.DeletionSet) ([]resource.Blocker, error) {
	return func(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
		ids := deletions.IDs(vpcKind)
		if len(ids) == 0 {
			return nil, nil
		}
		return read(c, ids)(ctx)
	}
}

// gather makes independent reads at once and joins what they name, in order. None cuts
// off another, which somebody else may share.
func gather(ctx context.Context, reads ...blockers) ([]resource.Blocker, error) {
	results := make([][]resource.Blocker, len(reads))
	var group errgroup.Group
	for i, read := range reads {
		group.Go(func() (err error) {
			results[i], err = read(ctx)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), nil
}

func networkInterfaces(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.NetworkInterface, error) {
	return awsapi.Collect(ctx,
		ec2.NewDescribeNetworkInterfacesPaginator(c.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: filters}),
		func(page *ec2.DescribeNetworkInterfacesOutput) []types.NetworkInterface {
			return page.NetworkInterfaces
		})
}

// nameInterface names a network interface. What AWS made for a load balancer or
// a NAT gateway has none of our tags; its description says whose it is.
func nameInterface(i types.NetworkInterface) resource.Blocker {
	b := blocker("network interface", i.NetworkInterfaceId, i.OwnerId, i.TagSet, aws.ToString(i.Description))
	if i.Attachment != nil && aws.ToString(i.Attachment.InstanceId) != "" {
		b.Notes = append(b.Notes, "of instance "+*i.Attachment.InstanceId)
		b.Transient = aws.ToBool(i.Attachment.DeleteOnTermination)
	}
	if isPublic(i) {
		b.Notes = append(b.Notes, "public address "+*i.Association.PublicIp)
	}
	if aws.ToBool(i.RequesterManaged) {
		b.Requester = aws.ToString(i.RequesterId)
		if b.Requester == "" {
			b.Requester = "AWS"
		}
	}
	b.Transient = b.Transient || isPart(i)
	return b
}

// isPart reports whether an interface is part of something that is listed by
// itself, and goes with it, if some minutes later.
func isPart(i types.NetworkInterface) bool {
	switch i.InterfaceType {
	case types.NetworkInterfaceTypeNatGateway, types.NetworkInterfaceTypeVpcEndpoint,
		types.NetworkInterfaceTypeNetworkLoadBalancer, types.NetworkInterfaceTypeGatewayLoadBalancer:
		return true
	}
	if !aws.ToBool(i.RequesterManaged) {
		return false // a description made by hand proves nothing
	}
	// An application load balancer's are of the type "interface", too. A classic
	// load balancer has no path in its name, and ELBv2 doesn't list it.
	return slices.ContainsFunc([]string{"ELB app/", "ELB net/", "ELB gwy/", natDescription}, func(prefix string) bool {
		return strings.HasPrefix(aws.ToString(i.Description), prefix)
	})
}

func isPublic(i types.NetworkInterface) bool {
	return i.Association != nil && aws.ToString(i.Association.PublicIp) != ""
}
