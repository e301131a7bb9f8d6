package trace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestFields_ReadsEveryProtocol(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want []Field
	}{
		"EC2": {`<?xml version="1.0"?><DescribeVpcsResponse xmlns="x"><vpcSet><item><vpcId>vpc-1</vpcId><tagSet/></item></vpcSet></DescribeVpcsResponse>`,
			[]Field{{"vpcSet/item/vpcId", "vpc-1"}, {"vpcSet/item/tagSet", ""}}},
		"JSON":  {`{"A": [{"B": 1.50}, {"B": true}], "C": {}, "D": null, "E": []}`, []Field{{"A[]/B", "1.50"}, {"A[]/B", "true"}, {"C", ""}, {"D", ""}, {"E", ""}}},
		"empty": {" \n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Fields(test.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := testenv.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, body := range []string{"<a><b></a>", `{"a":`, "Bad Gateway"} {
		if got, err := Fields(body); err == nil {
			t.Errorf("%q was read as %v", body, got)
		}
	}
}

func TestCodeOf(t *testing.T) {
	for _, test := range []struct{ body, header, want string }{
		{`<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>m</Message></Error></Errors></Response>`, "", "InvalidVpcID.NotFound"},
		{`<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>`, "", "NoSuchEntity"},
		{`{"__type":"com.amazonaws.ssm#InvalidInstanceId","message":"m"}`, "", "InvalidInstanceId"},
		{`{"message":"m"}`, "NoSuchResourceException:http://internal/", "NoSuchResourceException"},
		{"Bad Gateway", "", ""},
	} {
		if got := CodeOf(test.body, test.header); got != test.want {
			t.Errorf("%s: %q, want %q", test.body, got, test.want)
		}
	}
}

func TestParameters(t *testing.T) {
	got, err := Parameters("Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16")
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(map[string]string{"CidrBlock": "10.0.0.0/16"}, got); diff != "" {
		t.Error(diff)
	}
	if got, err = Parameters(`{"Names": ["a", "b"]}`); err != nil || got["Names[]"] != "a" || got["Names[].2"] != "b" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRead_GivesWhatWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	call := Call{Step: "up", Service: "ec2", Operation: "CreateVpc", Status: 200, Reply: "<a/>", Parameters: map[string]string{"CidrBlock": "10.0.0.0/16"}, Seconds: 0.25}
	run := Run{Target: "aws", Region: "us-east-1", Steps: []Step{{Name: "up", Command: []string{"up"}, Exit: 0, Document: []byte("null")}}}
	if err := w.Call(call); err != nil {
		t.Fatal(err)
	}
	if err := w.Run(run); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, calls, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff([]any{run, []Call{call}}, []any{got, calls}); diff != "" {
		t.Error(diff)
	}
	if _, err := Create(dir); err == nil {
		t.Error("a recording was overwritten")
	}
	file := filepath.Join(dir, fileCalls)
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, text[:len(text)-5], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "call 1") {
		t.Errorf("a call that is cut off was read: %v", err)
	}
}
