package fault

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// actionsOf are the actions of a policy in docs.
func actionsOf(t *testing.T, file string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../../../docs/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var policy struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	actions := map[string]bool{}
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			actions[action] = true
		}
	}
	return actions
}

// TestPolicy_AllowsWhatADrillCalls compares docs/aws-policy-drill.json, which stands beside docs/aws-policy.json and
// docs/aws-policy-auto-scaling.json, with the calls in this package's source.
func TestPolicy_AllowsWhatADrillCalls(t *testing.T) {
	allowed, beside := actionsOf(t, "aws-policy-drill.json"), actionsOf(t, "aws-policy.json")
	maps.Copy(beside, actionsOf(t, "aws-policy-auto-scaling.json"))
	services := map[string]string{"AutoScaling": "autoscaling", "EC2": "ec2", "ec2": "ec2", "ELB": "elasticloadbalancing", "elb": "elasticloadbalancing", "SSM": "ssm", "ssm": "ssm", "STS": "sts"}
	call := regexp.MustCompile(`\b(?:c\.(AutoScaling|EC2|ELB|SSM|STS)\.([A-Z]\w+)\(|(ec2|elb|ssm)\.New(\w+)Paginator\()`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range call.FindAllStringSubmatch(string(source), -1) {
			called[services[match[1]+match[3]]+":"+match[2]+match[4]] = true
		}
	}
	maps.DeleteFunc(called, func(action string, _ bool) bool { return beside[action] && !allowed[action] })
	if diff := testenv.Diff(slices.Sorted(maps.Keys(called)), slices.Sorted(maps.Keys(allowed))); diff != "" {
		t.Errorf("docs/aws-policy-drill.json isn't what a drill calls beside what up may (-called +allowed):\n%s", diff)
	}
}
