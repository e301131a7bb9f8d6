package fault

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// zoneScenario cuts a zone's subnets off: they get a network ACL that denies
// everything, as AWS's own fault injection does.
// Source: AWS Fault Injection Service User Guide, "aws:network:disrupt-connectivity".
func zoneScenario() Scenario {
	return Scenario{Effect: predict.Silent, Prepare: prepareZone, Mark: markSubnets, Inject: cutOff, Restore: reconnect}
}

// prepareZone notes the network ACLs as they are.
func prepareZone(ctx context.Context, c *awsapi.Clients, e *Entry) error {
	if len(e.Subnets) == 0 {
		return &Unsteady{Reasons: []string{"there is no subnet to cut off in " + e.Zone()}}
	}
	acls, err := networkACLs(ctx, c, awsapi.Filter("association.subnet-id", subnetIDs(e.Subnets)...))
	if err != nil {
		return err
	}
	association := ""
	for i, subnet := range e.Subnets {
		acl, now, found := associationOf(acls, subnet.ID)
		if !found {
			return fmt.Errorf("subnet %s has no network ACL", subnet.ID)
		}
		e.Subnets[i].ACL, association = acl, now
	}
	return prepareCut(ctx, c, e, association)
}

// markSubnets notes on each subnet the network ACL that it has to get back.
func markSubnets(ctx context.Context, c *awsapi.Clients, e Entry) error {
	for _, subnet := range e.Subnets {
		if err := markAs(ctx, c, e.mark(subnet.ACL), subnet.ID); err != nil {
			return err
		}
	}
	return nil
}

// cutOff returns when a look shows that every subnet has the drill's network ACL.
// What a look shows may be older than the last change, so an association that is
// no more is looked for again.
func cutOff(ctx context.Context, c *awsapi.Clients, e Entry) error {
	acl, err := denyAll(ctx, c, e)
	if err != nil {
		return fmt.Errorf("make the network ACL that cuts %s off: %w", e.Zone(), err)
	}
	return until(ctx, RestoreTimeout, fmt.Sprintf("%v to be cut off", subnetIDs(e.Subnets)), func(ctx context.Context) (bool, error) {
		acls, err := networkACLs(ctx, c, awsapi.Filter("association.subnet-id", subnetIDs(e.Subnets)...))
		if err != nil {
			return false, err
		}
		done := true
		for _, subnet := range e.Subnets {
			now, association, found := associationOf(acls, subnet.ID)
			if !found || now == acl {
				continue // not found: it hangs on one that isn't listed yet, which is the drill's
			}
			done = false
			if _, err := replace(ctx, c, association, acl); err != nil {
				return false, fmt.Errorf("cut subnet %s off: %w", subnet.ID, err)
			}
		}
		return done, nil
	})
}

// replace gives a subnet another network ACL. It is false where the association
// is no more: another one took its place.
func replace(ctx context.Context, c *awsapi.Clients, association, acl string) (bool, error) {
	_, err := write(ctx, func(ctx context.Context) (*ec2.ReplaceNetworkAclAssociationOutput, error) {
		return c.EC2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &association, NetworkAclId: &acl})
	})
	if awsapi.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// denyAll makes the drill's network ACL, or finds the one that it made already:
// the token is the drill's name. A new one has no rules of its own, and so denies
// everything.
// Source: Amazon VPC User Guide, "Custom network ACLs".
func denyAll(ctx context.Context, c *awsapi.Clients, e Entry) (id string, err error) {
	made, err := write(ctx, func(ctx context.Context) (*ec2.CreateNetworkAclOutput, error) {
		return c.EC2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
			VpcId: &e.VPC, ClientToken: &e.ID, TagSpecifications: awsapi.TagEC2(types.ResourceTypeNetworkAcl, e.tagsOf()),
		})
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(made.NetworkAcl.NetworkAclId), nil
}

// reconnect gives each subnet its network ACL back, and deletes the drill's. That
// AWS lets it be deleted proves that no subnet hangs on it any more, whatever a
// look shows.
func reconnect(ctx context.Context, c *awsapi.Clients, e Entry) error {
	err := until(ctx, RestoreTimeout, fmt.Sprintf("%v to be connected again", subnetIDs(e.Subnets)), func(ctx context.Context) (bool, error) {
		return reconnectNow(ctx, c, e)
	})
	if err != nil {
		return err
	}
	return unmark(ctx, c, subnetIDs(e.Subnets)...)
}

func reconnectNow(ctx context.Context, c *awsapi.Clients, e Entry) (done bool, err error) {
	acls, err := networkACLs(ctx, c, awsapi.Filter("vpc-id", e.VPC))
	if err != nil {
		return false, err
	}
	normal := ""
	var drills []types.NetworkAcl
	there := map[string]bool{}
	for _, acl := range acls {
		id, tags := aws.ToString(acl.NetworkAclId), awsapi.FromEC2(acl.Tags)
		if tags[awsapi.TagDrill] != "" && tags[awsapi.TagPlatform] == e.Platform {
			drills = append(drills, acl)
			continue
		}
		if there[id] = true; aws.ToBool(acl.IsDefault) {
			normal = id
		}
	}
	var leftover []string
	done = true
	for _, acl := range drills {
		leftover = append(leftover, aws.ToString(acl.NetworkAclId))
		// All that hangs on it, whether the entry knows it or not.
		for _, association := range acl.Associations {
			back := normal
			if before := e.aclOf(aws.ToString(association.SubnetId)); there[before] {
				back = before // or its own was deleted meanwhile
			}
			ok, err := replace(ctx, c, aws.ToString(association.NetworkAclAssociationId), back)
			if err != nil {
				return false, fmt.Errorf("give subnet %s the network ACL %s back: %w", aws.ToString(association.SubnetId), back, err)
			}
			done = done && ok
		}
	}
	if len(leftover) == 0 {
		// A drill that was killed just after it made the network ACL may have left
		// one that isn't listed yet. The same token gets it, or makes one.
		acl, err := denyAll(ctx, c, e)
		switch {
		case err == nil:
			leftover = append(leftover, acl)
		case neverMade(err):
			return true, nil
		default:
			return false, fmt.Errorf("look for the drill's network ACL: %w", err)
		}
	}
	for _, acl := range leftover {
		_, err := c.EC2.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &acl})
		switch {
		case awsapi.IsInUse(err): // a subnet hangs on it that isn't listed so yet
			done = false
		case err != nil && !awsapi.IsNotFound(err):
			return false, fmt.Errorf("delete the drill's network ACL %s: %w", acl, err)
		}
	}
	return done, nil
}

// neverMade says of a refusal to make what a token may have made already that
// there is none: it was deleted, or its VPC was, or AWS would have refused the
// first call, too.
func neverMade(err error) bool {
	cause := awsapi.CauseOf(err)
	return awsapi.IsNotFound(err) || cause == awsapi.QuotaFull || cause == awsapi.Permission
}

// aclOf is the network ACL that a subnet had before; "" where the entry doesn't
// know it.
func (e Entry) aclOf(subnet string) string {
	for _, s := range e.Subnets {
		if s.ID == subnet {
			return s.ACL
		}
	}
	return ""
}

func networkACLs(ctx context.Context, c *awsapi.Clients, filter types.Filter) ([]types.NetworkAcl, error) {
	pages := ec2.NewDescribeNetworkAclsPaginator(c.EC2, &ec2.DescribeNetworkAclsInput{Filters: []types.Filter{filter}})
	acls, err := awsapi.Collect(ctx, pages, func(page *ec2.DescribeNetworkAclsOutput) []types.NetworkAcl { return page.NetworkAcls })
	if err != nil {
		return nil, fmt.Errorf("look at the network ACLs: %w", err)
	}
	return acls, nil
}

// associationOf finds a subnet's network ACL, and the association of the two.
func associationOf(acls []types.NetworkAcl, subnet string) (acl, association string, found bool) {
	for _, candidate := range acls {
		for _, a := range candidate.Associations {
			if aws.ToString(a.SubnetId) == subnet {
				return aws.ToString(candidate.NetworkAclId), aws.ToString(a.NetworkAclAssociationId), true
			}
		}
	}
	return "", "", false
}

func subnetIDs(subnets []Subnet) []string {
	var ids []string
	for _, s := range subnets {
		ids = append(ids, s.ID)
	}
	return ids
}
