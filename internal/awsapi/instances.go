package awsapi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// instancesPage is how many instances AWS gives in one reply: the most it may.
const instancesPage = 1000

// Instances are all EC2 instances of the owner, terminated ones included for as
// long as AWS lists them. Within a snapshot they are read once, because both
// the instances and their registrations with a target group need them.
func Instances(ctx context.Context, c *Clients, owner Owner) ([]ec2types.Instance, error) {
	return Once(ctx, c, "instances of "+owner.Platform, func(ctx context.Context, c *Clients) ([]ec2types.Instance, error) {
		pages := ec2.NewDescribeInstancesPaginator(c.EC2, &ec2.DescribeInstancesInput{
			Filters:    []ec2types.Filter{OwnedBy(owner)},
			MaxResults: aws.Int32(instancesPage),
		})
		return Collect(ctx, pages, func(page *ec2.DescribeInstancesOutput) []ec2types.Instance {
			var instances []ec2types.Instance
			for _, reservation := range page.Reservations {
				instances = append(instances, reservation.Instances...)
			}
			return instances
		})
	})
}

// InterfacesIn are all network interfaces in some VPCs. Within a snapshot they are read
// once for the same VPCs, because they tell of all that is there.
func InterfacesIn(ctx context.Context, c *Clients, vpcs []string) ([]ec2types.NetworkInterface, error) {
	return Once(ctx, c, fmt.Sprintf("network interfaces in %v", vpcs), func(ctx context.Context, c *Clients) ([]ec2types.NetworkInterface, error) {
		pages := ec2.NewDescribeNetworkInterfacesPaginator(c.EC2, &ec2.DescribeNetworkInterfacesInput{Filters: []ec2types.Filter{Filter(FilterVPC, vpcs...)}})
		return Collect(ctx, pages, func(page *ec2.DescribeNetworkInterfacesOutput) []ec2types.NetworkInterface {
			return page.NetworkInterfaces
		})
	})
}

// ImpairedChecks names the status checks of an instance that fail, such as "instance status
// impaired"; "" where none does, or none has been made yet. The caller may not be allowed to
// ask; then the error is AWS's.
func ImpairedChecks(ctx context.Context, c *Clients, id string) (string, error) {
	out, err := c.EC2.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{id}})
	if err != nil {
		return "", err
	}
	var impaired []string
	for _, status := range out.InstanceStatuses {
		for name, check := range map[string]*ec2types.InstanceStatusSummary{"instance": status.InstanceStatus, "system": status.SystemStatus} {
			if check != nil && check.Status == ec2types.SummaryStatusImpaired {
				impaired = append(impaired, name+" status impaired")
			}
		}
	}
	slices.Sort(impaired)
	return strings.Join(impaired, ", "), nil
}
