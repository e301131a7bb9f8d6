package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Endpoint is a gateway endpoint: a free way to one AWS service (S3) that
// doesn't lead over the internet.
type Endpoint struct {
	// VPC is whose subnets may use it.
	VPC resource.Ref
	// Service is AWS's name of the service, "com.amazonaws.REGION.s3".
	Service string
	// RouteTables are exactly those that get a route to the service.
	RouteTables []resource.Ref
}

// Refs names the VPC and the route tables.
func (s Endpoint) Refs() []resource.Ref { return append([]resource.Ref{s.VPC}, s.RouteTables...) }

// VPCEndpointKind is the kind of gateway endpoints.
func VPCEndpointKind() resource.Kind[Endpoint, types.VpcEndpoint] {
	return resource.Kind[Endpoint, types.VpcEndpoint]{
		Traits: resource.Traits{
			Name:       "vpc-endpoint",
			TagCommand: awsapi.TagCommandEC2,
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeVpcEndpoints"},
				Make:   []string{"ec2:CreateVpcEndpoint", "ec2:CreateTags"},
				Change: []string{"ec2:ModifyVpcEndpoint"},
				Delete: []string{"ec2:DeleteVpcEndpoints"},
			},
			Compared: vpcEndpointFields(),
			Quotas:   []resource.Quota{{Service: "vpc", Code: "L-1B52E74A", Name: "Gateway VPC endpoints per Region", Refusals: []string{"VpcEndpointLimitExceeded"}}},
			// Sources: logs of Terraform that people published, which show 6 to 7 s for both.
			Waiting: resource.Waiting{Ready: resource.Expectation{Least: 2 * time.Second, Usual: 6 * time.Second, Most: 10 * time.Second}},
			Removal: resource.Removal{
				Delete: deleteVPCEndpoint, AsynchronousDelete: true, Foreign: inside(vpcEndpointsIn), DryRun: dryRun("ec2:DeleteVpcEndpoints", dryRunVPCEndpoint),
				Gone: resource.Expectation{Least: 2 * time.Second, Usual: 6 * time.Second, Most: 15 * time.Second},
			},
		},
		Reading: resource.Reading[types.VpcEndpoint]{
			List:   owned(vpcEndpoints),
			ID:     func(l types.VpcEndpoint) string { return aws.ToString(l.VpcEndpointId) },
			Tags:   func(l types.VpcEndpoint) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: vpcEndpointStatus,
			Since:  func(l types.VpcEndpoint) time.Time { return aws.ToTime(l.CreationTimestamp) },
		},
		Writing: resource.Writing[Endpoint, types.VpcEndpoint]{
			Diff:   diffVPCEndpoint,
			Kept:   keptOfVPCEndpoint,
			Create: createVPCEndpoint,
			Update: updateVPCEndpoint,
			Retag:  awsapi.RetagEC2,
		},
	}
}

func vpcEndpoints(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.VpcEndpoint, error) {
	return awsapi.Collect(ctx, ec2.NewDescribeVpcEndpointsPaginator(c.EC2, &ec2.DescribeVpcEndpointsInput{Filters: filters}),
		func(page *ec2.DescribeVpcEndpointsOutput) []types.VpcEndpoint { return page.VpcEndpoints })
}

// vpcEndpointStatus folds case: the SDK's constants say "Available", and the
// API says "available".
func vpcEndpointStatus(l types.VpcEndpoint) resource.Status {
	is := func(state types.State) bool { return strings.EqualFold(string(l.State), string(state)) }
	switch {
	case is(types.StateAvailable):
		return resource.Status{Phase: resource.Ready}
	case is(types.StateFailed), is(types.StateRejected), is(types.StateExpired):
		return resource.Status{Phase: resource.Failed, Reason: endpointReason(l)}
	case is(types.StateDeleting):
		return resource.Status{Phase: resource.Deleting}
	case is(types.StateDeleted):
		return resource.Status{Phase: resource.Gone}
	default:
		return resource.Status{Phase: resource.Pending, Reason: endpointReason(l)}
	}
}

func endpointReason(l types.VpcEndpoint) string {
	if l.LastError == nil {
		return strings.ToLower(string(l.State))
	}
	return aws.ToString(l.LastError.Code) + ": " + aws.ToString(l.LastError.Message)
}

func diffVPCEndpoint(s Endpoint, l types.VpcEndpoint, ids resource.IDs) []resource.Change {
	changes := slices.Concat(
		resource.Fixed("VPC", ids.Of(s.VPC), aws.ToString(l.VpcId)),
		resource.Fixed("service", s.Service, aws.ToString(l.ServiceName)),
		resource.Fixed("type", string(types.VpcEndpointTypeGateway), string(l.VpcEndpointType)),
	)
	missing, surplus := compareSets(ids.All(s.RouteTables), l.RouteTableIds)
	for _, id := range missing {
		changes = append(changes, resource.Change{Field: "route table", Want: id})
	}
	for _, id := range surplus {
		changes = append(changes, resource.Change{Field: "route table", Have: id})
	}
	return changes
}

// keptOfVPCEndpoint names a policy that isn't the one with which AWS makes an endpoint.
func keptOfVPCEndpoint(_ Endpoint, l types.VpcEndpoint) []resource.Change {
	policy := aws.ToString(l.PolicyDocument)
	if policy == "" || allowsAll(policy) {
		return nil
	}
	return []resource.Change{{Field: "endpoint policy", Want: "allow all", Have: "not AWS's own"}}
}

// allowsAll reports AWS's own policy of an endpoint, in any spelling of its JSON.
// Source: AWS PrivateLink Guide, "Control access to VPC endpoints using endpoint policies".
func allowsAll(policy string) bool {
	type statement struct{ Effect, Principal, Action, Resource, Condition any }
	var document struct{ Statement []statement }
	return json.Unmarshal([]byte(policy), &document) == nil && len(document.Statement) == 1 &&
		document.Statement[0] == statement{"Allow", "*", "*", "*", nil}
}

// compareSets returns what only want has, and what only have has.
func compareSets(want, have []string) (missing, surplus []string) {
	in := func(ids []string) func(string) bool {
		return func(id string) bool { return slices.Contains(ids, id) }
	}
	return slices.DeleteFunc(slices.Clone(want), in(have)), slices.DeleteFunc(slices.Clone(have), in(want))
}

func createVPCEndpoint(ctx context.Context, call resource.Call[Endpoint]) (string, error) {
	out, err := call.Clients.EC2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId:             aws.String(call.IDs.Of(call.Spec.VPC)),
		ServiceName:       &call.Spec.Service,
		VpcEndpointType:   types.VpcEndpointTypeGateway,
		RouteTableIds:     call.IDs.All(call.Spec.RouteTables),
		ClientToken:       optional(call.Token),
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeVpcEndpoint, call.Tags),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.VpcEndpoint.VpcEndpointId), nil
}

func updateVPCEndpoint(ctx context.Context, call resource.Call[Endpoint], l types.VpcEndpoint, _ []resource.Change) error {
	missing, surplus := compareSets(call.IDs.All(call.Spec.RouteTables), l.RouteTableIds)
	if len(missing)+len(surplus) == 0 {
		return nil
	}
	_, err := call.Clients.EC2.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{
		VpcEndpointId: l.VpcEndpointId, AddRouteTableIds: missing, RemoveRouteTableIds: surplus,
	})
	if awsapi.HasCode(err, codeRouteExists, codeRouteNotFound) {
		return nil // what was read is older than the change; the next look tells what is missing still
	}
	return err
}

// deleteVPCEndpoint looks into the reply: AWS answers 200 also to a deletion
// that it refuses.
func deleteVPCEndpoint(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	out, err := c.EC2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{record.ID}})
	if err != nil {
		return err
	}
	var refusals []error
	for _, item := range out.Unsuccessful {
		if item.Error == nil {
			refusals = append(refusals, fmt.Errorf("AWS did not delete %s, and gave no reason: try again", aws.ToString(item.ResourceId)))
			continue
		}
		refusals = append(refusals, &smithy.GenericAPIError{
			Code: aws.ToString(item.Error.Code), Message: aws.ToString(item.Error.Message),
		})
	}
	return errors.Join(refusals...)
}

func vpcEndpointsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(vpcEndpoints, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.VpcEndpoint) *resource.Blocker {
		b := blocker("VPC endpoint", l.VpcEndpointId, l.OwnerId, l.Tags, aws.ToString(l.ServiceName))
		return unlessGone(b, vpcEndpointStatus(l))
	})
}

// vpcEndpointFields declares what is compared of a VPC endpoint.
func vpcEndpointFields() []resource.Field {
	const fixed = "AWS can't change it: another endpoint takes its place"
	return []resource.Field{
		resource.Identity("VpcEndpointId", "OwnerId", "State", "LastError", "FailureReason", "CreationTimestamp", "RequesterManaged", "ServiceRegion", "Tags"),
		{Name: "VPC", Of: []string{"VpcId"}, How: resource.Repaired, Why: fixed},
		{Name: "service", Of: []string{"ServiceName"}, How: resource.Repaired, Why: fixed},
		{Name: "type", Of: []string{"VpcEndpointType"}, How: resource.Repaired, Why: fixed},
		{Name: "route table", Of: []string{"RouteTableIds"}, How: resource.Repaired, Why: "without it instances find no package repository"},
		{Name: "endpoint policy", Of: []string{"PolicyDocument"}, How: resource.Kept, Why: "a narrower one is the operator's choice"},
		{Name: "interface endpoints' settings", Of: []string{"DnsEntries", "DnsOptions", "Groups", "IpAddressType", "Ipv4Prefixes", "Ipv6Prefixes", "NetworkInterfaceIds", "PayerResponsibilities", "PrivateDnsEnabled", "ResourceConfigurationArn", "ServiceNetworkArn", "SubnetIds"}, How: resource.Ignored, Why: "a gateway endpoint has none"},
	}
}
