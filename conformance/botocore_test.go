//go:build judges

package conformance_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// What of the recorded exchanges is judged.
const (
	judgeAll     = "--all"
	judgeReplies = "--replies" // the requests are somebody else's
)

// judge holds exchanges against botocore's service models: nothing in them may be unknown to the models or break one of
// their constraints.
func judge(t *testing.T, exchanges []exchange, what string) {
	t.Helper()
	t.Run("botocore", func(t *testing.T) {
		output, err := runJudge(t, exchanges, what)
		if err != nil {
			t.Errorf("botocore's models object: %v\n%s", err, output)
			return
		}
		t.Log(output)
	})
}

func runJudge(t *testing.T, exchanges []exchange, what string) (string, error) {
	t.Helper()
	python := testenv.Program(t, "python3")
	const imports = "try: import botocore.session\nexcept ImportError: import awscli.botocore.session"
	if output, err := exec.CommandContext(t.Context(), python, "-c", imports).CombinedOutput(); err != nil {
		missing(t, "botocore", "python3 can't import botocore: "+lastLine(string(output)))
	}
	command := exec.CommandContext(context.WithoutCancel(t.Context()), python, "botocore/judge.py", what)
	command.Env = cleanEnvironment()
	command.Stdin = bytes.NewReader(lines(t, exchanges))
	output, err := command.CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestJudgeObjects spoils exchanges that botocore has no objection to: each must be objected to.
func TestJudgeObjects(t *testing.T) {
	const ok = `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><vpcSet><item>` +
		`<vpcId>vpc-1</vpcId><state>available</state><isDefault>false</isDefault></item></vpcSet></DescribeVpcsResponse>`
	const request = "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag:a&Filter.1.Value.1=b&MaxResults=5"
	good := exchange{Service: "ec2", Operation: "DescribeVpcs", Request: request, Status: 200, Reply: ok}
	create := exchange{
		Service: "elasticloadbalancing", Operation: "CreateTargetGroup", Status: 200,
		Request: "Action=CreateTargetGroup&Version=2015-12-01&Name=web&Protocol=HTTP&Port=80&HealthCheckIntervalSeconds=5",
		Reply: `<CreateTargetGroupResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><CreateTargetGroupResult>` +
			`<TargetGroups><member><Port>80</Port></member></TargetGroups></CreateTargetGroupResult>` +
			`<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></CreateTargetGroupResponse>`,
	}
	role := exchange{
		Service: "iam", Operation: "GetRole", Request: "Action=GetRole&Version=2010-05-08&RoleName=web", Status: 404,
		Reply: `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>` +
			`<Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
	}
	if output, err := runJudge(t, []exchange{good, create, role}, judgeAll); err != nil {
		t.Fatalf("good exchanges are objected to: %v\n%s", err, output)
	}
	spoiled := map[string]struct {
		exchange         exchange
		old, new, expect string
	}{
		"unknown parameter":   {good, "MaxResults=5", "MaxRows=5", "unknown parameter MaxRows"},
		"below the range":     {good, "MaxResults=5", "MaxResults=4", "allowed are 5 to 1000"},
		"no number":           {good, "MaxResults=5", "MaxResults=few", "is a integer"},
		"list with a gap":     {good, "Filter.1", "Filter.2", "is numbered"},
		"other version":       {good, "2016-11-15&", "2015-10-01&", "Version is not"},
		"unknown operation":   {exchange{Service: "ec2", Operation: "DescribeMoon"}, "", "", "no such operation"},
		"unknown element":     {good, "<vpcId>", "<colour>red</colour><vpcId>", "unknown element vpcSet.item.colour"},
		"element twice":       {good, "<vpcId>", "<state>pending</state><vpcId>", "is there 2 times"},
		"other list element":  {good, "item>", "member>", "want item"},
		"not in the enum":     {good, "available", "fine", "which is none of"},
		"no boolean":          {good, "false", "no", "is a boolean"},
		"other root":          {good, "DescribeVpcsResponse", "VpcsResponse", "the root is"},
		"no request ID":       {good, "<requestId>r</requestId>", "", "0 request IDs"},
		"no XML":              {good, "</vpcSet>", "", "Error"},
		"required is missing": {create, "&Name=web", "", "Name"},
		"request's enum":      {create, "=HTTP&", "=http&", "which is none of"},
		"other result":        {create, "CreateTargetGroupResult", "Result", "KeyError: 'CreateTargetGroupResult'"},
		"request's pattern":   {role, "RoleName=web", "RoleName=we%20b", "doesn't match"},
		"refusal's envelope":  {role, "ErrorResponse", "Response", "in the envelope"},
		"refusal's code":      {role, "<Code>NoSuchEntity</Code>", "", "without code"},
	}
	var exchanges []exchange
	for name, test := range spoiled {
		e := test.exchange
		e.Label = name
		e.Request = strings.ReplaceAll(e.Request, test.old, test.new)
		e.Reply = strings.ReplaceAll(e.Reply, test.old, test.new)
		exchanges = append(exchanges, e)
	}
	output, err := runJudge(t, exchanges, judgeAll)
	if err == nil {
		t.Error("the judge has no objection in the end")
	}
	for name, test := range spoiled {
		found := false
		for line := range strings.Lines(output) {
			found = found || strings.HasPrefix(line, name+": ") && strings.Contains(line, test.expect)
		}
		if !found {
			t.Errorf("%s: want an objection with %q", name, test.expect)
		}
	}
	if t.Failed() {
		t.Log(output)
	}
}
