package services_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// interfaces are the network interfaces of load balancers, by subnet.
func (c *elbCloud) interfaces() map[string]*network.NetworkInterface {
	found := map[string]*network.NetworkInterface{}
	c.update(func(tx *world.Tx) error {
		for _, i := range world.All[network.NetworkInterface](tx) {
			found[i.SubnetID] = i
		}
		return nil
	})
	return found
}

func TestLoadBalancer_CreateModifyDelete(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	made := c.loadBalancer("web")
	if made.State.Code != types.LoadBalancerStateEnumProvisioning || len(made.AvailabilityZones) != 2 || *made.VpcId != c.vpc {
		t.Fatalf("made %+v", made)
	}
	if !regexp.MustCompile(`^web-\d+\.eu-west-1\.elb\.localhost$`).MatchString(*made.DNSName) {
		t.Fatalf("DNS name %s", *made.DNSName)
	}
	c.advance(time.Second)
	found := do(c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{Names: []string{"web"}}))(t).LoadBalancers
	if len(found) != 1 || found[0].State.Code != types.LoadBalancerStateEnumActive || *found[0].LoadBalancerArn != *made.LoadBalancerArn {
		t.Fatalf("found %+v", found)
	}
	node := c.interfaces()[c.a]
	suffix := (*made.LoadBalancerArn)[strings.Index(*made.LoadBalancerArn, "app/"):]
	if node.Description != "ELB "+suffix || node.RequesterID != "amazon-elb" || node.Status != "in-use" || node.Public == nil || node.Groups[0] != c.group {
		t.Fatalf("interface %+v", node)
	}
	// Made again with the same settings it is the same; with others it is refused.
	if again := c.loadBalancer("web"); *again.LoadBalancerArn != *made.LoadBalancerArn {
		t.Fatalf("made twice: %s", *again.LoadBalancerArn)
	}
	_, err := c.CreateLoadBalancer(c.ctx, &sdk.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{c.a, c.b2}, SecurityGroups: []string{c.group}})
	refusedByELB(t, err, "DuplicateLoadBalancerName", "A load balancer with the same name 'web' exists, but with different settings")

	// Subnets move: the node that stays is kept, the one that leaves lingers.
	do(c.SetSubnets(c.ctx, &sdk.SetSubnetsInput{LoadBalancerArn: made.LoadBalancerArn, Subnets: []string{c.b2, c.a}}))(t)
	if now := c.interfaces(); now[c.a].ID != node.ID || now[c.b2] == nil || now[c.b] == nil {
		t.Fatalf("interfaces %v", now)
	}
	c.advance(time.Second)
	if now := c.interfaces(); now[c.b] != nil {
		t.Fatal("the interface of the subnet that was left lingers still")
	}

	// Deletion is refused while protected; then interfaces linger and block their group.
	protect := func(value string) {
		do(c.ModifyLoadBalancerAttributes(c.ctx, &sdk.ModifyLoadBalancerAttributesInput{LoadBalancerArn: made.LoadBalancerArn,
			Attributes: []types.LoadBalancerAttribute{{Key: aws.String("deletion_protection.enabled"), Value: &value}}}))(t)
	}
	remove := func() error {
		_, err := c.DeleteLoadBalancer(c.ctx, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: made.LoadBalancerArn})
		return err
	}
	protect("true")
	refusedByELB(t, remove(), "OperationNotPermitted", "Load balancer '"+*made.LoadBalancerArn+"' cannot be deleted because deletion protection is enabled")
	protect("false")
	for range 2 { // deleting what is gone is a success
		if err := remove(); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{*made.LoadBalancerArn}})
	refusedByELB(t, err, "LoadBalancerNotFound", "Load balancers '["+*made.LoadBalancerArn+"]' not found")
	deleteGroup := func() error {
		return c.world.Update(region, func(tx *world.Tx) error { return network.DeleteSecurityGroup(tx, c.group) })
	}
	if err := deleteGroup(); err == nil || !strings.HasPrefix(err.Error(), "DependencyViolation") {
		t.Fatalf("group deleted under a lingering interface: %v", err)
	}
	c.advance(time.Second)
	if err := deleteGroup(); err != nil || len(c.interfaces()) != 0 {
		t.Fatalf("%v; interfaces %v", err, c.interfaces())
	}
}

func TestLoadBalancer_RefusesInvalidCalls(t *testing.T) {
	c := newELBCloud(t, world.Options{Quotas: world.Quotas{"load_balancers": 1}})
	create := func(change func(*sdk.CreateLoadBalancerInput)) func() error {
		return func() error {
			in := &sdk.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{c.a, c.b}}
			change(in)
			_, err := c.CreateLoadBalancer(c.ctx, in)
			return err
		}
	}
	name := func(name string) func() error {
		return create(func(in *sdk.CreateLoadBalancerInput) { in.Name = &name })
	}
	subnets := func(ids ...string) func() error {
		return create(func(in *sdk.CreateLoadBalancerInput) { in.Subnets = ids })
	}
	arn := "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/no/0123456789abcdef"
	for title, test := range map[string]struct {
		call          func() error
		code, message string
	}{
		"long name":     {name(strings.Repeat("x", 33)), "ValidationError", "The load balancer name '" + strings.Repeat("x", 33) + "' cannot be longer than '32' characters"},
		"characters":    {name("a_b"), "ValidationError", "The load balancer name 'a_b' can only contain characters that are alphanumeric characters and hyphens(-)"},
		"hyphen":        {name("web-"), "ValidationError", ""},
		"internal":      {name("internal-web"), "ValidationError", ""},
		"one subnet":    {subnets(c.a), "ValidationError", "At least two subnets in two different Availability Zones must be specified"},
		"one zone":      {subnets(c.b, c.b2), "InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone"},
		"two VPCs":      {subnets(c.a, c.elsewhere[1]), "InvalidConfigurationRequest", ""},
		"no subnet":     {subnets(c.a, "subnet-0123456789abcdef0"), "SubnetNotFound", "The subnet ID 'subnet-0123456789abcdef0' does not exist"},
		"no gateway":    {subnets(c.elsewhere...), "InvalidSubnet", "VPC " + c.otherVPC + " has no internet gateway"},
		"foreign group": {create(func(in *sdk.CreateLoadBalancerInput) { in.SecurityGroups = []string{c.foreignGroup} }), "InvalidConfigurationRequest", "One or more security groups are invalid"},
		"no group":      {create(func(in *sdk.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-0123456789abcdef0"} }), "InvalidSecurityGroup", ""},
		"network type":  {create(func(in *sdk.CreateLoadBalancerInput) { in.Type = "network" }), "NotSimulated", "platformctl local cloud: load balancer type network is not simulated"},
		"dual stack":    {create(func(in *sdk.CreateLoadBalancerInput) { in.IpAddressType = "dualstack" }), "NotSimulated", ""},
		"names and ARNs": {func() error {
			_, err := c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{Names: []string{"a"}, LoadBalancerArns: []string{arn}})
			return err
		}, "ValidationError", "Load balancer names and load balancer ARNs cannot be specified at the same time"},
		"unknown name": {func() error {
			_, err := c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{Names: []string{"a"}})
			return err
		}, "LoadBalancerNotFound", "Load balancers '[a]' not found"},
		"malformed ARN": {func() error {
			_, err := c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{"x"}})
			return err
		}, "ValidationError", "'x' is not a valid load balancer ARN"},
		"page size": {func() error {
			_, err := c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{PageSize: aws.Int32(401)})
			return err
		}, "ValidationError", ""},
		"absent": {func() error {
			_, err := c.SetSubnets(c.ctx, &sdk.SetSubnetsInput{LoadBalancerArn: &arn, Subnets: []string{c.a, c.b}})
			return err
		}, "LoadBalancerNotFound", "Load balancer '" + arn + "' not found"},
		"absent, tags": {func() error {
			_, err := c.DescribeTags(c.ctx, &sdk.DescribeTagsInput{ResourceArns: []string{arn}})
			return err
		}, "LoadBalancerNotFound", ""},
	} {
		t.Run(title, func(t *testing.T) { refusedByELB(t, test.call(), test.code, test.message) })
	}
	if left := c.interfaces(); len(left) != 0 {
		t.Fatalf("refusals left %d interfaces", len(left))
	}
	// Four interfaces in a subnet of 11 usable addresses leave one too few.
	c.update(func(tx *world.Tx) error {
		for range 4 {
			do(network.CreateInterface(tx, network.NewInterface{SubnetID: c.tiny}))(t)
		}
		return nil
	})
	refusedByELB(t, subnets(c.a, c.tiny)(), "InvalidSubnet", "Not enough IP space available in "+c.tiny+". ELB requires at least 8 free IP addresses in each subnet.")
	c.loadBalancer("one")
	refusedByELB(t, name("two")(), "TooManyLoadBalancers", "")
}

func TestLoadBalancer_Attributes(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	arn := c.loadBalancer("web").LoadBalancerArn
	modify := func(pairs ...string) error {
		in := &sdk.ModifyLoadBalancerAttributesInput{LoadBalancerArn: arn}
		for i := 0; i < len(pairs); i += 2 {
			in.Attributes = append(in.Attributes, types.LoadBalancerAttribute{Key: &pairs[i], Value: &pairs[i+1]})
		}
		_, err := c.ModifyLoadBalancerAttributes(c.ctx, in)
		return err
	}
	if err := modify("idle_timeout.timeout_seconds", "90", "routing.http.drop_invalid_header_fields.enabled", "true"); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, a := range do(c.DescribeLoadBalancerAttributes(c.ctx, &sdk.DescribeLoadBalancerAttributesInput{LoadBalancerArn: arn}))(t).Attributes {
		values[*a.Key] = *a.Value
	}
	for key, want := range map[string]string{
		"idle_timeout.timeout_seconds": "90", "routing.http.drop_invalid_header_fields.enabled": "true",
		"routing.http.desync_mitigation_mode": "defensive", "client_keep_alive.seconds": "3600", "access_logs.s3.bucket": "",
	} {
		if got, ok := values[key]; !ok || got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for _, test := range []struct{ key, value, code string }{
		{"idle_timeout.timeout_seconds", "0", "ValidationError"},
		{"idle_timeout.timeout_seconds", "4001", "ValidationError"},
		{"routing.http.desync_mitigation_mode", "off", "ValidationError"},
		{"load_balancing.cross_zone.enabled", "false", "ValidationError"},
		{"deletion_protection.enabled", "yes", "ValidationError"},
		{"dns_record.client_routing_policy", "any_availability_zone", "ValidationError"},
		{"access_logs.s3.enabled", "true", "ValidationError"},
		{"zonal_shift.config.enabled", "true", "NotSimulated"},
	} {
		refusedByELB(t, modify(test.key, test.value), test.code, "")
	}
	refusedByELB(t, modify("nothing.enabled", "true"), "ValidationError", "Load balancer attribute key 'nothing.enabled' is not recognized")
	refusedByELB(t, modify("access_logs.s3.enabled", "true", "access_logs.s3.bucket", "logs"), "InvalidConfigurationRequest", "Access Denied for bucket: logs. Please check S3bucket permission")
}

func TestDescribeLoadBalancers_HidesNewDuringDelay(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	c.world.SetSwitches(world.Switches{Staleness: world.Staleness{Describe: 3 * time.Second}})
	arn := *c.loadBalancer("web").LoadBalancerArn
	describe := func() error {
		_, err := c.DescribeLoadBalancers(c.ctx, &sdk.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
		return err
	}
	refusedByELB(t, describe(), "LoadBalancerNotFound", "")
	c.advance(3 * time.Second)
	if err := describe(); err != nil {
		t.Fatal(err)
	}
}

func TestTags_AddRemoveDescribe(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	arns := []string{*c.loadBalancer("web").LoadBalancerArn, c.targetGroup("web")}
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	do(c.AddTags(c.ctx, &sdk.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{tag("a", "1"), tag("b", "2")}}))(t)
	do(c.RemoveTags(c.ctx, &sdk.RemoveTagsInput{ResourceArns: arns[:1], TagKeys: []string{"a", "absent"}}))(t)
	found := do(c.DescribeTags(c.ctx, &sdk.DescribeTagsInput{ResourceArns: arns}))(t).TagDescriptions
	if len(found) != 2 || len(found[0].Tags) != 1 || *found[0].Tags[0].Key != "b" || len(found[1].Tags) != 2 {
		t.Fatalf("tags %+v", found)
	}
	add := func(tags ...types.Tag) error {
		_, err := c.AddTags(c.ctx, &sdk.AddTagsInput{ResourceArns: arns, Tags: tags})
		return err
	}
	refusedByELB(t, add(tag("x", ""), tag("x", "")), "DuplicateTagKeys", "")
	refusedByELB(t, add(tag("aws:x", "")), "ValidationError", "")
	var many []types.Tag
	for i := range 50 {
		many = append(many, tag("k"+strings.Repeat("x", i), ""))
	}
	refusedByELB(t, add(many...), "TooManyTags", "")
	_, err := c.DescribeTags(c.ctx, &sdk.DescribeTagsInput{ResourceArns: make21(arns[0])})
	refusedByELB(t, err, "ValidationError", "")
}

func make21(arn string) []string {
	var list []string
	for range 21 {
		list = append(list, arn)
	}
	return list
}
