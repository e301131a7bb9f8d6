package compare

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/internal/testenv"
)

const vpc = `<DescribeVpcsResponse><requestId>7a62c49f-347e-4fc4-9331-6e8eb1234567</requestId><vpcSet><item>` +
	`<vpcId>vpc-0123456789abcdef0</vpcId><isDefault>false</isDefault><tagSet><item><key>a</key></item></tagSet></item></vpcSet></DescribeVpcsResponse>`

const refusal = `<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code></Error></Errors></Response>`

const drilled = `{"verdict":"pass","restored":true,"requests":{"total":500,"failed":3,"by_class":{"2xx":497,"502":3}},
	"measured":{"detect_seconds":12.5,"recover_seconds":40,"shift_seconds":null}}`

// recording is a small run.
func recording() Side {
	return Side{
		Run: trace.Run{Target: "aws", Region: "us-east-1", Steps: []trace.Step{
			{Name: "up", Seconds: 300, Document: []byte(`{"created":27,"critical_path":[{"key":"nat-gateway/a","seconds":110}]}`)},
			{Name: "drill-instance", Seconds: 120, Document: []byte(drilled)},
		}},
		Calls: []trace.Call{
			{Step: "up", Service: "ec2", Operation: "DescribeVpcs", Status: 200, Reply: vpc},
			{Step: "up", Service: "ec2", Operation: "DescribeVpcs", Status: 400, Code: "InvalidVpcID.NotFound", Reply: refusal},
			{Step: "up", Service: "ec2", Operation: "DeleteVpc", Status: 0},
		},
	}
}

func TestCompare_FindsNothingInSame(t *testing.T) {
	report, err := Compare(recording(), recording(), Options{Factor: 1.5, Within: 15})
	if err != nil {
		t.Fatal(err)
	}
	want := Report{
		First: "aws, us-east-1, 3 calls", Second: "aws, us-east-1, 3 calls",
		Operations: 2, Fields: 8, Refusals: 1, Times: 5, Differences: []Difference{},
	}
	if diff := testenv.Diff(want, report); diff != "" {
		t.Error(diff)
	}
}

func TestCompare_FindsEachDifference(t *testing.T) {
	reply := func(from, to string) func(*Side) {
		return func(s *Side) { s.Calls[0].Reply = strings.ReplaceAll(s.Calls[0].Reply, from, to) }
	}
	document := func(step int, from, to string) func(*Side) {
		return func(s *Side) {
			s.Run.Steps[step].Document = bytes.ReplaceAll(s.Run.Steps[step].Document, []byte(from), []byte(to))
		}
	}
	for name, test := range map[string]struct {
		change func(*Side)
		want   Difference
	}{
		"a field less":          {reply("<isDefault>false</isDefault>", ""), Difference{KindField, "ec2:DescribeVpcs", "vpcSet/item/isDefault", present, absent, ""}},
		"a field more":          {reply("<isDefault>", "<state>available</state><isDefault>"), Difference{KindField, "ec2:DescribeVpcs", "vpcSet/item/state", absent, present, ""}},
		"a whole element less":  {reply("<tagSet><item><key>a</key></item></tagSet>", ""), Difference{KindField, "ec2:DescribeVpcs", "vpcSet/item/tagSet", present, absent, ""}},
		"another form of ID":    {reply("vpc-0123456789abcdef0", "vpc-01234567"), Difference{KindForm, "ec2:DescribeVpcs", "vpcSet/item/vpcId", "ID vpc- with 17 digits", "ID vpc- with 8 digits", ""}},
		"another type":          {reply(">false<", ">0<"), Difference{KindForm, "ec2:DescribeVpcs", "vpcSet/item/isDefault", "boolean", "number", ""}},
		"an operation less":     {func(s *Side) { s.Calls = s.Calls[:2] }, Difference{KindOperation, "ec2:DeleteVpc", "", present, absent, ""}},
		"another status":        {func(s *Side) { s.Calls[1].Status = 404 }, Difference{KindRefusal, "ec2:DescribeVpcs", "InvalidVpcID.NotFound 404", absent, present, ""}},
		"no refusal":            {func(s *Side) { s.Calls[1].Status, s.Calls[1].Reply = 200, vpc }, Difference{KindRefusal, "ec2:DescribeVpcs", "InvalidVpcID.NotFound 400", present, absent, ""}},
		"a slow step":           {func(s *Side) { s.Run.Steps[0].Seconds = 451 }, Difference{KindDuration, "up", "", "300.0 s", "451.0 s", ""}},
		"a fast object":         {document(0, "110", "60"), Difference{KindDuration, "up", "nat-gateway/a", "110.0 s", "60.0 s", ""}},
		"another count":         {document(0, "27", "28"), Difference{KindStep, "up", "created", "27", "28", ""}},
		"a step less":           {func(s *Side) { s.Run.Steps = s.Run.Steps[:1] }, Difference{KindStep, "drill-instance", "", present, absent, ""}},
		"another exit code":     {func(s *Side) { s.Run.Steps[1].Exit = 4 }, Difference{KindStep, "drill-instance", "exit code", "0", "4", ""}},
		"another verdict":       {document(1, "pass", "fail"), Difference{KindDrill, "drill-instance", "verdict", "pass", "fail", ""}},
		"not restored":          {document(1, `"restored":true`, `"restored":false`), Difference{KindDrill, "drill-instance", "restored", "true", "false", ""}},
		"another class":         {document(1, `"502"`, `"2xx"`), Difference{KindDrill, "drill-instance", "class 502", "3", "0", ""}},
		"another time":          {document(1, "12.5", "31"), Difference{KindDrill, "drill-instance", "detect_seconds", "12.5 s", "31.0 s", ""}},
		"a time of its own":     {document(1, `"shift_seconds":null`, `"shift_seconds":3`), Difference{KindDrill, "drill-instance", "shift_seconds", "never", "3.0 s", ""}},
		"a time that never was": {document(1, `"recover_seconds":40`, `"recover_seconds":null`), Difference{KindDrill, "drill-instance", "recover_seconds", "40.0 s", "never", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			second := recording()
			test.change(&second)
			report, err := Compare(recording(), second, Options{Factor: 1.5, Within: 15})
			if err != nil {
				t.Fatal(err)
			}
			var found []Difference
			for _, d := range report.Differences {
				// A refusal that is another is one less and one more.
				if d.Kind != KindRefusal || d.What == test.want.What {
					found = append(found, d)
				}
			}
			if diff := testenv.Diff([]Difference{test.want}, found); diff != "" {
				t.Error(diff)
			}
			if report.Undeclared() != len(report.Differences) {
				t.Errorf("%d of %d are undeclared", report.Undeclared(), len(report.Differences))
			}
		})
	}
}

func TestCompare_KnowsNothingOfEmptyLists(t *testing.T) {
	const list = `{"List":[{"Name":"x"}],"Other":["y"]}`
	side := func(reply string) Side {
		return Side{Run: trace.Run{Target: "aws"}, Calls: []trace.Call{
			{Service: "ec2", Operation: "DescribeVpcs", Status: 200, Reply: strings.Replace(vpc, "<item><key>a</key></item>", "", 1)},
			{Service: "ssm", Operation: "List", Status: 200, Reply: reply},
		}}
	}
	first := side(list)
	first.Calls[0].Reply = vpc
	report, err := Compare(first, side(`{"List":[],"Other":[]}`), Options{})
	if err != nil || len(report.Differences) > 0 {
		t.Errorf("%+v, %v", report.Differences, err)
	}
	report, err = Compare(side(list), side(`{"List":[{"ID":"x"}]}`), Options{})
	want := []Difference{
		{KindField, "ssm:List", "List[]/ID", absent, present, ""}, {KindField, "ssm:List", "List[]/Name", present, absent, ""},
		{KindField, "ssm:List", "Other", present, absent, ""},
	}
	if diff := testenv.Diff(want, report.Differences); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestCompare_KnowsDeclared(t *testing.T) {
	known, err := ParseDeclarations("# nothing\n\nfield ec2:Describe* vpcSet/item/* is not simulated\nrefusal ec2:DescribeVpcs InvalidVpcID.NotFound_404 of old\n")
	if err != nil {
		t.Fatal(err)
	}
	second := recording()
	second.Calls[0].Reply = strings.Replace(vpc, "<isDefault>false</isDefault>", "", 1)
	second.Calls[1].Status = 404
	report, err := Compare(recording(), second, Options{Factor: 1.5, Within: 15, Declared: known})
	if err != nil {
		t.Fatal(err)
	}
	want := []Difference{
		{KindField, "ec2:DescribeVpcs", "vpcSet/item/isDefault", present, absent, "is not simulated"},
		{KindRefusal, "ec2:DescribeVpcs", "InvalidVpcID.NotFound 400", present, absent, ""},
		{KindRefusal, "ec2:DescribeVpcs", "InvalidVpcID.NotFound 404", absent, present, "of old"},
	}
	if diff := testenv.Diff(want, report.Differences); diff != "" {
		t.Error(diff)
	}
	if report.Undeclared() != 1 {
		t.Errorf("%d are undeclared, want 1", report.Undeclared())
	}
	if _, err := ParseDeclarations("field ec2:DescribeVpcs vpcSet"); err == nil {
		t.Error("a difference without a reason was taken")
	}
	if _, err := Declared(); err != nil {
		t.Error(err)
	}
}

func TestCompare_RefusesWhatItCannotRead(t *testing.T) {
	second := recording()
	second.Calls[0].Reply = "<cut"
	if _, err := Compare(recording(), second, Options{}); err == nil || !strings.Contains(err.Error(), "ec2:DescribeVpcs in step up") {
		t.Errorf("%v", err)
	}
}

func TestReport_ShowsAll(t *testing.T) {
	second := recording()
	second.Run.Steps[0].Seconds = 700
	report, err := Compare(recording(), second, Options{Factor: 1.5, Within: 15})
	if err != nil {
		t.Fatal(err)
	}
	var text, document bytes.Buffer
	if err := report.Show(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"different: 1, of which 0 declared", "duration up 300.0 s 700.0 s"} {
		if !strings.Contains(strings.Join(strings.Fields(text.String()), " "), want) {
			t.Errorf("%q is not in:\n%s", want, text.String())
		}
	}
	if err := report.JSON(&document); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(document.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(report, got); diff != "" {
		t.Error(diff)
	}
}

func TestForm(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "true": "boolean", "210987654321": "account", "443": "number", "vpc-0123456789abcdef0": "ID vpc- with 17 digits",
		"eipalloc-01234567": "ID eipalloc- with 8 digits", "2026-11-30T19:22:05.000Z": "time with 3 decimals, UTC",
		"2026-11-30T19:22:05Z": "time with 0 decimals, UTC", "7a62c49f-347e-4fc4-9331-6e8eb1234567": "UUID", "10.0.0.1": "IPv4 address",
		"10.0.0.0/16": "range of addresses", "parity-alb-1.us-east-1.elb.localhost": "DNS name", "available": "text",
		"arn:aws:iam::210987654321:role/parity-web": "ARN of iam without region, role with 1 slashes",
	} {
		if got := Form(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}
