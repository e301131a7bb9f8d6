//go:build judges

package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// verdict is what botocore's service models say of a recording.
type verdict struct {
	Faults map[string]int // by what is wrong, how often it came

	// Exchanges, and of them those that the tool began, and those that ended in a refusal.
	Exchanges int
	ByTool    int `json:"by_tool"`
	Refused   int
	// Of those that differ, how many requests and replies were held against the models, and how many exchanges have no model:
	// refusals of what no service has.
	RequestsJudged int `json:"requests_judged"`
	RepliesJudged  int `json:"replies_judged"`
	WithoutModel   int `json:"without_model"`

	Programs           map[string]int // exchanges by the program that recorded them
	Operations         []string       // "service Operation"
	ByToolOperations   []string       `json:"by_tool_operations"`
	Regions            []string
	Excused            map[string]int // faults that AWS itself commits, by the judge's exception for them
	PatternsUnreadable []string       `json:"patterns_unreadable"`
}

// judge holds a recording against botocore's service models: nothing in it may be unknown to them or break one of their
// constraints. Somebody who wants to be refused may.
func judge(t *testing.T, dir string) {
	t.Helper()
	t.Run("botocore", func(t *testing.T) { askJudge(t, dir).object(t) })
	judgeReplies(t, dir)
}

// object fails the test for each fault.
func (v verdict) object(t *testing.T) {
	t.Helper()
	for _, fault := range slices.Sorted(maps.Keys(v.Faults)) {
		t.Errorf("botocore's models object, %d times: %s", v.Faults[fault], fault)
	}
	if v.RequestsJudged == 0 || v.RepliesJudged == 0 {
		t.Errorf("%d requests and %d replies were judged, which proves nothing", v.RequestsJudged, v.RepliesJudged)
	}
	t.Logf("%d exchanges (%d of the tool, %d refused) of %d operations in %d regions; of those that differ, %d requests and %d replies judged, "+
		"%d without a model; excused as AWS's own: %v; patterns that can't be checked: %q", v.Exchanges, v.ByTool, v.Refused, len(v.Operations), len(v.Regions),
		v.RequestsJudged, v.RepliesJudged, v.WithoutModel, v.Excused, v.PatternsUnreadable)
}

func askJudge(t *testing.T, dir string) (v verdict) {
	t.Helper()
	python := testenv.Program(t, "python3")
	const imports = "try: import botocore.session\nexcept ImportError: import awscli.botocore.session"
	if output, err := exec.CommandContext(t.Context(), python, "-c", imports).CombinedOutput(); err != nil {
		testenv.Missing(t, "botocore", errors.New("python3 can't import it: "+lastLine(string(output))))
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(context.WithoutCancel(t.Context()), python, "-B", "botocore/judge.py", dir)
	command.Env, command.Stderr = terraform.Environment(), &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("botocore/judge.py: %v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(output, &v); err != nil {
		t.Fatalf("botocore/judge.py: %v in\n%s", err, output)
	}
	return v
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// labelled is an exchange that is called by another name than its operation's.
type labelled struct {
	Label string `json:"label"`
	recording.Exchange
}

// writeRecording records exchanges that never were.
func writeRecording(t *testing.T, exchanges []labelled) (dir string) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, e := range exchanges {
		if err := encoder.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "spoiled-1.jsonl"), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestJudge_ObjectsToSpoiledExchanges spoils exchanges that botocore has no objection to: each must be objected to.
func TestJudge_ObjectsToSpoiledExchanges(t *testing.T) {
	const ok = `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><vpcSet><item>` +
		`<vpcId>vpc-1</vpcId><state>available</state><isDefault>false</isDefault></item></vpcSet></DescribeVpcsResponse>`
	const request = "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=tag:a&Filter.1.Value.1=b&MaxResults=5"
	const tool, other = "sdk/1 platformctl/v1", "sdk/1"
	good := recording.Exchange{Service: "ec2", Operation: "DescribeVpcs", Agent: other, Request: request, Status: 200, Reply: ok}
	create := recording.Exchange{
		Service: "elasticloadbalancing", Operation: "CreateTargetGroup", Agent: other, Status: 200,
		Request: "Action=CreateTargetGroup&Version=2015-12-01&Name=web&Protocol=HTTP&Port=80&HealthCheckIntervalSeconds=5",
		Reply: `<CreateTargetGroupResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><CreateTargetGroupResult>` +
			`<TargetGroups><member><Port>80</Port></member></TargetGroups></CreateTargetGroupResult>` +
			`<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></CreateTargetGroupResponse>`,
	}
	role := recording.Exchange{
		Service: "iam", Operation: "GetRole", Agent: tool, Request: "Action=GetRole&Version=2010-05-08&RoleName=web", Status: 404,
		Reply: `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>` +
			`<Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
	}
	const dns = `xmlns="https://route53.amazonaws.com/doc/2013-04-01/"`
	batch := recording.Exchange{
		Service: "route53", Operation: "ChangeResourceRecordSets", Agent: other, Method: "POST", Target: "/2013-04-01/hostedzone/Z1/rrset/", Status: 200,
		Request: `<ChangeResourceRecordSetsRequest ` + dns + `><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>a.b</Name>` +
			`<Type>A</Type></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`,
		Reply: `<ChangeResourceRecordSetsResponse ` + dns + `><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-01-02T03:04:05Z</SubmittedAt>` +
			`</ChangeInfo></ChangeResourceRecordSetsResponse>`,
	}
	count := recording.Exchange{
		Service: "route53", Operation: "GetHostedZoneCount", Agent: other, Method: "GET", Target: "/2013-04-01/hostedzonecount", Status: 200,
		Reply: `<GetHostedZoneCountResponse ` + dns + `><HostedZoneCount>1</HostedZoneCount></GetHostedZoneCountResponse>`,
	}
	lost := role
	lost.Status, lost.Reply = 0, ""
	nameless := recording.Exchange{Agent: other, Status: 403, Reply: "no"}
	// A caller that is refused may have asked for anything, unless it is the tool.
	strange := role
	strange.Agent, strange.Request = other, strings.ReplaceAll(role.Request, "RoleName=web", "RoleName=we%20b")
	moon := recording.Exchange{Service: "ec2", Operation: "DescribeMoon", Agent: other, Status: 501, Reply: "no"}

	fine := []recording.Exchange{good, create, batch, count, role, lost, nameless, strange, moon}
	var exchanges []labelled
	for _, e := range fine {
		exchanges = append(exchanges, labelled{Exchange: e}, labelled{Exchange: e})
	}
	v := askJudge(t, writeRecording(t, exchanges))
	v.object(t)
	if v.Exchanges != 2*len(fine) || v.ByTool != 4 || v.Refused != 8 || v.RequestsJudged != 6 || v.RepliesJudged != 6 || v.WithoutModel != 2 {
		t.Fatalf("good exchanges, each of them twice, are counted as %+v", v)
	}

	moon.Agent, nameless.Agent = tool, tool
	accepted := moon
	accepted.Agent, accepted.Status = other, 200
	spoiled := map[string]struct {
		exchange         recording.Exchange
		old, new, expect string
	}{
		"unknown parameter":   {good, "MaxResults=5", "MaxRows=5", "unknown parameter MaxRows"},
		"below the range":     {good, "MaxResults=5", "MaxResults=4", "allowed are 5 to 1000"},
		"no number":           {good, "MaxResults=5", "MaxResults=few", "is a integer"},
		"list with a gap":     {good, "Filter.1", "Filter.2", "is numbered"},
		"other version":       {good, "2016-11-15&", "2015-10-01&", "Version is not"},
		"unknown operation":   {moon, "", "", "no such operation"},
		"moon that is there":  {accepted, "", "", "no such operation"},
		"no operation":        {nameless, "", "", "no service or operation"},
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
		"nobody's reply":      {lost, "RoleName=web", "RoleName=we%20b", "doesn't match"},
		"refusal's envelope":  {role, "ErrorResponse", "Response", "in the envelope"},
		"refusal's code":      {role, "<Code>NoSuchEntity</Code>", "", "without code"},
		"other path":          {batch, "/rrset/", "/records", "the path is"},
		"unknown in reply":    {count, "<HostedZoneCount>", "<Colour>red</Colour><HostedZoneCount>", "unknown element Colour"},
		"unknown in query":    {batch, "/rrset/", "/rrset/?colour=red", "unknown parameter colour"},
		"other document":      {batch, "ChangeResourceRecordSetsRequest", "ChangeRequest", "the root is"},
		"unknown in document": {batch, "<Type>A</Type>", "<Type>A</Type><Colour>red</Colour>", "unknown parameter ChangeBatch.Changes.ResourceRecordSet.Colour"},
		"element of a list":   {batch, "Change>", "Member>", "has the element Member, want Change"},
		"document's enum":     {batch, "CREATE", "MAKE", "which is none of"},
		"document's type":     {batch, "<Type>A</Type>", "", "Type"},
		"not simulated":       {role, "NoSuchEntity", "NotSimulated", "is not simulated"},
	}
	exchanges = nil
	for name, test := range spoiled {
		e := labelled{name, test.exchange}
		e.Request = strings.ReplaceAll(e.Request, test.old, test.new)
		e.Reply = strings.ReplaceAll(e.Reply, test.old, test.new)
		e.Target = strings.ReplaceAll(e.Target, test.old, test.new)
		exchanges = append(exchanges, e)
	}
	v = askJudge(t, writeRecording(t, exchanges))
	for name, test := range spoiled {
		found := false
		for fault := range v.Faults {
			found = found || strings.HasPrefix(fault, name+": ") && strings.Contains(fault, test.expect)
		}
		if !found {
			t.Errorf("%s: want an objection with %q among %q", name, test.expect, slices.Sorted(maps.Keys(v.Faults)))
		}
	}
}
