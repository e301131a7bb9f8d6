package network

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// VPC is a network of its own, with DNS, whose default security group lets
// nothing through.
type VPC struct {
	// CIDR is its IPv4 range, /16 to /28.
	CIDR netip.Prefix
}

// Refs is empty: a VPC depends on nothing.
func (VPC) Refs() []resource.Ref { return nil }

// LiveVPC is a VPC with what DescribeVpcs doesn't tell of it.
type LiveVPC struct {
	types.Vpc
	DNSSupport   bool
	DNSHostnames bool
	// DefaultGroup is the security group that AWS made with the VPC. It can't
	// be deleted, and carries none of our tags, so it belongs to the VPC here.
	DefaultGroup types.SecurityGroup
	// DefaultACL is the network ACL that AWS made with the VPC, and gives to each new
	// subnet. It is the VPC's as the group is; empty where it isn't listed yet.
	DefaultACL types.NetworkAcl
	// basic says that the default security group wasn't asked for.
	basic bool
}

// VPCKind is the kind of VPCs.
func VPCKind() resource.Kind[VPC, LiveVPC] {
	return resource.Kind[VPC, LiveVPC]{
		Traits: resource.Traits{
			Name:       vpcKind,
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "vpcconsole#VpcDetails:VpcId=", List: "vpcconsole#vpcs:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkAcls"},
				Make:   []string{"ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:CreateTags", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"},
				Change: []string{"ec2:CreateNetworkAclEntry", "ec2:ReplaceNetworkAclEntry", "ec2:DeleteNetworkAclEntry"},
				Delete: []string{"ec2:DeleteVpc"},
			},
			Compared:      vpcFields(),
			Quotas:        []resource.Quota{{Service: "vpc", Code: "L-F678F1CE", Name: "VPCs per Region", Refusals: []string{"VpcLimitExceeded"}, Used: counted(vpcs)}},
			NotIdempotent: true,
			Waiting:       resource.Waiting{Ready: vpcReady(), PollStatus: pollVPCs},
			Removal:       resource.Removal{Delete: deleteVPC, Blockers: vpcBlockers, Foreign: foreignToVPC, DryRun: dryRun("ec2:DeleteVpc", dryRunVPC)},
		},
		Reading: resource.Reading[LiveVPC]{
			List:      listVPCs,
			ListBasic: listBasicVPCs,
			ID:        func(l LiveVPC) string { return aws.ToString(l.VpcId) },
			Tags:      func(l LiveVPC) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status:    vpcStatus,
		},
		Writing: resource.Writing[VPC, LiveVPC]{
			Diff:      diffVPC,
			Create:    createVPC,
			AsCreated: vpcAsCreated,
			Update:    updateVPC,
			Retag:     awsapi.RetagEC2,
		},
	}
}

// vpcReady is how long a new VPC is pending: logs of Terraform that people published
// show a creation to take 1 to 3 s.
func vpcReady() resource.Expectation {
	return resource.Expectation{Least: 500 * time.Millisecond, Usual: time.Second, Most: 5 * time.Second}
}

func vpcs(ctx context.Context, c *awsapi.Clients, filters ...types.Filter) ([]types.Vpc, error) {
	return awsapi.Collect(ctx, ec2.NewDescribeVpcsPaginator(c.EC2, &ec2.DescribeVpcsInput{Filters: filters}),
		func(page *ec2.DescribeVpcsOutput) []types.Vpc { return page.Vpcs })
}

// ownedVPCs is one read for the VPCs and for the network ACLs in them.
func ownedVPCs(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.Vpc, error) {
	return awsapi.Once(ctx, c, "VPCs of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) ([]types.Vpc, error) {
		return vpcs(ctx, c, awsapi.OwnedBy(owner))
	})
}

func listVPCs(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveVPC, error) {
	vpcs, err := ownedVPCs(ctx, c, owner)
	if err != nil || len(vpcs) == 0 {
		return nil, err
	}
	lives := make([]LiveVPC, len(vpcs))
	ids := make([]string, len(vpcs))
	var defaults []types.SecurityGroup
	var acls []types.NetworkAcl
	shared := ctx // others share the network ACLs
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		acls, err = ownedNetworkACLs(shared, c, owner)
		return err
	})
	for i, vpc := range vpcs {
		live := &lives[i]
		live.Vpc, ids[i] = vpc, aws.ToString(vpc.VpcId)
		group.Go(func() error {
			out, err := vpcAttribute(ctx, c, ids[i], types.VpcAttributeNameEnableDnsSupport)
			live.DNSSupport = err == nil && isOn(out.EnableDnsSupport)
			return unlessNotFound(err)
		})
		group.Go(func() error {
			out, err := vpcAttribute(ctx, c, ids[i], types.VpcAttributeNameEnableDnsHostnames)
			live.DNSHostnames = err == nil && isOn(out.EnableDnsHostnames)
			return unlessNotFound(err)
		})
	}
	group.Go(func() (err error) {
		defaults, err = securityGroups(ctx, c,
			awsapi.Filter(awsapi.FilterVPC, ids...), awsapi.Filter(awsapi.FilterGroupName, defaultGroup))
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range lives {
		for _, found := range defaults {
			if aws.ToString(found.VpcId) == ids[i] {
				lives[i].DefaultGroup = found
			}
		}
		lives[i].DefaultACL = defaultACLOf(acls, ids[i])
	}
	return lives, nil
}

// listBasicVPCs leaves out the attributes and the default security groups.
func listBasicVPCs(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveVPC, error) {
	vpcs, err := vpcs(ctx, c, awsapi.OwnedBy(owner))
	lives := make([]LiveVPC, len(vpcs))
	for i, vpc := range vpcs {
		lives[i] = LiveVPC{Vpc: vpc, basic: true}
	}
	return lives, err
}

// pollVPCs asks for the VPCs' states alone. Whether the default security group of
// an available one is there, List has to tell, or an update that found it.
func pollVPCs(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, _ string) (map[string]resource.Status, error) {
	vpcs, err := vpcs(ctx, c, awsapi.OwnedBy(owner))
	statuses := map[string]resource.Status{}
	for _, vpc := range vpcs {
		statuses[aws.ToString(vpc.VpcId)] = vpcState(vpc)
	}
	return statuses, err
}

func vpcAttribute(ctx context.Context, c *awsapi.Clients, id string, name types.VpcAttributeName) (*ec2.DescribeVpcAttributeOutput, error) {
	return c.EC2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &id, Attribute: name})
}

func isOn(value *types.AttributeBooleanValue) bool { return value != nil && aws.ToBool(value.Value) }

// unlessNotFound lets a VPC stay in the list whose details can't be read,
// because it is so new, or just going: what is listed must never be dropped.
func unlessNotFound(err error) error {
	if awsapi.IsNotFound(err) {
		return nil
	}
	return err
}

func vpcStatus(l LiveVPC) resource.Status {
	if status := vpcState(l.Vpc); status.Phase != resource.Ready || l.DefaultGroup.GroupId != nil || l.basic {
		return status
	}
	return resource.Status{Phase: resource.Pending, Reason: "its default security group is not listed yet"}
}

func vpcState(vpc types.Vpc) resource.Status {
	if vpc.State != types.VpcStateAvailable {
		return resource.Status{Phase: resource.Pending, Reason: string(vpc.State)}
	}
	return resource.Status{Phase: resource.Ready}
}

func diffVPC(s VPC, l LiveVPC, _ resource.IDs) []resource.Change {
	changes := resource.Fixed("CIDR", s.CIDR.String(), aws.ToString(l.CidrBlock))
	for _, attribute := range []struct {
		field string
		on    bool
	}{{"DNS support", l.DNSSupport}, {"DNS hostnames", l.DNSHostnames}} {
		if !attribute.on {
			changes = append(changes, resource.Change{Field: attribute.field, Want: strconv.FormatBool(true), Have: strconv.FormatBool(false)})
		}
	}
	if rules := defaultRules(l); len(rules) > 0 {
		changes = append(changes, resource.Change{Field: "default security group rules", Have: strings.Join(rules, "; ")})
	}
	return append(changes, entryChanges(l.DefaultACL)...)
}

// defaultRules are the rules of the default security group, as text.
func defaultRules(l LiveVPC) []string {
	var rules []string
	for _, direction := range directions() {
		for _, p := range flatten(direction.of(l.DefaultGroup)) {
			rules = append(rules, direction.name+" "+p.String())
		}
	}
	return rules
}

func createVPC(ctx context.Context, call resource.Call[VPC]) (string, error) {
	out, err := call.Clients.EC2.CreateVpc(ctx, &ec2.CreateVpcInput{
		CidrBlock:         aws.String(call.Spec.CIDR.String()),
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeVpc, call.Tags),
	}, awsapi.WithoutToken)
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Vpc.VpcId), nil
}

// vpcAsCreated has what AWS gives each new VPC: DNS support without hostnames, and a default
// security group, whose ID the reply doesn't say.
func vpcAsCreated(call resource.Call[VPC], id string) LiveVPC {
	return LiveVPC{
		Vpc:          types.Vpc{VpcId: &id, CidrBlock: aws.String(call.Spec.CIDR.String()), State: types.VpcStatePending},
		DNSSupport:   true,
		DefaultGroup: newGroup(nil),
	}
}

// updateVPC sets the attributes one call each, as AWS demands, and DNS support
// first, because DNS hostnames depend on it.
func updateVPC(ctx context.Context, call resource.Call[VPC], l LiveVPC, _ []resource.Change) error {
	on := &types.AttributeBooleanValue{Value: aws.Bool(true)}
	if !l.DNSSupport {
		if _, err := call.Clients.EC2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: l.VpcId, EnableDnsSupport: on}); err != nil {
			return err
		}
	}
	if !l.DNSHostnames {
		if _, err := call.Clients.EC2.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: l.VpcId, EnableDnsHostnames: on}); err != nil {
			return err
		}
	}
	if err := restoreEntries(ctx, call, l.DefaultACL); err != nil {
		return err
	}
	group := l.DefaultGroup
	if group.GroupId == nil {
		var err error
		if group, err = defaultGroupOf(ctx, call.Clients, aws.ToString(l.VpcId)); err != nil {
			return err
		}
		if len(group.IpPermissions) == 0 || len(group.IpPermissionsEgress) == 0 {
			call.Unconfirmed() // AWS gives it rules of both sorts, and may not show them yet
		}
	}
	return revokeAll(ctx, call.Clients, group)
}

// defaultGroupOf is a VPC's default security group; the error is an Unseen where AWS
// doesn't list it yet.
func defaultGroupOf(ctx context.Context, c *awsapi.Clients, vpc string) (types.SecurityGroup, error) {
	found, err := securityGroups(ctx, c, awsapi.Filter(awsapi.FilterVPC, vpc), awsapi.Filter(awsapi.FilterGroupName, defaultGroup))
	if err != nil {
		return types.SecurityGroup{}, err
	}
	if len(found) == 0 {
		return types.SecurityGroup{}, &awsapi.Unseen{Err: fmt.Errorf("the default security group of %s is not listed", vpc)}
	}
	return found[0], nil
}

func deleteVPC(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.EC2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &record.ID})
	return err
}

// vpcFields declares what is compared of a VPC.
func vpcFields() []resource.Field {
	return []resource.Field{
		resource.Identity("VpcId", "OwnerId", "State", "IsDefault", "Tags"),
		{Name: "CIDR", Of: []string{"CidrBlock"}, How: resource.Repaired, Why: "AWS can't change it: another VPC takes its place"},
		{Name: "DNS support", Of: []string{"DNSSupport"}, How: resource.Repaired, Why: "without it instances find no package repository"},
		{Name: "DNS hostnames", Of: []string{"DNSHostnames"}, How: resource.Repaired, Why: "private names of AWS's services need it"},
		{Name: "default security group rules", Of: []string{"DefaultGroup"}, How: resource.Repaired, Why: "they decide who gets in: none are there"},
		{Name: "network ACL *", Of: []string{"DefaultACL"}, How: resource.Repaired, Why: "entries of the default network ACL decide who gets in: they are those that AWS makes, 100 allows all"},
		{Name: "DHCP options", Of: []string{"DhcpOptionsId"}, How: resource.Ignored, Why: "the operator's choice of resolver"},
		{Name: "block public access", Of: []string{"BlockPublicAccessStates"}, How: resource.Ignored, Why: "the account's own setting, not the platform's"},
		{Name: "further ranges, tenancy, encryption control", Of: []string{"CidrBlockAssociationSet", "Ipv6CidrBlockAssociationSet", "InstanceTenancy", "EncryptionControl"}, How: resource.Ignored, Why: "no subnet of the platform is in them, or they say where instances run"},
	}
}
