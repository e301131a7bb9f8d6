package fault

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
)

// This file asks, before the load begins, whether AWS would refuse the fault or its
// restoring.

// prepareStop refuses where a victim can't be stopped, or not be started again.
func prepareStop(ctx context.Context, c *awsapi.Clients, e *Entry) error {
	blockers, err := compute.StopProtected(ctx, c, e.Instances())
	if err != nil && awsapi.CauseOf(err) != awsapi.Permission && !awsapi.IsUnknownOperation(err) {
		return fmt.Errorf("ask whether %v may be stopped: %w", e.Instances(), err)
	}
	ids := e.Instances()
	lacking, err := denied(ctx, c, "instance", ids[0],
		try{"ec2:StopInstances", func(ctx context.Context) error {
			_, err := c.EC2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids, DryRun: aws.Bool(true)})
			return err
		}},
		try{"ec2:StartInstances", func(ctx context.Context) error {
			_, err := c.EC2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids, DryRun: aws.Bool(true)})
			return err
		}})
	return refused(append(blockers, lacking...), err)
}

// prepareCut refuses where the subnets can't get another network ACL.
func prepareCut(ctx context.Context, c *awsapi.Clients, e *Entry, association string) error {
	subnet := e.Subnets[0]
	lacking, err := denied(ctx, c, "subnet", subnet.ID,
		try{"ec2:CreateNetworkAcl", func(ctx context.Context) error {
			_, err := c.EC2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
				VpcId: &e.VPC, TagSpecifications: awsapi.TagEC2(types.ResourceTypeNetworkAcl, e.tagsOf()), DryRun: aws.Bool(true),
			})
			return err
		}},
		try{"ec2:ReplaceNetworkAclAssociation", func(ctx context.Context) error {
			_, err := c.EC2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{
				AssociationId: &association, NetworkAclId: &subnet.ACL, DryRun: aws.Bool(true),
			})
			return err
		}})
	return refused(lacking, err)
}

// try is one dry run of EC2's.
type try struct {
	action string
	call   func(context.Context) error
}

// denied are the actions that the caller may not do, on an object that stands for all.
func denied(ctx context.Context, c *awsapi.Clients, kind, id string, tries ...try) ([]resource.Blocker, error) {
	if !c.DryRuns {
		return nil, nil
	}
	var blockers []resource.Blocker
	for _, t := range tries {
		asking, cancel := context.WithTimeout(awsapi.WithPatience(ctx, preflight.Budget), preflight.Budget)
		err := t.call(asking)
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if awsapi.CauseOf(err) == awsapi.Permission {
			blockers = append(blockers, resource.Blocker{
				Type: kind, ID: id, Protection: "the caller lacks the permission " + t.action,
				Lift: "allow it; docs/aws-policy-drill.json has all permissions that a drill needs",
			})
		}
	}
	return blockers, nil
}

func refused(blockers []resource.Blocker, err error) error {
	if err == nil && len(blockers) > 0 {
		return &preflight.Blocked{Blockers: blockers}
	}
	return err
}
