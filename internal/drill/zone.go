package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// zoneScenario cuts a zone's subnets off: they get a network ACL that denies
// everything, as AWS's own fault injection does.
// Source: AWS Fault Injection Service User Guide, "aws:network:disrupt-connectivity".
func zoneScenario() scenario {
	return scenario{effect: predict.Silent, prepare: prepareZone, inject: cutOff, mend: reconnect}
}

// prepareZone notes the network ACLs as they are.
func prepareZone(ctx context.Context, c *awsapi.Clients, e *Entry) error {
	if len(e.Subnets) == 0 {
		return &Unsteady{[]string{"there is no subnet to cut off in " + e.zone()}}
	}
	acls, err := networkACLs(ctx, c, awsapi.Filter("association.subnet-id", subnetIDs(e.Subnets)...))
	if err != nil {
		return err
	}
	for i, subnet := range e.Subnets {
		acl, _, found := associationOf(acls, subnet.ID)
		if !found {
			return fmt.Errorf("subnet %s has no network ACL", subnet.ID)
		}
		e.Subnets[i].ACL = acl
	}
	e.Token = e.ID
	return nil
}

func cutOff(ctx context.Context, c *awsapi.Clients, e Entry) error {
	for _, subnet := range e.Subnets {
		if err := markAs(ctx, c, e.mark(subnet.ACL), subnet.ID); err != nil {
			return err
		}
	}
	acl, err := denyAll(ctx, c, e)
	if err != nil {
		return err
	}
	return associate(ctx, c, e.Subnets, func(Subnet) string { return acl })
}

// denyAll makes the drill's network ACL, or finds the one that it made already:
// its token is the entry's. A new one has no rules of its own, and so denies
// everything.
// Source: Amazon VPC User Guide, "Custom network ACLs".
func denyAll(ctx context.Context, c *awsapi.Clients, e Entry) (id string, err error) {
	made, err := c.EC2.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
		VpcId: &e.VPC, ClientToken: &e.Token, TagSpecifications: awsapi.TagEC2(types.ResourceTypeNetworkAcl, e.tagsOf()),
	})
	if err != nil {
		return "", fmt.Errorf("make the network ACL that cuts %s off: %w", e.zone(), err)
	}
	return aws.ToString(made.NetworkAcl.NetworkAclId), nil
}

// reconnect gives each subnet its network ACL back, and deletes the drill's.
func reconnect(ctx context.Context, c *awsapi.Clients, e Entry) error {
	acls, err := networkACLs(ctx, c, awsapi.Filter("vpc-id", e.VPC))
	if err != nil {
		return err
	}
	normal := ""
	there := map[string]bool{}
	var drills []types.NetworkAcl
	for _, acl := range acls {
		switch {
		case awsapi.FromEC2(acl.Tags)[TagDrill] != "" && awsapi.FromEC2(acl.Tags)[awsapi.TagPlatform] == e.Platform:
			drills = append(drills, acl)
			continue
		case aws.ToBool(acl.IsDefault):
			normal = aws.ToString(acl.NetworkAclId)
		}
		there[aws.ToString(acl.NetworkAclId)] = true
	}
	// All that hangs on the drill's, whether the entry knows it or not.
	var cut []Subnet
	for _, acl := range drills {
		for _, association := range acl.Associations {
			subnet := Subnet{ID: aws.ToString(association.SubnetId)}
			if i := slices.IndexFunc(e.Subnets, func(s Subnet) bool { return s.ID == subnet.ID }); i >= 0 {
				subnet = e.Subnets[i]
			}
			cut = append(cut, subnet)
		}
	}
	err = associate(ctx, c, cut, func(s Subnet) string {
		if there[s.ACL] {
			return s.ACL
		}
		return normal // its own was deleted meanwhile
	})
	if err != nil {
		return err
	}
	var leftover []string
	for _, acl := range drills {
		leftover = append(leftover, aws.ToString(acl.NetworkAclId))
	}
	if len(leftover) == 0 && e.Token != "" {
		// A drill that was killed just after it made the network ACL may have left
		// one that isn't listed yet. The same token gets it, or makes one.
		acl, err := denyAll(ctx, c, e)
		if err != nil && !awsapi.IsNotFound(err) {
			return err
		}
		leftover = append(leftover, acl)
	}
	for _, acl := range leftover {
		_, err := c.EC2.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &acl})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("delete the drill's network ACL %s: %w", acl, err)
		}
	}
	return unmark(ctx, c, subnetIDs(e.Subnets)...)
}

// associate gives subnets their network ACLs, and returns when a look shows that
// they have them. What a look shows may be older than the last change, so an
// association that is no more is looked for again.
func associate(ctx context.Context, c *awsapi.Clients, subnets []Subnet, to func(Subnet) string) error {
	if len(subnets) == 0 {
		return nil
	}
	return until(ctx, mendTimeout, fmt.Sprintf("%v to have their network ACLs", subnetIDs(subnets)), func(ctx context.Context) (bool, error) {
		acls, err := networkACLs(ctx, c, awsapi.Filter("association.subnet-id", subnetIDs(subnets)...))
		if err != nil {
			return false, err
		}
		done := true
		for _, subnet := range subnets {
			acl, association, found := associationOf(acls, subnet.ID)
			want := to(subnet)
			if !found || acl == want {
				continue // a subnet that is gone isn't cut off
			}
			done = false
			_, err := c.EC2.ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &association, NetworkAclId: &want})
			if err != nil && !awsapi.IsNotFound(err) {
				return false, fmt.Errorf("give subnet %s the network ACL %s: %w", subnet.ID, want, err)
			}
		}
		return done, nil
	})
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
