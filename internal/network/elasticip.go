package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// ElasticIP is a public IPv4 address of AWS's own pool. Who uses it says so.
type ElasticIP struct{}

// Refs is empty: an address stands on nothing.
func (ElasticIP) Refs() []resource.Ref { return nil }

// ElasticIPKind is the kind of Elastic IP addresses. Their ID is the
// allocation's, "eipalloc-…".
func ElasticIPKind() resource.Kind[ElasticIP, types.Address] {
	return resource.Kind[ElasticIP, types.Address]{
		Name:      "elastic-ip",
		List:      owned(addresses),
		Tags:      func(l types.Address) map[string]string { return awsapi.FromEC2(l.Tags) },
		ID:        func(l types.Address) string { return aws.ToString(l.AllocationId) },
		Status:    ready[types.Address],
		Diff:      func(ElasticIP, types.Address, resource.IDs) []resource.Change { return nil },
		Create:    allocateAddress,
		Retag:     awsapi.RetagEC2,
		Delete:    releaseAddress,
		Blockers:  addressBlockers,
		Tokenless: true,
	}
}

// addresses reads all at once: DescribeAddresses has no pages.
func addresses(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.Address, error) {
	out, err := c.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: filters})
	if err != nil {
		return nil, err
	}
	return out.Addresses, nil
}

func allocateAddress(ctx context.Context, call resource.Call[ElasticIP]) (string, error) {
	out, err := call.Clients.EC2.AllocateAddress(ctx, &ec2.AllocateAddressInput{
		Domain:            types.DomainTypeVpc,
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeElasticIp, call.Tags),
	}, awsapi.WithoutToken)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.AllocationId), nil
}

// releaseAddress takes a refusal for success where the address is gone: AWS
// answers AuthFailure both while it is in use and after it was released.
func releaseAddress(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &record.ID})
	if !awsapi.IsInTheWay(err) {
		return unlessNotFound(err)
	}
	if _, readErr := describeAddress(ctx, c, record.ID); awsapi.IsNotFound(readErr) {
		return nil
	}
	return err
}

func describeAddress(ctx context.Context, c *awsapi.Clients, id string) ([]types.Address, error) {
	out, err := c.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{id}})
	if err != nil {
		return nil, err
	}
	return out.Addresses, nil
}

// addressBlockers names the network interface that the address is mapped to.
func addressBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]string, error) {
	found, err := describeAddress(ctx, c, id)
	if err != nil {
		return nil, unlessNotFound(err)
	}
	var names []string
	for _, address := range found {
		if address.NetworkInterfaceId == nil {
			continue
		}
		of, err := named(networkInterfaces, c, awsapi.Filter(awsapi.FilterInterface, *address.NetworkInterfaceId), nameInterface)(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, of...)
	}
	return names, nil
}
