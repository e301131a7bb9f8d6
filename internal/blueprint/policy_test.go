package blueprint

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// TestPolicy_AllowsExactlyActions compares docs/aws-policy.json, and what a repair, HTTPS, Auto Scaling, logs and monitoring need beside it, with what
// the kinds declare, and what is asked beside them.
func TestPolicy_AllowsExactlyActions(t *testing.T) {
	var allowed []string
	for _, file := range []string{"aws-policy.json", "aws-policy-repair.json", "aws-policy-https.json", "aws-policy-auto-scaling.json", "aws-policy-logs.json", "aws-policy-monitoring.json"} {
		text, err := os.ReadFile("../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var policy struct {
			Statement []struct {
				Action    []string
				Condition map[string]map[string]any
			}
		}
		if err := json.Unmarshal(text, &policy); err != nil {
			t.Fatal(err)
		}
		for _, statement := range policy.Statement {
			allowed = append(allowed, statement.Action...)
			if only := statement.Condition["ArnEquals"]["iam:PolicyARN"]; slices.Contains(statement.Action, "iam:AttachRolePolicy") && only != sessionManagerPolicy {
				t.Errorf("the policy to attach is %q, and not alone %q", only, sessionManagerPolicy)
			}
		}
	}
	needed := []string{
		// Whose account, which zones and which image. Who one is anybody may ask.
		"iam:ListAccountAliases", "ec2:DescribeAvailabilityZones", "ec2:DescribeInstanceTypeOfferings", "ssm:GetParameter",
		// What status --watch shows of requests.
		"cloudwatch:GetMetricData",
		// Where other platforms may be.
		"ec2:DescribeRegions",
		// Why an instance doesn't serve, and what prevents down.
		"ec2:GetConsoleOutput", "ec2:DescribeInstanceStatus", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces",
		// The preflight.
		"ec2:DescribeInstanceTypes", "iam:SimulatePrincipalPolicy", "servicequotas:GetServiceQuota", "servicequotas:ListServiceQuotas", "sts:DecodeAuthorizationMessage",
		// What a drill asks of alarms, and tells those who hear them.
		"cloudwatch:DescribeAlarmHistory", "sns:Publish", "kms:Decrypt", "kms:GenerateDataKey",
		// What `logs` reads.
		"s3:GetObject", "s3:ListBucket",
		// What AWS itself asks for behind CreateLoadBalancer.
		"ec2:DescribeAccountAttributes", "iam:CreateServiceLinkedRole",
	}
	for _, kind := range Kinds() {
		if len(kind.Actions.Read) == 0 || !kind.MakesNothing && (len(kind.Actions.Make) == 0 || len(kind.Actions.Delete) == 0) {
			t.Errorf("%s declares no actions to read, make or delete it: %v", kind.Name, kind.Actions)
		}
		for _, also := range kind.Actions.MakeOn {
			needed = append(needed, also...)
		}
		needed = slices.Concat(needed, kind.Actions.Read, kind.Actions.Make, kind.Actions.Change, kind.Actions.Delete)
	}
	for _, list := range []*[]string{&allowed, &needed} {
		slices.SortFunc(*list, strings.Compare)
		*list = slices.Compact(*list)
	}
	if diff := testenv.Diff(needed, allowed); diff != "" {
		t.Errorf("the policies in docs aren't what the kinds need (-needed +allowed):\n%s", diff)
	}
}
