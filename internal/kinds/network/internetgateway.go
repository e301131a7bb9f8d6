package network

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// InternetGateway is a VPC's way to and from the internet.
type InternetGateway struct {
	// VPC is what it is attached to. A VPC has at most one.
	VPC resource.Ref
}

// Refs names the VPC.
func (s InternetGateway) Refs() []resource.Ref { return []resource.Ref{s.VPC} }

// InternetGatewayKind is the kind of internet gateways. The attachment has no
// ID of its own, so it belongs to the gateway.
func InternetGatewayKind() resource.Kind[InternetGateway, types.InternetGateway] {
	return resource.Kind[InternetGateway, types.InternetGateway]{
		Traits: resource.Traits{
			Name:       "internet-gateway",
			TagCommand: awsapi.TagCommandEC2,
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeInternetGateways"},
				Make:   []string{"ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:CreateTags"},
				Delete: []string{"ec2:DetachInternetGateway", "ec2:DeleteInternetGateway"},
			},
			Compared:      internetGatewayFields(),
			Quotas:        []resource.Quota{{Service: "vpc", Code: "L-A4707A72", Name: "Internet gateways per Region", Refusals: []string{"InternetGatewayLimitExceeded"}, Used: counted(internetGateways)}},
			NotIdempotent: true,
			Removal: resource.Removal{
				Delete:   deleteInternetGateway,
				Blockers: internetGatewayBlockers,
				Foreign:  foreignInternetGateways,
				DryRun:   dryRun("ec2:DeleteInternetGateway", dryRunInternetGateway),
			},
		},
		Reading: resource.Reading[types.InternetGateway]{
			List:   owned(internetGateways),
			ID:     func(l types.InternetGateway) string { return aws.ToString(l.InternetGatewayId) },
			Tags:   func(l types.InternetGateway) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: internetGatewayStatus,
		},
		Writing: resource.Writing[InternetGateway, types.InternetGateway]{
			Diff:   diffInternetGateway,
			Create: createInternetGateway,
			AsCreated: func(_ resource.Call[InternetGateway], id string) types.InternetGateway {
				return types.InternetGateway{InternetGatewayId: &id}
			},
			Update:         attachInternetGateway,
			Retag:          awsapi.RetagEC2,
			DeleteObserved: deleteObservedInternetGateway,
		},
	}
}

func internetGateways(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.InternetGateway, error) {
	return awsapi.Collect(ctx,
		ec2.NewDescribeInternetGatewaysPaginator(c.EC2, &ec2.DescribeInternetGatewaysInput{Filters: filters}),
		func(page *ec2.DescribeInternetGatewaysOutput) []types.InternetGateway { return page.InternetGateways })
}

// internetGatewayStatus is pending only between two states of the attachment:
// one that is not attached is listed as ready, and found by Diff.
func internetGatewayStatus(l types.InternetGateway) resource.Status {
	for _, a := range l.Attachments {
		if a.State == types.AttachmentStatusAttaching || a.State == types.AttachmentStatusDetaching {
			return resource.Status{Phase: resource.Pending, Reason: fmt.Sprintf("%s %s", a.State, aws.ToString(a.VpcId))}
		}
	}
	return resource.Status{Phase: resource.Ready}
}

// attachedTo is the VPC that the gateway is attached to, "" where it is not.
func attachedTo(l types.InternetGateway) string {
	for _, a := range l.Attachments {
		if a.State != types.AttachmentStatusDetached && a.State != types.AttachmentStatusDetaching {
			return aws.ToString(a.VpcId)
		}
	}
	return ""
}

// diffInternetGateway asks for another gateway where this one serves another
// VPC: while that has public addresses, AWS refuses to detach it.
func diffInternetGateway(s InternetGateway, l types.InternetGateway, ids resource.IDs) []resource.Change {
	want, have := ids.Of(s.VPC), attachedTo(l)
	if want == have {
		return nil
	}
	return []resource.Change{{Field: "attached VPC", Want: want, Have: have, Replace: have != ""}}
}

func createInternetGateway(ctx context.Context, call resource.Call[InternetGateway]) (string, error) {
	out, err := call.Clients.EC2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeInternetGateway, call.Tags),
	}, awsapi.WithoutToken)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.InternetGateway.InternetGatewayId), nil
}

func attachInternetGateway(ctx context.Context, call resource.Call[InternetGateway], l types.InternetGateway, _ []resource.Change) error {
	vpc := call.IDs.Of(call.Spec.VPC)
	if attachedTo(l) == vpc {
		return nil
	}
	_, err := call.Clients.EC2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{
		InternetGatewayId: l.InternetGatewayId, VpcId: &vpc,
	})
	if !awsapi.HasCode(err, codeAlreadyAssociated) {
		return err
	}
	// AWS says the same of this gateway, attached already, and of another one.
	call.Unconfirmed()
	there, readErr := internetGateways(ctx, call.Clients, awsapi.Filter(awsapi.FilterAttachedVPC, vpc))
	if readErr != nil {
		return readErr
	}
	for _, other := range there {
		if aws.ToString(other.InternetGatewayId) != aws.ToString(l.InternetGatewayId) {
			return fmt.Errorf("%s has another internet gateway, %s (%s), and can have only one: detach that one: %w",
				vpc, aws.ToString(other.InternetGatewayId), whose(other.Tags), err)
		}
	}
	return nil
}

func deleteInternetGateway(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	out, err := c.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{record.ID}})
	if err != nil {
		return err
	}
	return deleteObservedInternetGateway(ctx, c, record, types.InternetGateway{Attachments: slices.Concat(attachments(out.InternetGateways)...)})
}

// deleteObservedInternetGateway detaches the gateway first, as AWS demands.
func deleteObservedInternetGateway(ctx context.Context, c *awsapi.Clients, record resource.Record, l types.InternetGateway) error {
	for _, attachment := range l.Attachments {
		_, err := c.EC2.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{
			InternetGatewayId: &record.ID, VpcId: attachment.VpcId,
		})
		if err != nil && !awsapi.HasCode(err, "Gateway.NotAttached") && !awsapi.IsNotFound(err) {
			return err
		}
	}
	_, err := c.EC2.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &record.ID})
	return err
}

func attachments(gateways []types.InternetGateway) [][]types.InternetGatewayAttachment {
	var all [][]types.InternetGatewayAttachment
	for _, gateway := range gateways {
		all = append(all, gateway.Attachments)
	}
	return all
}

// internetGatewayBlockers names the interfaces with a public address in its
// VPC: AWS detaches the gateway only when there are none.
func internetGatewayBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	out, err := c.EC2.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{id}})
	if err != nil {
		return nil, unlessNotFound(err)
	}
	var names []resource.Blocker
	for _, attachment := range slices.Concat(attachments(out.InternetGateways)...) {
		found, err := named(networkInterfaces, c, awsapi.Filter(awsapi.FilterVPC, aws.ToString(attachment.VpcId)),
			func(i types.NetworkInterface) *resource.Blocker {
				if !isPublic(i) {
					return nil
				}
				b := nameInterface(i)
				return &b
			})(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	return names, nil
}

// foreignInternetGateways doesn't ask of VPCs that have a gateway which is to be
// deleted: there can't be another.
func foreignInternetGateways(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	ids := deletions.IDs(vpcKind)
	for _, object := range deletions.Objects {
		if live, ok := object.Live.(types.InternetGateway); ok {
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == attachedTo(live) })
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return internetGatewaysIn(c, ids)(ctx)
}

func internetGatewaysIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(internetGateways, c, awsapi.Filter(awsapi.FilterAttachedVPC, vpcs...), every(func(l types.InternetGateway) resource.Blocker {
		return blocker("internet gateway", l.InternetGatewayId, l.OwnerId, l.Tags, "attached")
	}))
}

// internetGatewayFields declares what is compared of an internet gateway.
func internetGatewayFields() []resource.Field {
	return []resource.Field{
		resource.Identity("InternetGatewayId", "OwnerId", "Tags"),
		{Name: "attached VPC", Of: []string{"Attachments"}, How: resource.Repaired, Why: "without it nobody is served"},
	}
}
