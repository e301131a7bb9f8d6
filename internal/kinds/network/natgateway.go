package network

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/resource"
)

// NATGateway is the way out to the internet for subnets without public
// addresses. It works only while its VPC's internet gateway is attached.
type NATGateway struct {
	// Subnet is the public subnet that it stands in.
	Subnet resource.Ref
	// Address is the Elastic IP that its traffic leaves from. One address
	// serves one gateway.
	Address resource.Ref
}

// Refs names the subnet and the address.
func (s NATGateway) Refs() []resource.Ref { return []resource.Ref{s.Subnet, s.Address} }

// natDescription is how AWS describes a NAT gateway's interface, before its ID.
const natDescription = "Interface for NAT Gateway "

// NATGatewayKind is the kind of public NAT gateways. Deleted before its successor is created, because the
// address can't be mapped to two generations at once.
func NATGatewayKind() resource.Kind[NATGateway, types.NatGateway] {
	return resource.Kind[NATGateway, types.NatGateway]{
		Traits: resource.Traits{
			Name:       "nat-gateway",
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "vpcconsole#NatGatewayDetails:natGatewayId=", List: "vpcconsole#NatGateways:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeNatGateways"},
				Make:   []string{"ec2:CreateNatGateway", "ec2:CreateTags"},
				Delete: []string{"ec2:DeleteNatGateway"},
			},
			Compared: natGatewayFields(),
			Quotas: []resource.Quota{{
				Service: "vpc", Code: "L-FE5A380F", Name: "NAT gateways per Availability Zone", Refusals: []string{"NatGatewayLimitExceeded"},
				Used: natGatewaysByZone, Need: newNATGatewaysByZone,
			}},
			// Sources: logs of Terraform that people published, which show the creation to
			// take 1 min 24 s to 2 min 5 s, and the deletion 37 s to 1 min 19 s.
			Waiting: resource.Waiting{Ready: resource.Expectation{Least: 85 * time.Second, Usual: 105 * time.Second, Most: 125 * time.Second}},
			Removal: resource.Removal{
				Gone:               resource.Expectation{Least: 37 * time.Second, Usual: 55 * time.Second, Most: 80 * time.Second},
				Delete:             deleteNATGateway,
				AsynchronousDelete: true,
				DeleteBeforeCreate: true,
				Foreign:            inside(natGatewaysIn),
				DryRun:             dryRun("ec2:DeleteNatGateway", dryRunNATGateway),
			},
		},
		Reading: resource.Reading[types.NatGateway]{
			List:   owned(natGateways),
			ID:     func(l types.NatGateway) string { return aws.ToString(l.NatGatewayId) },
			Tags:   func(l types.NatGateway) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: natGatewayStatus,
			Since:  func(l types.NatGateway) time.Time { return aws.ToTime(l.CreateTime) },
		},
		Writing: resource.Writing[NATGateway, types.NatGateway]{
			Diff:      diffNATGateway,
			Create:    createNATGateway,
			AsCreated: natGatewayAsCreated,
			Retag:     awsapi.RetagEC2,
		},
		// Its address is an object of its own.
		Costs: resource.Costs[NATGateway, types.NatGateway]{
			Wanted: func(NATGateway) []prices.Item { return oneOf(prices.NATGateway) },
			Live:   func(types.NatGateway) []prices.Item { return oneOf(prices.NATGateway) },
		},
	}
}

func natGateways(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.NatGateway, error) {
	return awsapi.Collect(ctx, ec2.NewDescribeNatGatewaysPaginator(c.EC2, &ec2.DescribeNatGatewaysInput{Filter: filters}),
		func(page *ec2.DescribeNatGatewaysOutput) []types.NatGateway { return page.NatGateways })
}

// natGatewayStatus: creation fails long after the create call, and a deleted
// gateway stays listed for about an hour.
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
func natGatewayStatus(l types.NatGateway) resource.Status {
	switch l.State {
	case types.NatGatewayStateAvailable:
		return resource.Status{Phase: resource.Ready}
	case types.NatGatewayStateFailed:
		code := aws.ToString(l.FailureCode)
		return resource.Status{
			Phase: resource.Failed, Reason: code + ": " + aws.ToString(l.FailureMessage),
			Transient: code == "Gateway.NotAttached" || code == "InvalidAllocationID.NotFound" || code == "InvalidSubnetID.NotFound",
		}
	case types.NatGatewayStateDeleting:
		return resource.Status{Phase: resource.Deleting}
	case types.NatGatewayStateDeleted:
		return resource.Status{Phase: resource.Gone}
	default:
		return resource.Status{Phase: resource.Pending, Reason: string(l.State)}
	}
}

func diffNATGateway(s NATGateway, l types.NatGateway, ids resource.IDs) []resource.Change {
	changes := slices.Concat(
		resource.Fixed("subnet", ids.Of(s.Subnet), aws.ToString(l.SubnetId)),
		resource.Fixed("connectivity", string(types.ConnectivityTypePublic), string(l.ConnectivityType)),
	)
	for _, address := range l.NatGatewayAddresses {
		// Addresses without an allocation, or added as secondary ones, don't
		// say what the gateway was made with.
		if address.AllocationId != nil && (address.IsPrimary == nil || *address.IsPrimary) {
			changes = append(changes, resource.Fixed("address", ids.Of(s.Address), *address.AllocationId)...)
		}
	}
	return changes
}

func createNATGateway(ctx context.Context, call resource.Call[NATGateway]) (string, error) {
	out, err := call.Clients.EC2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{
		SubnetId:          aws.String(call.IDs.Of(call.Spec.Subnet)),
		AllocationId:      aws.String(call.IDs.Of(call.Spec.Address)),
		ConnectivityType:  types.ConnectivityTypePublic,
		ClientToken:       optional(call.Token),
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeNatgateway, call.Tags),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.NatGateway.NatGatewayId), nil
}

// natGatewayAsCreated has no address yet.
func natGatewayAsCreated(call resource.Call[NATGateway], id string) types.NatGateway {
	return types.NatGateway{
		NatGatewayId: &id, SubnetId: aws.String(call.IDs.Of(call.Spec.Subnet)),
		ConnectivityType: types.ConnectivityTypePublic, State: types.NatGatewayStatePending,
	}
}

func deleteNATGateway(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &record.ID})
	return err
}

// gatewayInterfaces are the network interfaces of NAT gateways that are to be
// deleted, and go with them.
func gatewayInterfaces(deletions resource.DeletionSet) []string {
	var ids []string
	for _, object := range deletions.Objects {
		live, ok := object.Live.(types.NatGateway)
		if !ok {
			continue
		}
		for _, address := range live.NatGatewayAddresses {
			ids = append(ids, aws.ToString(address.NetworkInterfaceId))
		}
	}
	return ids
}

// natGatewaysByZone counts those that AWS counts against its quota.
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways
func natGatewaysByZone(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	var gateways []types.NatGateway
	var all []types.Subnet
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		gateways, err = natGateways(together, c, awsapi.Filter("state", string(types.NatGatewayStatePending),
			string(types.NatGatewayStateAvailable), string(types.NatGatewayStateDeleting)))
		return err
	})
	group.Go(func() (err error) {
		all, err = subnets(together, c)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	zones := map[string]string{}
	for _, subnet := range all {
		zones[aws.ToString(subnet.SubnetId)] = aws.ToString(subnet.AvailabilityZone)
	}
	used := map[string]int{}
	for _, gateway := range gateways {
		used[zones[aws.ToString(gateway.SubnetId)]]++
	}
	return used, nil
}

func newNATGatewaysByZone(_ context.Context, _ *awsapi.Clients, graph *resource.Graph, nodes []*resource.Node) (map[string]int, error) {
	need := map[string]int{}
	for _, node := range nodes {
		gateway, ok := node.Spec.(NATGateway)
		if !ok {
			continue
		}
		if subnet, ok := graph.Node(gateway.Subnet.Key()).Spec.(Subnet); ok {
			need[subnet.Zone]++
		}
	}
	return need, nil
}

func natGatewaysIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(natGateways, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.NatGateway) *resource.Blocker {
		b := blocker("NAT gateway", l.NatGatewayId, nil, l.Tags, string(l.State))
		return unlessGone(b, natGatewayStatus(l))
	})
}

// natGatewayFields declares what is compared of a NAT gateway.
func natGatewayFields() []resource.Field {
	const fixed = "AWS can't change it: another gateway takes its place"
	return []resource.Field{
		resource.Identity("NatGatewayId", "VpcId", "State", "FailureCode", "FailureMessage", "CreateTime", "DeleteTime", "ProvisionedBandwidth", "Tags"),
		{Name: "subnet", Of: []string{"SubnetId"}, How: resource.Repaired, Why: fixed},
		{Name: "connectivity", Of: []string{"ConnectivityType"}, How: resource.Repaired, Why: fixed},
		{Name: "address", Of: []string{"NatGatewayAddresses"}, How: resource.Repaired, Why: fixed + ". Secondary ones are kept as found"},
		{Name: "regional gateways' settings", Of: []string{"AttachedAppliances", "AutoProvisionZones", "AutoScalingIps", "AvailabilityMode", "RouteTableId"}, How: resource.Ignored, Why: "a gateway in a subnet has none"},
	}
}
