package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// A call that asks for more than its size lets expect is refused before it is carried out.
func TestBounds_OfWhatOneCallAsksFor(t *testing.T) {
	c := newTroubled(t, faults.Config{})
	ctx := t.Context()
	simulate := func(actions, resources int) error {
		in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: aws.String("arn:aws:iam::123456789012:user/local")}
		for i := range actions {
			in.ActionNames = append(in.ActionNames, fmt.Sprintf("ec2:A%d", i))
		}
		for i := range resources {
			in.ResourceArns = append(in.ResourceArns, fmt.Sprintf("arn:aws:ec2:us-east-1:123456789012:vpc/vpc-%d", i))
		}
		_, err := c.iam.SimulatePrincipalPolicy(ctx, in)
		return err
	}
	if err := simulate(101, 100); err == nil || !strings.Contains(err.Error(), "NotSimulated") {
		t.Errorf("101 actions on 100 resources: %v", err)
	}
	if err := simulate(100, 100); err != nil && strings.Contains(err.Error(), "NotSimulated") {
		t.Errorf("100 actions on 100 resources: %v", err)
	}

	_, err := c.ssm.SendCommand(ctx, &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{"i-0123456789abcdef0"},
		Parameters: map[string][]string{"commands": {strings.Repeat("x", 64<<10+1)}}})
	if err == nil || !strings.Contains(err.Error(), "NotSimulated") {
		t.Errorf("a script of more than 64 KiB: %v", err)
	}
}
