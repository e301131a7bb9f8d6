package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"

	"bytes"
)

// TestPolicies_FitAWS holds what AWS asks of a managed policy beyond its grammar: its size, in characters without white space.
// Source: IAM User Guide, "IAM and AWS STS quotas".
func TestPolicies_FitAWS(t *testing.T) {
	for _, name := range []string{policyUp, policyDrill, policyRepair, policyHTTPS, policyGroups, policyLogs, policyMonitoring} {
		readPolicy(t, name)
		text, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			t.Fatal(err)
		}
		if compact.Len() > 6144 {
			t.Errorf("%s has %d characters, 6,144 at most", name, compact.Len())
		}
	}
}

// property is what somebody else, or the platform, has in the account.
type property struct {
	vpc, subnet, acl, association, group, table, gateway, instance *string
	balancer, targets, listener, rule                              *string
}

const trustEC2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// must returns a value, or fails the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// settle makes a VPC with what a service needs, with tags.
func settle(t *testing.T, s *story, cidr, subnet string, tags map[string]string) (p property) {
	t.Helper()
	ctx := t.Context()
	specs := func(kinds ...ec2types.ResourceType) (all []ec2types.TagSpecification) {
		for _, kind := range kinds {
			spec := ec2types.TagSpecification{ResourceType: kind}
			for key, value := range tags {
				spec.Tags = append(spec.Tags, ec2types.Tag{Key: &key, Value: &value})
			}
			all = append(all, spec)
		}
		return all
	}
	p.vpc = must(s.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr, TagSpecifications: specs("vpc")}))(t).Vpc.VpcId
	p.subnet = must(s.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: p.vpc, CidrBlock: &subnet, AvailabilityZone: aws.String("us-east-1a"), TagSpecifications: specs("subnet")}))(t).Subnet.SubnetId
	p.group = must(s.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: p.vpc, GroupName: aws.String("web"), Description: aws.String("web"), TagSpecifications: specs("security-group")}))(t).GroupId
	p.table = must(s.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: p.vpc, TagSpecifications: specs("route-table")}))(t).RouteTable.RouteTableId
	p.gateway = must(s.ec2.CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: specs("internet-gateway")}))(t).InternetGateway.InternetGatewayId
	must(s.ec2.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: p.gateway, VpcId: p.vpc}))(t)
	acls := must(s.ec2.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{*p.vpc}}}}))(t).NetworkAcls
	p.acl, p.association = acls[0].NetworkAclId, acls[0].Associations[0].NetworkAclAssociationId
	return p
}

// serve adds an instance that Systems Manager could manage, and a load balancer.
func serve(t *testing.T, s *story, p *property) {
	t.Helper()
	ctx := t.Context()
	role := aws.String("legacy-web")
	must(s.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trustEC2)}))(t)
	must(s.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")}))(t)
	must(s.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: role}))(t)
	must(s.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: role, RoleName: role}))(t)
	images := must(s.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images
	p.instance = must(s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: images[0].ImageId, InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: p.subnet, SecurityGroupIds: []string{*p.group}}))(t).Instances[0].InstanceId
	second := must(s.ec2.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: p.vpc, CidrBlock: aws.String("10.1.2.0/24"), AvailabilityZone: aws.String("us-east-1b")}))(t).Subnet.SubnetId
	p.balancer = must(s.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("other-alb"), Subnets: []string{*p.subnet, *second}, SecurityGroups: []string{*p.group}}))(t).LoadBalancers[0].LoadBalancerArn
	p.targets = must(s.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: aws.String("other-web"), VpcId: p.vpc, Protocol: "HTTP", Port: aws.Int32(80), TargetType: "instance"}))(t).TargetGroups[0].TargetGroupArn
	p.listener = must(s.elb.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: p.balancer, Port: aws.Int32(80), Protocol: "HTTP", DefaultActions: elsewhere()}))(t).Listeners[0].ListenerArn
	p.rule = must(s.elb.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: p.listener, Priority: aws.Int32(1), Actions: elsewhere(),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/x"}}}}))(t).Rules[0].RuleArn
}

// TestPolicies_RefuseEscalations tries what the policies of the documents must not let anybody do to what is not of a platform,
// with all of them at once.
func TestPolicies_RefuseEscalations(t *testing.T) {
	t.Parallel()
	o := newOperator(t, policyUp, policyDrill, policyRepair, policyHTTPS)
	s := o.anybody
	own := settle(t, s, "10.0.0.0/16", "10.0.1.0/24", map[string]string{"platformctl:platform": "shop", "Name": "shop"})
	o.name(*own.vpc)
	o.cloud.SetPolicies(nil)
	theirs := settle(t, s, "10.1.0.0/16", "10.1.1.0/24", map[string]string{"Name": "other"})
	serve(t, s, &theirs)
	names := namesAt(o.cloud.Endpoint)
	certificate := must(names.acm.RequestCertificate(t.Context(), &acm.RequestCertificateInput{DomainName: aws.String("other.example.localhost"), ValidationMethod: "DNS"}))(t).CertificateArn
	o.cloud.SetPolicies(o.policies)

	legacy, core := aws.String("legacy-web"), aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
	ours := aws.String("shop-us-east-1-web")
	path, trust := aws.String("/platformctl/"), aws.String(trustEC2)
	taken := []ec2types.Tag{{Key: aws.String("platformctl:platform"), Value: aws.String("shop")}}
	must(s.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ours, Path: path, AssumeRolePolicyDocument: trust}))(t)
	must(s.iam.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: ours, Path: path}))(t)
	ownACL := must(s.ec2.CreateNetworkAcl(t.Context(), &ec2.CreateNetworkAclInput{VpcId: own.vpc, TagSpecifications: []ec2types.TagSpecification{{ResourceType: "network-acl", Tags: taken}}}))(t).NetworkAcl.NetworkAclId
	image := must(s.ec2.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images[0].ImageId
	launch := func(subnet, group, profile *string, tags []ec2types.Tag) func(context.Context) error {
		return func(ctx context.Context) error {
			in := &ec2.RunInstancesInput{ImageId: image, InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), NetworkInterfaces: []ec2types.InstanceNetworkInterfaceSpecification{
				{DeviceIndex: aws.Int32(0), SubnetId: subnet, Groups: []string{*group}}}, DryRun: aws.Bool(true)}
			if profile != nil {
				in.IamInstanceProfile = &ec2types.IamInstanceProfileSpecification{Name: profile}
			}
			if tags != nil {
				for _, kind := range []ec2types.ResourceType{"instance", "volume", "network-interface"} {
					in.TagSpecifications = append(in.TagSpecifications, ec2types.TagSpecification{ResourceType: kind, Tags: tags})
				}
			}
			_, err := s.ec2.RunInstances(ctx, in)
			return err
		}
	}
	command := func(in ssm.SendCommandInput) func(context.Context) error {
		return func(ctx context.Context) error {
			in.DocumentName, in.Parameters = aws.String("AWS-RunShellScript"), map[string][]string{"commands": {"id"}}
			_, err := s.ssm.SendCommand(ctx, &in)
			return err
		}
	}
	entry := func(acl *string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.ec2.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: acl, RuleNumber: aws.Int32(1), Egress: aws.Bool(false), Protocol: aws.String("-1"), RuleAction: "deny", CidrBlock: aws.String("0.0.0.0/0")})
			return err
		}
	}
	world := []ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}

	// That these are allowed shows that the policies refuse the others for whose they are.
	for name, try := range map[string]func(context.Context) error{
		"a launch in its own subnet": launch(own.subnet, own.group, nil, taken),
		"an entry of its own ACL":    entry(own.acl),
	} {
		var dry smithy.APIError
		if err := try(t.Context()); err != nil && (!errors.As(err, &dry) || dry.ErrorCode() != "DryRunOperation") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, try := range map[string]func(context.Context) error{
		// Run commands as root on somebody else's instance.
		"SendCommand":        command(ssm.SendCommandInput{InstanceIds: []string{*theirs.instance}}),
		"SendCommand by tag": command(ssm.SendCommandInput{Targets: []ssmtypes.Target{{Key: aws.String("InstanceIds"), Values: []string{*theirs.instance}}}, InstanceIds: []string{*theirs.instance}}),

		// Get somebody else's role.
		"UpdateAssumeRolePolicy":        done(s.iam.UpdateAssumeRolePolicy, &iam.UpdateAssumeRolePolicyInput{RoleName: legacy, PolicyDocument: trust}),
		"PassRole to a launch":          launch(own.subnet, own.group, legacy, taken),
		"PassRole to a profile":         done(s.iam.AddRoleToInstanceProfile, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: ours, RoleName: legacy}),
		"AttachRolePolicy":              done(s.iam.AttachRolePolicy, &iam.AttachRolePolicyInput{RoleName: legacy, PolicyArn: core}),
		"AttachRolePolicy of more":      done(s.iam.AttachRolePolicy, &iam.AttachRolePolicyInput{RoleName: ours, PolicyArn: aws.String("arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy")}),
		"PutRolePolicy":                 done(s.iam.PutRolePolicy, &iam.PutRolePolicyInput{RoleName: ours, PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}),
		"DetachRolePolicy":              done(s.iam.DetachRolePolicy, &iam.DetachRolePolicyInput{RoleName: legacy, PolicyArn: core}),
		"DeleteRolePermissionsBoundary": done(s.iam.DeleteRolePermissionsBoundary, &iam.DeleteRolePermissionsBoundaryInput{RoleName: legacy}),
		"DeleteRole":                    done(s.iam.DeleteRole, &iam.DeleteRoleInput{RoleName: legacy}),
		"TagRole":                       done(s.iam.TagRole, &iam.TagRoleInput{RoleName: legacy, Tags: []iamtypes.Tag{{Key: taken[0].Key, Value: taken[0].Value}}}),
		"CreateRole without the path":   done(s.iam.CreateRole, &iam.CreateRoleInput{RoleName: aws.String("x-web"), AssumeRolePolicyDocument: trust}),
		"RemoveRoleFromInstanceProfile": done(s.iam.RemoveRoleFromInstanceProfile, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: legacy, RoleName: legacy}),
		"DeleteInstanceProfile":         done(s.iam.DeleteInstanceProfile, &iam.DeleteInstanceProfileInput{InstanceProfileName: legacy}),

		// Make somebody else's object look like the platform's, which all other conditions go by.
		"CreateTags":                done(s.ec2.CreateTags, &ec2.CreateTagsInput{Resources: []string{*theirs.vpc}, Tags: taken}),
		"CreateTags on many":        done(s.ec2.CreateTags, &ec2.CreateTagsInput{Resources: []string{*own.vpc, *theirs.instance}, Tags: taken}),
		"AddTags":                   done(s.elb.AddTags, &elb.AddTagsInput{ResourceArns: []string{*theirs.balancer}, Tags: []elbtypes.Tag{{Key: taken[0].Key, Value: taken[0].Value}}}),
		"DeleteTags of the owner":   done(s.ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{*own.vpc}, Tags: []ec2types.Tag{{Key: taken[0].Key}}}),
		"DeleteTags of all":         done(s.ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{*own.vpc}}),
		"DeleteTags of the drill's": done(s.ec2.DeleteTags, &ec2.DeleteTagsInput{Resources: []string{*theirs.vpc}, Tags: []ec2types.Tag{{Key: aws.String("platformctl:drill")}}}),

		// Cut somebody else's subnet off.
		"ReplaceNetworkAclAssociation": done(s.ec2.ReplaceNetworkAclAssociation, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: theirs.association, NetworkAclId: ownACL}),
		"CreateNetworkAcl":             done(s.ec2.CreateNetworkAcl, &ec2.CreateNetworkAclInput{VpcId: theirs.vpc, TagSpecifications: []ec2types.TagSpecification{{ResourceType: "network-acl", Tags: taken}}}),
		"CreateNetworkAclEntry":        entry(theirs.acl),
		"DeleteNetworkAclEntry":        done(s.ec2.DeleteNetworkAclEntry, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: theirs.acl, RuleNumber: aws.Int32(100), Egress: aws.Bool(false)}),
		"CreateRoute":                  done(s.ec2.CreateRoute, &ec2.CreateRouteInput{RouteTableId: theirs.table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: theirs.gateway}),
		"AssociateRouteTable":          done(s.ec2.AssociateRouteTable, &ec2.AssociateRouteTableInput{RouteTableId: own.table, SubnetId: theirs.subnet}),
		"DetachInternetGateway":        done(s.ec2.DetachInternetGateway, &ec2.DetachInternetGatewayInput{InternetGatewayId: theirs.gateway, VpcId: theirs.vpc}),

		// Get in, look in, or take away.
		"AuthorizeSecurityGroupIngress": done(s.ec2.AuthorizeSecurityGroupIngress, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: theirs.group, IpPermissions: world}),
		"RevokeSecurityGroupEgress":     done(s.ec2.RevokeSecurityGroupEgress, &ec2.RevokeSecurityGroupEgressInput{GroupId: theirs.group, IpPermissions: world}),
		"launch in their subnet":        launch(theirs.subnet, theirs.group, nil, taken),
		"launch with their group":       launch(own.subnet, theirs.group, nil, taken),
		"launch without tags":           launch(own.subnet, own.group, nil, nil),
		"CreateSubnet":                  done(s.ec2.CreateSubnet, &ec2.CreateSubnetInput{VpcId: theirs.vpc, CidrBlock: aws.String("10.1.9.0/24"), TagSpecifications: []ec2types.TagSpecification{{ResourceType: "subnet", Tags: taken}}}),
		"GetConsoleOutput":              done(s.ec2.GetConsoleOutput, &ec2.GetConsoleOutputInput{InstanceId: theirs.instance}),
		"user data":                     done(s.ec2.DescribeInstanceAttribute, &ec2.DescribeInstanceAttributeInput{InstanceId: theirs.instance, Attribute: "userData"}),
		"ModifyInstanceAttribute":       done(s.ec2.ModifyInstanceAttribute, &ec2.ModifyInstanceAttributeInput{InstanceId: theirs.instance, Groups: []string{*own.group}}),
		"StopInstances":                 done(s.ec2.StopInstances, &ec2.StopInstancesInput{InstanceIds: []string{*theirs.instance}}),
		"TerminateInstances":            done(s.ec2.TerminateInstances, &ec2.TerminateInstancesInput{InstanceIds: []string{*theirs.instance}}),
		"DeleteVpc":                     done(s.ec2.DeleteVpc, &ec2.DeleteVpcInput{VpcId: theirs.vpc}),
		"CreateSecurityGroup":           done(s.ec2.CreateSecurityGroup, &ec2.CreateSecurityGroupInput{GroupName: aws.String("x"), Description: aws.String("in the default VPC"), TagSpecifications: []ec2types.TagSpecification{{ResourceType: "security-group", Tags: taken}}}),
		"CreateVpc without tags":        done(s.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}),
		"a secret parameter":            done(s.ssm.GetParameter, &ssm.GetParameterInput{Name: aws.String("/secret")}),

		// Take somebody else's names away, or lead mail elsewhere.
		"DeleteCertificate": done(names.acm.DeleteCertificate, &acm.DeleteCertificateInput{CertificateArn: certificate}),
		"a record for mail": func(ctx context.Context) error {
			return names.change(ctx, route53types.ChangeActionCreate, "example.localhost", route53types.RRTypeMx, "10 mail.example.localhost")
		},

		// Answer for somebody else's load balancer.
		"RegisterTargets":    done(s.elb.RegisterTargets, &elb.RegisterTargetsInput{TargetGroupArn: theirs.targets, Targets: []elbtypes.TargetDescription{{Id: theirs.instance}}}),
		"CreateListener":     done(s.elb.CreateListener, &elb.CreateListenerInput{LoadBalancerArn: theirs.balancer, Port: aws.Int32(81), Protocol: "HTTP", DefaultActions: elsewhere()}),
		"ModifyListener":     done(s.elb.ModifyListener, &elb.ModifyListenerInput{ListenerArn: theirs.listener, DefaultActions: elsewhere()}),
		"DeleteListener":     done(s.elb.DeleteListener, &elb.DeleteListenerInput{ListenerArn: theirs.listener}),
		"DeleteRule":         done(s.elb.DeleteRule, &elb.DeleteRuleInput{RuleArn: theirs.rule}),
		"SetSecurityGroups":  done(s.elb.SetSecurityGroups, &elb.SetSecurityGroupsInput{LoadBalancerArn: theirs.balancer, SecurityGroups: []string{*theirs.group}}),
		"DeleteLoadBalancer": done(s.elb.DeleteLoadBalancer, &elb.DeleteLoadBalancerInput{LoadBalancerArn: theirs.balancer}),
		"DeleteTargetGroup":  done(s.elb.DeleteTargetGroup, &elb.DeleteTargetGroupInput{TargetGroupArn: theirs.targets}),
	} {
		var refusal smithy.APIError
		err := try(t.Context())
		if !errors.As(err, &refusal) || !slices.Contains([]string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}, refusal.ErrorCode()) {
			t.Errorf("%s: got %v, want a refusal for lack of a permission", name, err)
		}
	}
}

// done is a call of the SDK whose reply doesn't matter.
func done[In, Out, Option any](call func(context.Context, *In, ...func(*Option)) (*Out, error), in *In) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := call(ctx, in)
		return err
	}
}
