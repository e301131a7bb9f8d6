package network

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// blocker names one thing that stands in the way of a deletion: its type, its
// ID and, in parentheses, what tells a person whose it is.
func blocker(kind string, id *string, notes ...string) string {
	notes = slices.DeleteFunc(notes, func(note string) bool { return note == "" })
	if len(notes) == 0 {
		return kind + " " + aws.ToString(id)
	}
	return fmt.Sprintf("%s %s (%s)", kind, aws.ToString(id), strings.Join(notes, ", "))
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

// blockers is a read that names what stands in the way.
type blockers = func(context.Context) ([]string, error)

// named makes blockers of a read; name returns "" for what doesn't block.
func named[T any](read func(context.Context, *awsapi.Clients, ...types.Filter) ([]T, error),
	c *awsapi.Clients, filter types.Filter, name func(T) string,
) blockers {
	return func(ctx context.Context) ([]string, error) {
		found, err := read(ctx, c, filter)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, object := range found {
			if n := name(object); n != "" {
				names = append(names, n)
			}
		}
		return names, nil
	}
}

// gather makes independent reads at once and joins what they name, in order.
func gather(ctx context.Context, reads ...blockers) ([]string, error) {
	results := make([][]string, len(reads))
	group, ctx := errgroup.WithContext(ctx)
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
func nameInterface(i types.NetworkInterface) string {
	notes := []string{aws.ToString(i.Description)}
	if i.Attachment != nil && aws.ToString(i.Attachment.InstanceId) != "" {
		notes = append(notes, "of instance "+*i.Attachment.InstanceId)
	}
	if isPublic(i) {
		notes = append(notes, "public address "+*i.Association.PublicIp)
	}
	if !aws.ToBool(i.RequesterManaged) {
		notes = append(notes, whose(i.TagSet))
	}
	return blocker("network interface", i.NetworkInterfaceId, notes...)
}

func isPublic(i types.NetworkInterface) bool {
	return i.Association != nil && aws.ToString(i.Association.PublicIp) != ""
}
