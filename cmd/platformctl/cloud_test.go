package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// cloud is "cloud VERB …": what somebody else does to the story's local cloud,
// with the AWS SDK alone. NAME is the second half of an object's key, such as
// web-a-1 of instance/web-a-1.
//
//	kill-nginx NAME     see nginxdead_test.go
//	terminate NAME      terminate an instance, and wait until it is
//	add-rule NAME PORT  let the world in, by the security group's port
//	delete-route NAME   delete a route table's default route
//	delete-listener     delete every listener
//	deny-port PORT      refuse a port in the default network ACL of the platform's VPC
//	other-acl SUBNET, delete-acls: a network ACL of somebody else's for a subnet, see drift_test.go
//	revoke DIRECTION NAME, endpoint-policy: see drift_test.go
//	listener PORT       answer on a port of the load balancer
//	listener-rule       answer every path by a rule before the listener's own action
//	target-group KEY VALUE, load-balancer KEY VALUE: set an attribute
//	other-profile VERB  make an instance profile of somebody else's that has the instances' role, or delete it
//	role                give the instances' role an inline policy, another managed one and a boundary
//	register NAME PORT  register an instance with another port, too
//	move-in SUBNET GROUP, move-out, untag ID KEY, retag ID PLATFORM: see stranger_test.go
//	tag ID KEY VALUE    set a tag; the value is written as in Go, between its quotes
//	protect WHAT NAME, unprotect WHAT NAME: see protect_test.go
//	suspend PROCESS, protect-from-scale-in, desired N, resize MIN MAX: of the Auto Scaling group, see scaling_test.go
//	topic NAME, untopic NAME: make a topic of somebody else's, or delete it
//	account-alias NAME  name the account, or name it no more with "none"
//	make-vpc CIDR       make a VPC that belongs to no platform
//	delete-vpcs         delete all VPCs, which must be empty, but the default one
//	wait                wait until it answers
//	empty               assert that nothing but what AWS makes itself is there
//	kill                kill -9 its process
func cloud(ts *testscript.TestScript, neg bool, args []string) {
	verbs := map[string]struct {
		arguments int
		act       func(context.Context, *story, []string) error
	}{
		"kill-nginx":      {1, killNginx},
		"terminate":       {1, terminate},
		"add-rule":        {2, addRule},
		"delete-route":    {1, deleteRoute},
		"delete-listener": {0, deleteListener},
		"register":        {2, register},
		"protect":         {2, protection(true)},
		"unprotect":       {2, protection(false)},
		"deny-port":       {1, denyPort},
		"other-acl":       {1, otherACL},
		"revoke":          {2, revoke},
		"endpoint-policy": {0, endpointPolicy},
		"delete-acls":     {0, deleteACLs},
		"listener":        {1, listener},
		"listener-rule":   {0, listenerRule},
		"target-group":    {2, targetGroupAttribute},
		"load-balancer":   {2, loadBalancerAttribute},
		"role":            {0, rolePolicies},
		"other-profile":   {1, otherProfile},
		"topic":           {1, topic},
		"untopic":         {1, untopic},
		"account-alias":   {1, accountAlias},
		"make-vpc":        {1, makeVPC},
		"suspend":         {1, suspend},
		"desired":         {1, desired},
		"resize":          {2, resizeGroup},

		"protect-from-scale-in": {0, protectFromScaleIn},

		"move-in":     {2, moveIn},
		"move-out":    {0, moveOut},
		"untag":       {2, untag},
		"retag":       {2, retag},
		"tag":         {3, setTag},
		"delete-vpcs": {0, deleteVPCs},
		"empty":       {0, empty},
		"kill":        {0, kill},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if slices.Equal(args, []string{"wait"}) && !neg {
		ts.Check(untilRunning(ctx, ts.Getenv(endpoint.HomeVariable)))
		return
	}
	if len(args) == 0 || verbs[args[0]].act == nil || len(args)-1 != verbs[args[0]].arguments {
		ts.Fatalf("usage: cloud VERB ARGUMENT…, with a verb of cloud_test.go")
	}
	s, err := openStory(ctx, ts)
	ts.Check(err)
	err = verbs[args[0]].act(ctx, s, args[1:])
	if neg {
		if err == nil {
			ts.Fatalf("it did, though it should not")
		}
		ts.Logf("as it should: %v", err)
		err = nil
	}
	ts.Check(s.close(ctx, err))
}

// story is a story's local cloud.
type story struct {
	home   string
	pid    int
	began  bool // started for this command
	region string
	ec2    *ec2.Client
	elb    *elb.Client
	iam    *iam.Client
	ssm    *ssm.Client

	scaling *autoscaling.Client
	sns     *sns.Client

	cloudwatch *cloudwatch.Client
}

// openStory connects to the story's local cloud, which is started where it has
// stopped: its world is on disk.
func openStory(ctx context.Context, ts *testscript.TestScript) (*story, error) {
	s := &story{home: ts.Getenv(endpoint.HomeVariable), region: "us-east-1"}
	status, ok := daemon.Running(ctx, s.home)
	if !ok {
		exe, err := exec.LookPath("platformctl")
		if err != nil {
			return nil, err
		}
		if status, err = daemon.Ensure(ctx, s.home, exe, "fast", ""); err != nil {
			return nil, err
		}
		s.began = true
	}
	s.pid = status.PID
	s.connect(status.Endpoint)
	return s, nil
}

// storyAt is the local cloud at an endpoint.
func storyAt(endpoint string) *story {
	s := &story{region: "us-east-1"}
	s.connect(endpoint)
	return s
}

func (s *story) connect(endpoint string) {
	cfg := aws.Config{
		Region: s.region, BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("somebody", "else", ""),
		// No connection may outlive this command and hold up the cloud's end.
		HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	s.ec2, s.elb, s.iam, s.ssm = ec2.NewFromConfig(cfg), elb.NewFromConfig(cfg), iam.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	s.scaling, s.sns, s.cloudwatch = autoscaling.NewFromConfig(cfg), sns.NewFromConfig(cfg), cloudwatch.NewFromConfig(cfg)
}

// close leaves the local cloud as it was found.
func (s *story) close(ctx context.Context, err error) error {
	if s.began {
		_, stopping := daemon.Stop(ctx, s.home)
		err = errors.Join(err, stopping)
	}
	return err
}

// named filters by the tag that holds an object's key.
func named(kind, name string) []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String("tag:platformctl:key"), Values: []string{kind + "/" + name}}}
}

func terminate(ctx context.Context, s *story, args []string) error {
	in := &ec2.DescribeInstancesInput{Filters: append(named("instance", args[0]), ec2types.Filter{
		Name: aws.String("instance-state-name"), Values: []string{"pending", "running"},
	})}
	found, err := s.ec2.DescribeInstances(ctx, in)
	if err != nil {
		return err
	}
	if len(found.Reservations) != 1 {
		return fmt.Errorf("%d instances are called %s", len(found.Reservations), args[0])
	}
	ids := []string{aws.ToString(found.Reservations[0].Instances[0].InstanceId)}
	if _, err := s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		return err
	}
	waiter := ec2.NewInstanceTerminatedWaiter(s.ec2, func(o *ec2.InstanceTerminatedWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 100*time.Millisecond
	})
	return waiter.Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: ids}, 20*time.Second)
}

func addRule(ctx context.Context, s *story, args []string) error {
	port, err := strconv.ParseInt(args[1], 10, 32)
	if err != nil {
		return err
	}
	found, err := s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: named("security-group", args[0])})
	if err != nil {
		return err
	}
	if len(found.SecurityGroups) != 1 {
		return fmt.Errorf("%d security groups are called %s", len(found.SecurityGroups), args[0])
	}
	_, err = s.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: found.SecurityGroups[0].GroupId,
		IpPermissions: []ec2types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: aws.Int32(int32(port)), ToPort: aws.Int32(int32(port)),
			IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
		}},
	})
	return err
}

func deleteRoute(ctx context.Context, s *story, args []string) error {
	found, err := s.ec2.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: named("route-table", args[0])})
	if err != nil {
		return err
	}
	if len(found.RouteTables) != 1 {
		return fmt.Errorf("%d route tables are called %s", len(found.RouteTables), args[0])
	}
	_, err = s.ec2.DeleteRoute(ctx, &ec2.DeleteRouteInput{
		RouteTableId: found.RouteTables[0].RouteTableId, DestinationCidrBlock: aws.String("0.0.0.0/0"),
	})
	return err
}

func deleteListener(ctx context.Context, s *story, _ []string) error {
	balancers, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
	if err != nil {
		return err
	}
	deleted := 0
	for _, balancer := range balancers.LoadBalancers {
		listeners, err := s.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: balancer.LoadBalancerArn})
		if err != nil {
			return err
		}
		for _, listener := range listeners.Listeners {
			if _, err := s.elb.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: listener.ListenerArn}); err != nil {
				return err
			}
			deleted++
		}
	}
	if deleted == 0 {
		return errors.New("there is no listener")
	}
	return nil
}

func register(ctx context.Context, s *story, args []string) error {
	port, err := strconv.ParseInt(args[1], 10, 32)
	if err != nil {
		return err
	}
	instances, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: named("instance", args[0])})
	if err != nil {
		return err
	}
	groups, err := s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
	if err != nil {
		return err
	}
	if len(instances.Reservations) != 1 || len(groups.TargetGroups) != 1 {
		return fmt.Errorf("%d instances are called %s, and there are %d target groups", len(instances.Reservations), args[0], len(groups.TargetGroups))
	}
	_, err = s.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{
		TargetGroupArn: groups.TargetGroups[0].TargetGroupArn,
		Targets:        []elbtypes.TargetDescription{{Id: instances.Reservations[0].Instances[0].InstanceId, Port: aws.Int32(int32(port))}},
	})
	return err
}

func makeVPC(ctx context.Context, s *story, args []string) error {
	_, err := s.ec2.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &args[0]})
	return err
}

func deleteVPCs(ctx context.Context, s *story, _ []string) error {
	found, err := s.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil {
		return err
	}
	for _, vpc := range found.Vpcs {
		if aws.ToBool(vpc.IsDefault) {
			continue
		}
		if _, err := s.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.VpcId}); err != nil {
			return err
		}
	}
	return nil
}

func empty(ctx context.Context, s *story, _ []string) error {
	left, err := inventory(ctx, s)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
	return nil
}

// kill ends the local cloud as a crash would, and returns when it is gone.
func kill(ctx context.Context, s *story, _ []string) error {
	if s.began {
		return errors.New("the local cloud is not running")
	}
	process, err := os.FindProcess(s.pid)
	if err != nil {
		return err
	}
	if err := process.Kill(); err != nil {
		return err
	}
	return until(ctx, ofProcess, func() bool {
		_, running := daemon.Running(ctx, s.home)
		return !running
	})
}

func untilRunning(ctx context.Context, home string) error {
	return until(ctx, ofProcess, func() bool {
		_, running := daemon.Running(ctx, home)
		return running
	})
}

// The pauses between two looks, which are not to cost more than what is looked at.
const (
	ofProcess = 20 * time.Millisecond  // a look is a file or a call
	ofCommand = 400 * time.Millisecond // a look is a process
)

// until looks again and again, because another process can't be waited for.
func until(ctx context.Context, pause time.Duration, reached func() bool) error {
	ticks := time.NewTicker(pause)
	defer ticks.Stop()
	for !reached() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks.C:
		}
	}
	return nil
}

func accountAlias(ctx context.Context, s *story, args []string) error {
	if args[0] != "none" {
		_, err := s.iam.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &args[0]})
		return err
	}
	found, err := s.iam.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
	if err != nil {
		return err
	}
	for _, alias := range found.AccountAliases {
		if _, err := s.iam.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: &alias}); err != nil {
			return err
		}
	}
	return nil
}
