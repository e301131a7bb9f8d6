package network

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

// addressKind is the name of the kind.
const addressKind = "elastic-ip"

// ElasticIP is a public IPv4 address of AWS's own pool. Who uses it says so.
type ElasticIP struct{}

// Refs is empty: an address depends on nothing.
func (ElasticIP) Refs() []resource.Ref { return nil }

// ElasticIPKind is the kind of Elastic IP addresses. Their ID is the
// allocation's, "eipalloc-…".
func ElasticIPKind() resource.Kind[ElasticIP, types.Address] {
	return resource.Kind[ElasticIP, types.Address]{
		Traits: resource.Traits{
			Name:       addressKind,
			TagCommand: awsapi.TagCommandEC2,
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeAddresses"},
				Make:   []string{"ec2:AllocateAddress", "ec2:CreateTags"},
				Delete: []string{"ec2:ReleaseAddress"},
			},
			Compared:      elasticIPFields(),
			Quotas:        []resource.Quota{{Service: "ec2", Code: "L-0263D0A3", Name: "EC2-VPC Elastic IPs", Refusals: []string{"AddressLimitExceeded"}, Used: counted(addresses)}},
			NotIdempotent: true,
			Removal:       resource.Removal{Delete: releaseAddress, Blockers: addressBlockers, Foreign: foreignToAddresses, DryRun: dryRun("ec2:ReleaseAddress", dryRunAddress)},
		},
		Reading: resource.Reading[types.Address]{
			List:   owned(addresses),
			ID:     func(l types.Address) string { return aws.ToString(l.AllocationId) },
			Tags:   func(l types.Address) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: ready[types.Address],
		},
		Writing: resource.Writing[ElasticIP, types.Address]{
			Diff:      func(ElasticIP, types.Address, resource.IDs) []resource.Change { return nil },
			Create:    allocateAddress,
			AsCreated: func(_ resource.Call[ElasticIP], id string) types.Address { return types.Address{AllocationId: &id} },
			Retag:     awsapi.RetagEC2,
		},
		Costs: resource.Costs[ElasticIP, types.Address]{
			Wanted: func(ElasticIP) []prices.Item { return oneOf(prices.PublicIPv4) },
			Live:   func(types.Address) []prices.Item { return oneOf(prices.PublicIPv4) },
		},
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

// releaseAddress tells an address that is in use from one that isn't there: AWS
// answers AuthFailure to the release of either.
func releaseAddress(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &record.ID})
	if !awsapi.HasCode(err, "AuthFailure") || !strings.Contains(awsapi.Message(err), "permission to access the specified resource") {
		return err
	}
	if _, readErr := describeAddress(ctx, c, record.ID); awsapi.IsNotFound(readErr) {
		return readErr
	}
	return &awsapi.InUse{Err: err}
}

func describeAddress(ctx context.Context, c *awsapi.Clients, id string) ([]types.Address, error) {
	out, err := c.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{id}})
	if err != nil {
		return nil, err
	}
	return out.Addresses, nil
}

// addressBlockers names the network interface that the address is mapped to.
func addressBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	found, err := describeAddress(ctx, c, id)
	if err != nil {
		return nil, unlessNotFound(err)
	}
	var names []resource.Blocker
	for _, address := range found {
		if address.NetworkInterfaceId == nil {
			continue
		}
		of, err := named(networkInterfaces, c, awsapi.Filter(awsapi.FilterInterface, *address.NetworkInterfaceId), every(nameInterface))(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, of...)
	}
	return names, nil
}

// foreignToAddresses names what holds the addresses, and addresses of ours that
// lost their tags. AWS releases no address that is associated.
func foreignToAddresses(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	gateways := gatewayInterfaces(deletions)
	var interfaces []string
	for _, object := range deletions.Objects {
		if live, ok := object.Live.(types.Address); ok && live.NetworkInterfaceId != nil && !slices.Contains(gateways, *live.NetworkInterfaceId) {
			interfaces = append(interfaces, *live.NetworkInterfaceId)
		}
	}
	var reads []blockers
	if len(interfaces) > 0 {
		reads = append(reads, named(networkInterfaces, c, awsapi.Filter(awsapi.FilterInterface, interfaces...), every(nameHolder)))
	}
	if missing := deletions.MissingIDs(addressKind); len(missing) > 0 {
		reads = append(reads, named(addresses, c, awsapi.Filter(awsapi.FilterAllocation, missing...), every(func(l types.Address) resource.Blocker {
			return blocker("Elastic IP", l.AllocationId, l.NetworkInterfaceOwnerId, l.Tags, aws.ToString(l.PublicIp))
		})))
	}
	return gather(ctx, reads...)
}

// nameHolder names what holds an address through an interface: a NAT gateway,
// an instance, or else the interface itself.
func nameHolder(i types.NetworkInterface) resource.Blocker {
	b := nameInterface(i)
	b.Transient = false
	switch gateway, ok := strings.CutPrefix(aws.ToString(i.Description), natDescription); {
	case ok:
		b.Type, b.ID, b.Name = "NAT gateway", gateway, ""
	case i.Attachment != nil && i.Attachment.InstanceId != nil:
		b.Type, b.ID, b.Name = "instance", *i.Attachment.InstanceId, ""
	}
	return b
}

// elasticIPFields declares what is compared of an Elastic IP: nothing.
func elasticIPFields() []resource.Field {
	return []resource.Field{
		resource.Identity("AllocationId", "PublicIp", "Domain", "NetworkBorderGroup", "PublicIpv4Pool", "CustomerOwnedIp", "CustomerOwnedIpv4Pool", "CarrierIp", "ServiceManaged", "Tags"),
		{Name: "association", Of: []string{"AssociationId", "InstanceId", "NetworkInterfaceId", "NetworkInterfaceOwnerId", "PrivateIpAddress", "SubnetId"}, How: resource.Ignored, Why: "compared with the NAT gateway that has it"},
	}
}
