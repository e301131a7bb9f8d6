package services_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

const core = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"

// fleet is a cloud with instances in its default VPC, which have public addresses.
type fleet struct {
	*testing.T
	ec2   *ec2.Client
	iam   *iam.Client
	ssm   *sdk.Client
	image string
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	cloud := localcloudtest.Start(t)
	c := aws.Config{Region: "eu-west-1", BaseEndpoint: &cloud.Endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), HTTPClient: localcloudtest.Client()}
	f := &fleet{T: t, ec2: ec2.NewFromConfig(c), iam: iam.NewFromConfig(c), ssm: sdk.NewFromConfig(c)}
	one, err := f.ssm.GetParameter(t.Context(), &sdk.GetParameterInput{Name: aws.String(latest)})
	f.check(err)
	f.image = *one.Parameter.Value
	return f
}

func (f *fleet) check(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// profile makes an instance profile whose role has a policy, unless policy is "".
func (f *fleet) profile(name, policy string) {
	f.Helper()
	ctx := f.Context()
	_, err := f.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`)})
	f.check(err)
	if policy != "" {
		_, err = f.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &policy})
		f.check(err)
	}
	_, err = f.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &name})
	f.check(err)
	_, err = f.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name})
	f.check(err)
}

// launch runs an instance with nginx; it waits until EC2 knows the profile.
func (f *fleet) launch(profile string) (id string) {
	f.Helper()
	userData := base64.StdEncoding.EncodeToString([]byte("#cloud-config\npackages: [nginx]\nruncmd:\n  - [systemctl, enable, --now, nginx]\n"))
	f.eventually("launch with profile "+profile, func() bool {
		out, err := f.ec2.RunInstances(f.Context(), &ec2.RunInstancesInput{ImageId: &f.image, InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			UserData: &userData, IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: &profile},
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String("Name"), Value: &profile}}}}})
		if err == nil {
			id = *out.Instances[0].InstanceId
		}
		return err == nil
	})
	return id
}

func (f *fleet) eventually(what string, holds func() bool) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.Fatalf("never came: %s", what)
		}
	}
}

// ping is the status of an instance's agent, "" if it isn't known.
func (f *fleet) ping(id string) types.PingStatus {
	f.Helper()
	out, err := f.ssm.DescribeInstanceInformation(f.Context(), &sdk.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: []string{id}}}})
	f.check(err)
	if len(out.InstanceInformationList) == 0 {
		return ""
	}
	return out.InstanceInformationList[0].PingStatus
}

func (f *fleet) online(id string) {
	f.Helper()
	f.eventually(id+" online", func() bool { return f.ping(id) == types.PingStatusOnline })
}

func (f *fleet) send(script string, ids ...string) (*types.Command, error) {
	out, err := f.ssm.SendCommand(f.Context(), &sdk.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: ids,
		Comment: aws.String("a test"), Parameters: map[string][]string{"commands": strings.Split(script, "\n")}, TimeoutSeconds: aws.Int32(30)})
	if err != nil {
		return nil, err
	}
	return out.Command, nil
}

func (f *fleet) mustSend(script string, ids ...string) string {
	f.Helper()
	c, err := f.send(script, ids...)
	f.check(err)
	return *c.CommandId
}

// ended waits for the end of a command on an instance.
func (f *fleet) ended(command, id string) (out *sdk.GetCommandInvocationOutput) {
	f.Helper()
	f.eventually("the end of the command", func() bool {
		var err error
		out, err = f.ssm.GetCommandInvocation(f.Context(), &sdk.GetCommandInvocationInput{CommandId: &command, InstanceId: &id})
		var unknown *types.InvocationDoesNotExist
		if errors.As(err, &unknown) {
			return false
		}
		f.check(err)
		return !slices.Contains([]types.CommandInvocationStatus{types.CommandInvocationStatusPending, types.CommandInvocationStatusInProgress,
			types.CommandInvocationStatusDelayed, types.CommandInvocationStatusCancelling}, out.Status)
	})
	return out
}

func TestSendCommand_RunsOnInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.profile("managed", core)
	a, b := f.launch("managed"), f.launch("managed")
	f.online(a)
	f.online(b)

	f.eventually("nginx", func() bool {
		return f.ended(f.mustSend("systemctl is-active nginx", a), a).Status == types.CommandInvocationStatusSuccess
	})
	killed := f.ended(f.mustSend("systemctl kill --signal=SIGKILL nginx\nsystemctl is-active nginx", a), a)
	if killed.Status != types.CommandInvocationStatusFailed || killed.ResponseCode != 3 || *killed.StandardOutputContent != "failed\n" ||
		*killed.StandardErrorContent != "failed to run commands: exit status 3" || *killed.StatusDetails != "Failed" || *killed.ExecutionEndDateTime == "" {
		t.Errorf("killed: %+v", killed)
	}
	started := f.ended(f.mustSend("systemctl start nginx && curl -sf -o /dev/null -w '%{http_code}' localhost", a), a)
	if started.Status != types.CommandInvocationStatusSuccess || *started.StandardOutputContent != "200" || *started.Comment != "a test" {
		t.Errorf("started: %+v", started)
	}
	if nothing := f.ended(f.mustSend("rm -rf /", a), a); nothing.ResponseCode != 127 || *nothing.StandardErrorContent != "sh: rm: command not found\nfailed to run commands: exit status 127" {
		t.Errorf("a program that isn't there: %+v", nothing)
	}
	long := f.ended(f.mustSend("i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo 0123456789012345678901234567890123456789; done", a), a)
	if out := *long.StandardOutputContent; len(out) != 24000 || !strings.HasSuffix(out, "---Output truncated---") {
		t.Errorf("long output has %d characters", len(out))
	}

	both := f.mustSend("hostname", a, b)
	f.ended(both, a)
	f.ended(both, b)
	listed, err := f.ssm.ListCommandInvocations(t.Context(), &sdk.ListCommandInvocationsInput{CommandId: &both, Details: true})
	f.check(err)
	for _, i := range listed.CommandInvocations {
		if i.Status != types.CommandInvocationStatusSuccess || len(i.CommandPlugins) != 1 || !strings.HasPrefix(*i.CommandPlugins[0].Output, "ip-") || *i.InstanceName != "managed" {
			t.Errorf("invocation %+v", i)
		}
	}
	commands, err := f.ssm.ListCommands(t.Context(), &sdk.ListCommandsInput{Filters: []types.CommandFilter{{Key: types.CommandFilterKeyStatus, Value: aws.String("Success")}}})
	f.check(err)
	if len(listed.CommandInvocations) != 2 || *commands.Commands[0].CommandId != both || commands.Commands[0].TargetCount != 2 || commands.Commands[0].CompletedCount != 2 {
		t.Errorf("%d invocations; commands %+v", len(listed.CommandInvocations), commands.Commands)
	}
	page, err := f.ssm.ListCommands(t.Context(), &sdk.ListCommandsInput{MaxResults: aws.Int32(1)})
	f.check(err)
	next, err := f.ssm.ListCommands(t.Context(), &sdk.ListCommandsInput{MaxResults: aws.Int32(1), NextToken: page.NextToken})
	f.check(err)
	if len(page.Commands) != 1 || len(next.Commands) != 1 || *page.Commands[0].CommandId == *next.Commands[0].CommandId {
		t.Errorf("pages %+v, %+v", page.Commands, next.Commands)
	}

	tagged, err := f.ssm.SendCommand(t.Context(), &sdk.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), Parameters: map[string][]string{"commands": {"true"}},
		Targets: []types.Target{{Key: aws.String("tag:Name"), Values: []string{"managed"}}}})
	f.check(err)
	if tagged.Command.TargetCount != 2 || len(tagged.Command.InstanceIds) != 0 {
		t.Errorf("by tag: %+v", tagged.Command)
	}
}

func TestSendCommand_CancelledOrTimedOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.profile("managed", core)
	id := f.launch("managed")
	f.online(id)

	slow := f.mustSend("echo begun; sleep 3600", id)
	f.eventually("it has begun", func() bool {
		out, err := f.ssm.GetCommandInvocation(t.Context(), &sdk.GetCommandInvocationInput{CommandId: &slow, InstanceId: &id})
		return err == nil && out.Status == types.CommandInvocationStatusInProgress && out.ResponseCode == -1
	})
	_, err := f.ssm.CancelCommand(t.Context(), &sdk.CancelCommandInput{CommandId: &slow})
	f.check(err)
	if out := f.ended(slow, id); out.Status != types.CommandInvocationStatusCancelled {
		t.Errorf("cancelled: %+v", out)
	}
	late, err := f.ssm.SendCommand(t.Context(), &sdk.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{id},
		Parameters: map[string][]string{"commands": {"sleep 3600"}, "executionTimeout": {"1"}}})
	f.check(err)
	if out := f.ended(*late.Command.CommandId, id); out.Status != types.CommandInvocationStatusTimedOut || *out.StatusDetails != "ExecutionTimedOut" || out.ResponseCode != 137 {
		t.Errorf("too slow: %+v", out)
	}
}

// Only an instance is managed that may talk to Systems Manager, can, and runs.
func TestDescribeInstanceInformation_ListsManagedInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.profile("managed", core)
	f.profile("nothing", "")
	f.profile("inline", "")
	_, err := f.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("inline"), PolicyName: aws.String("agent"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:*","ssmmessages:*"],"Resource":"*"}]}`)})
	f.check(err)
	managed, nothing, inline := f.launch("managed"), f.launch("nothing"), f.launch("inline")
	f.online(managed)
	f.online(inline)
	if got := f.ping(nothing); got != "" {
		t.Errorf("an instance without permission is %q", got)
	}
	_, err = f.send("true", nothing, managed)
	if codeOf(err) != "InvalidInstanceId" || !strings.Contains(err.Error(), "[["+nothing+"]] not in a valid state") {
		t.Errorf("to an instance that isn't managed: %v", err)
	}
	_, err = f.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("nothing"), PolicyArn: aws.String(core)})
	f.check(err)
	f.online(nothing)

	_, err = f.ec2.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{managed}})
	f.check(err)
	if _, err = f.send("true", managed); codeOf(err) != "InvalidInstanceId" {
		t.Errorf("to an instance that stops: %v", err)
	}
	f.eventually("it is missed", func() bool { return f.ping(managed) == types.PingStatusConnectionLost })
	f.eventually("it starts", func() bool {
		_, err := f.ec2.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{managed}})
		return err == nil
	})
	f.online(managed)

	// Without a way out it is lost as well, and there again with one.
	at, err := f.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{inline}})
	f.check(err)
	group := at.Reservations[0].Instances[0].SecurityGroups[0].GroupId
	everywhere := []ec2types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}
	_, err = f.ec2.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{GroupId: group, IpPermissions: everywhere})
	f.check(err)
	f.eventually("it is cut off", func() bool { return f.ping(inline) == types.PingStatusConnectionLost })
	_, err = f.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{GroupId: group, IpPermissions: everywhere})
	f.check(err)
	f.online(inline)

	out, err := f.ssm.DescribeInstanceInformation(t.Context(), &sdk.DescribeInstanceInformationInput{MaxResults: aws.Int32(5),
		InstanceInformationFilterList: []types.InstanceInformationFilter{{Key: types.InstanceInformationFilterKeyPingStatus, ValueSet: []string{"Online"}}}})
	f.check(err)
	for _, i := range out.InstanceInformationList {
		if i.PlatformType != types.PlatformTypeLinux || i.ResourceType != types.ResourceTypeEc2Instance || *i.IPAddress == "" || i.LastPingDateTime.IsZero() {
			t.Errorf("information %+v", i)
		}
	}
}

func TestSSM_RefusesInvalidCalls(t *testing.T) {
	client := newFleet(t).ssm
	good := func() *sdk.SendCommandInput {
		return &sdk.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{"i-0123456789abcdef0"}, Parameters: map[string][]string{"commands": {"true"}}}
	}
	for want, spoil := range map[string]func(*sdk.SendCommandInput){
		"InvalidInstanceId nobody":           func(*sdk.SendCommandInput) {},
		"InvalidDocument":                    func(in *sdk.SendCommandInput) { in.DocumentName = aws.String("mine") },
		"NotSimulated document":              func(in *sdk.SendCommandInput) { in.DocumentName = aws.String("AWS-RunPatchBaseline") },
		"NotSimulated parameter":             func(in *sdk.SendCommandInput) { in.OutputS3BucketName = aws.String("bucket") },
		"InvalidParameters none":             func(in *sdk.SendCommandInput) { in.Parameters = nil },
		"InvalidParameters unknown":          func(in *sdk.SendCommandInput) { in.Parameters["colour"] = []string{"red"} },
		"InvalidParameters executionTimeout": func(in *sdk.SendCommandInput) { in.Parameters["executionTimeout"] = []string{"172801"} },
		"InvalidParameters workingDirectory": func(in *sdk.SendCommandInput) { in.Parameters["workingDirectory"] = []string{"a", "b"} },
		"DuplicateInstanceId":                func(in *sdk.SendCommandInput) { in.InstanceIds = append(in.InstanceIds, in.InstanceIds...) },
		"ValidationException nowhere":        func(in *sdk.SendCommandInput) { in.InstanceIds = nil },
		"ValidationException timeout":        func(in *sdk.SendCommandInput) { in.TimeoutSeconds = aws.Int32(29) },
		"ValidationException long timeout":   func(in *sdk.SendCommandInput) { in.TimeoutSeconds = aws.Int32(2592001) },
		"ValidationException comment":        func(in *sdk.SendCommandInput) { in.Comment = aws.String(strings.Repeat("x", 101)) },
		"ValidationException instance ID":    func(in *sdk.SendCommandInput) { in.InstanceIds = []string{"moon"} },
		"ValidationException both": func(in *sdk.SendCommandInput) {
			in.Targets = []types.Target{{Key: aws.String("tag:a"), Values: []string{"b"}}}
		},
		"NotSimulated target": func(in *sdk.SendCommandInput) {
			in.InstanceIds, in.Targets = nil, []types.Target{{Key: aws.String("resource-groups:Name"), Values: []string{"b"}}}
		},
	} {
		in := good()
		spoil(in)
		_, err := client.SendCommand(t.Context(), in)
		if codeOf(err) != strings.Fields(want)[0] {
			t.Errorf("%s: got %v", want, err)
		}
	}
	none, id := aws.String("01234567-0123-0123-0123-0123456789ab"), aws.String("i-0123456789abcdef0")
	if _, err := client.GetCommandInvocation(t.Context(), &sdk.GetCommandInvocationInput{CommandId: none, InstanceId: id}); codeOf(err) != "InvocationDoesNotExist" {
		t.Errorf("unknown invocation: %v", err)
	}
	if _, err := client.CancelCommand(t.Context(), &sdk.CancelCommandInput{CommandId: none}); codeOf(err) != "InvalidCommandId" {
		t.Errorf("unknown command: %v", err)
	}
	for want, filter := range map[string]types.InstanceInformationStringFilter{
		"InvalidFilterKey":                      {Key: aws.String("Colour"), Values: []string{"red"}},
		"InvalidInstanceInformationFilterValue": {Key: aws.String("PingStatus"), Values: []string{"red"}},
	} {
		_, err := client.DescribeInstanceInformation(t.Context(), &sdk.DescribeInstanceInformationInput{Filters: []types.InstanceInformationStringFilter{filter}})
		if codeOf(err) != want {
			t.Errorf("filter %s: %v", *filter.Key, err)
		}
	}
	if _, err := client.ListCommands(t.Context(), &sdk.ListCommandsInput{Filters: []types.CommandFilter{{Key: "InvokedAfter", Value: aws.String("noon")}}}); codeOf(err) != "ValidationException" {
		t.Errorf("no time: %v", err)
	}
	if _, err := client.ListCommandInvocations(t.Context(), &sdk.ListCommandInvocationsInput{NextToken: aws.String("?")}); codeOf(err) != "InvalidNextToken" {
		t.Errorf("no token: %v", err)
	}
}
