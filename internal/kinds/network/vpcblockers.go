package network

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// vpcKind is the name of the kind that all others here are in.
const vpcKind = "vpc"

// vpcBlockers names all that is in the VPC and was not made with it, by each kind's
// Foreign: its main route table, default group and network ACL go with it.
func vpcBlockers(ctx context.Context, c *awsapi.Clients, id string) ([]resource.Blocker, error) {
	deletions := resource.DeletionSet{Objects: []resource.Object{{Key: resource.Key{Kind: vpcKind, Name: id}, ID: id}}}
	var reads []blockers
	for _, kind := range Kinds() {
		if kind.Foreign != nil {
			reads = append(reads, func(ctx context.Context) ([]resource.Blocker, error) { return kind.Foreign(ctx, c, deletions) })
		}
	}
	return gather(ctx, reads...)
}

// foreignToVPC names what is in the VPCs and is of no kind that we make, and
// VPCs of ours that lost their tags.
func foreignToVPC(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	ids := deletions.IDs(vpcKind)
	if len(ids) == 0 {
		return nil, nil
	}
	gateways := gatewayInterfaces(deletions)
	interfaces := func(ctx context.Context) ([]resource.Blocker, error) {
		found, err := interfacesIn(c, ids)(ctx)
		return slices.DeleteFunc(found, func(b resource.Blocker) bool { return slices.Contains(gateways, b.ID) }), err
	}
	reads := []blockers{interfaces, networkACLsIn(c, ids)}
	if missing := deletions.MissingIDs(vpcKind); len(missing) > 0 {
		reads = append(reads, named(vpcs, c, awsapi.Filter(awsapi.FilterVPC, missing...), every(func(l types.Vpc) resource.Blocker {
			return blocker("VPC", l.VpcId, l.OwnerId, l.Tags, aws.ToString(l.CidrBlock))
		})))
	}
	return gather(ctx, reads...)
}

func interfacesIn(c *awsapi.Clients, vpcs []string) blockers {
	return func(ctx context.Context) ([]resource.Blocker, error) {
		found, err := awsapi.InterfacesIn(ctx, c, vpcs)
		blockers := make([]resource.Blocker, len(found))
		for i := range found {
			blockers[i] = nameInterface(found[i])
		}
		return blockers, err
	}
}

func networkACLsIn(c *awsapi.Clients, vpcs []string) blockers {
	return named(networkACLs, c, awsapi.Filter(awsapi.FilterVPC, vpcs...), func(l types.NetworkAcl) *resource.Blocker {
		if aws.ToBool(l.IsDefault) {
			return nil
		}
		b := blocker("network ACL", l.NetworkAclId, l.OwnerId, l.Tags)
		return &b
	})
}

// unlessGone leaves out what AWS still lists after it was deleted.
func unlessGone(b resource.Blocker, status resource.Status) *resource.Blocker {
	if status.Phase == resource.Gone {
		return nil
	}
	b.Transient = status.Phase == resource.Deleting
	return &b
}
