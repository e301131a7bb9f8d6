package server_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// commanded is an instance that takes commands.
type commanded struct {
	*testing.T
	sdk
	id string
}

// command runs an instance in the default VPC, with the profile that the agent needs.
func command(t *testing.T, endpoint string) *commanded {
	t.Helper()
	ctx, c := t.Context(), &commanded{T: t, sdk: clients(endpoint)}
	name := aws.String("agent")
	identity := iam.New(iam.Options{Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: 1, HTTPClient: oneShot(),
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
	must(identity.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`)}))(t)
	must(identity.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")}))(t)
	must(identity.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name}))(t)
	must(identity.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name}))(t)
	eventually(t, func() string {
		out, err := c.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: c.image(t), InstanceType: "t3.micro", MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			UserData:           aws.String(base64.StdEncoding.EncodeToString([]byte(userData))),
			IamInstanceProfile: &ec2types.IamInstanceProfileSpecification{Name: name}})
		if err != nil {
			return err.Error()
		}
		c.id = *out.Instances[0].InstanceId
		return ""
	})
	eventually(t, func() string {
		out := must(c.ssm.DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{}))(t)
		if len(out.InstanceInformationList) == 0 {
			return "the agent to register"
		}
		return ""
	})
	return c
}

func (c *commanded) send(script string) (command string) {
	c.Helper()
	return *must(c.ssm.SendCommand(c.Context(), &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{c.id},
		Parameters: map[string][]string{"commands": {script}}}))(c.T).Command.CommandId
}

// until waits until a command has a status.
func (c *commanded) until(command string, status ssmtypes.CommandInvocationStatus) (out *ssm.GetCommandInvocationOutput) {
	c.Helper()
	eventually(c.T, func() string {
		var err error
		out, err = c.ssm.GetCommandInvocation(c.Context(), &ssm.GetCommandInvocationInput{CommandId: &command, InstanceId: &c.id})
		switch {
		case err != nil:
			return err.Error()
		case out.Status != status:
			return "a command that is " + string(status) + " and not " + string(out.Status)
		}
		return ""
	})
	return out
}

// Killing the local cloud loses no command: what had ended has, what was under way is
// carried out again, and what a command did to a service is still so.
func TestKill_LosesNoCommand(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	first := localcloudtest.Ensure(t, home)
	c := command(t, first.Endpoint)
	eventually(t, func() string {
		if up := c.send("systemctl is-active nginx && systemctl kill -s KILL nginx"); c.ended(up).Status != ssmtypes.CommandInvocationStatusSuccess {
			return "nginx to be up"
		}
		return ""
	})
	done := c.send("echo once")
	c.until(done, ssmtypes.CommandInvocationStatusSuccess)
	begun := c.send("echo begun >> /srv-log; [ -e /go ] || sleep 3600; cat /srv-log; systemctl is-active nginx")
	c.until(begun, ssmtypes.CommandInvocationStatusInProgress)
	c.until(c.send("while [ ! -e /srv-log ]; do sleep 0.01; done; echo > /go"), ssmtypes.CommandInvocationStatusSuccess)
	localcloudtest.Kill(t, first)

	second := localcloudtest.Ensure(t, home)
	c.sdk = clients(second.Endpoint)
	if out := c.until(done, ssmtypes.CommandInvocationStatusSuccess); *out.StandardOutputContent != "once\n" {
		t.Errorf("what had ended says %q", *out.StandardOutputContent)
	}
	out := c.until(begun, ssmtypes.CommandInvocationStatusFailed) // as nginx isn't active
	if *out.StandardOutputContent != "begun\nbegun\nfailed\n" {
		t.Errorf("what was under way says %q", *out.StandardOutputContent)
	}
	console := must(c.ec2.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &c.id}))(t)
	if text, err := base64.StdEncoding.DecodeString(*console.Output); err != nil || !strings.Contains(string(text), "code=killed, status=9/KILL") {
		t.Errorf("%v, the console says\n%s", err, text)
	}
}

func (c *commanded) ended(command string) (out *ssm.GetCommandInvocationOutput) {
	c.Helper()
	eventually(c.T, func() string {
		var err error
		out, err = c.ssm.GetCommandInvocation(c.Context(), &ssm.GetCommandInvocationInput{CommandId: &command, InstanceId: &c.id})
		if err != nil || out.ExecutionEndDateTime == nil || *out.ExecutionEndDateTime == "" {
			return "the end of a command"
		}
		return ""
	})
	return out
}
