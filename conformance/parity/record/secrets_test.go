package record

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/conformance/parity/intercept"
	"github.com/platformctl/platformctl/conformance/parity/scrub"
	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/internal/config"
)

// secrets are what an account's calls have in them, and no recording may have.
func secrets() map[string]string {
	return map[string]string{
		"account": "210987654321", "alias": "acme-prod", "user": "jane.roe", "role": "Operators-Blue", "machine's user": "jdoe",
		"VPC": "vpc-0a1b2c3d4e5f60718", "instance": "i-0fedcba9876543210", "old ID": "sg-1a2b3c4d", "address": "54.12.13.14",
		"address in a name": "ec2-54-12-13-14", "another network": "172.31.4.5", "IPv6": "2600:1f18:abcd:1200::7", "MAC": "0a:1b:2c:3d:4e:5f",
		"access key": "AKIAIOSFODNN7EXAMPLE", "user's ID": "AIDAQWERTYUIOPASDFGHJ", "request": "7a62c49f-347e-4fc4-9331-6e8eb1234567",
		"load balancer": "1234567890", "its ARN": "50dc6c495c0c9188", "mail": "jane@corp.example", "user data": "c2VjcmV0IG9mIHRoZSB1c2Vy",
		"console": strings.Repeat("c2VjcmV0", 12), "page": "eyJtYXJrZXIiOiJ4In0", "session": "SESSION0TOKEN0OF0THE0USER",
	}
}

// TestRecord_KeepsSecretsOut gives the recorder calls and a document that are full of secrets, and searches all that it wrote.
func TestRecord_KeepsSecretsOut(t *testing.T) {
	s := secrets()
	out := filepath.Join(t.TempDir(), "run")
	w, err := trace.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{Options: options(), writer: w}
	r.Environ = []string{"USER=" + s["machine's user"], "AWS_SESSION_TOKEN=" + s["session"], "PATH=/bin"}
	r.scrub = scrub.New(config.Default().Network.CIDR, r.private()...)
	caller := "arn:aws:sts::" + s["account"] + ":assumed-role/" + s["role"] + "/" + s["user"]
	everything := "<x><a>" + caller + "</a><b>" + strings.Join([]string{
		s["machine's user"], s["VPC"], s["instance"], s["old ID"], s["address"], s["address in a name"] + ".compute-1.amazonaws.com", s["another network"],
		s["IPv6"], s["MAC"], s["access key"], s["user's ID"] + ":" + s["user"], s["request"], "parity-alb-" + s["load balancer"] + ".us-east-1.elb.amazonaws.com",
		"arn:aws:elasticloadbalancing:us-east-1:" + s["account"] + ":loadbalancer/app/parity-alb/" + s["its ARN"], s["mail"], s["session"], s["console"],
	}, "</b><b>") + "</b><p>%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A" + s["account"] + "%3Auser%2F" + s["user"] + "%22%7D</p>" +
		"<userData><value>" + s["user data"] + "</value></userData><nextToken>" + s["page"] + "</nextToken></x>"
	for _, e := range []intercept.Exchange{
		{Service: "iam", Operation: "ListAccountAliases", Status: 200, Reply: []byte("<r><AccountAliases><member>" + s["alias"] + "</member></AccountAliases></r>")},
		{Service: "sts", Operation: "GetCallerIdentity", Status: 200, Reply: []byte("<r><Arn>" + caller + "</Arn></r>")},
		{Service: "ec2", Operation: "DescribeInstances", Status: 200, Reply: []byte(everything), Request: []byte("Action=DescribeInstances&NextToken=" + s["page"])},
		{Service: "ec2", Operation: "RunInstances", Status: http.StatusForbidden, Request: []byte("Action=RunInstances&UserData=" + s["user data"] + "&SubnetId=" + s["VPC"]),
			Reply: []byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>User: " + caller + " " + s["console"] + "</Message></Error></Errors></Response>")},
		{Service: "ssm", Operation: "SendCommand", Status: 200, Request: []byte(`{"InstanceIds":["` + s["instance"] + `"]}`), Reply: []byte(`{"NextToken":"` + s["page"] + `","By":"` + s["alias"] + `"}`)},
		{Service: "sts", Operation: "AssumeRole", Status: 200, Reply: []byte("<r><SecretAccessKey>c2VjcmV0</SecretAccessKey></r>")},
		{Service: "portal.sso", Operation: "GetRoleCredentials", Status: 200, Reply: []byte(`{"secretAccessKey":"c2VjcmV0"}`)},
	} {
		e.At = time.Unix(0, 0)
		if err := r.record(e); err != nil {
			t.Fatal(err)
		}
	}
	r.run.Steps = []trace.Step{{Name: "plan", Document: []byte(r.scrub.JSON(`{"account":"` + s["account"] + `","by":"` + caller + `"}`))}}
	if err := w.Run(r.run); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s["secret access key"] = "c2VjcmV0"
	searched := 0
	err = fs.WalkDir(os.DirFS(out), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(out, name))
		searched += len(text)
		for what, secret := range s {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s has the %s, %s", name, what, secret)
			}
		}
		return err
	})
	if err != nil || searched < 1000 {
		t.Fatalf("%d bytes were searched: %v", searched, err)
	}
	_, calls, err := trace.Read(out)
	if err != nil {
		t.Fatal(err)
	}
	var operations []string
	for _, c := range calls {
		operations = append(operations, c.Operation)
	}
	if want := []string{"ListAccountAliases", "GetCallerIdentity", "DescribeInstances", "RunInstances", "SendCommand"}; !slices.Equal(operations, want) {
		t.Errorf("recorded %q, want %q", operations, want)
	}
	if c := calls[3]; c.Code != "UnauthorizedOperation" || c.Status != http.StatusForbidden || !strings.HasPrefix(c.Parameters["SubnetId"], "vpc-0000") {
		t.Errorf("%+v", c)
	}
}

func TestEnvironment_LeadsByWayOfProxy(t *testing.T) {
	o := options()
	o.Environ = []string{
		"PATH=/bin", "AWS_PROFILE=prod", "AWS_ACCESS_KEY_ID=AKIA", "AWS_ENDPOINT_URL=http://elsewhere", "AWS_ENDPOINT_URL_EC2=http://elsewhere",
		"https_proxy=http://elsewhere", "NO_PROXY=*", "AWS_CA_BUNDLE=elsewhere", "PLATFORMCTL_NAME=other",
	}
	proxy := &intercept.Proxy{URL: "http://parity:secret@here", Endpoint: "http://here", AccessKey: "secret"}
	for target, want := range map[string][]string{
		TargetAWS: {"PATH=/bin", "AWS_PROFILE=prod", "AWS_ACCESS_KEY_ID=AKIA", "PLATFORMCTL_HOME=home", "HTTPS_PROXY=http://parity:secret@here", "AWS_CA_BUNDLE=bundle"},
		TargetLocal: {"PATH=/bin", "PLATFORMCTL_HOME=home", "HTTPS_PROXY=http://parity:secret@here", "AWS_CA_BUNDLE=bundle", "HTTP_PROXY=http://parity:secret@here",
			"AWS_ACCESS_KEY_ID=secret", "AWS_SECRET_ACCESS_KEY=parity", "AWS_REGION=", "AWS_EC2_METADATA_DISABLED=true",
			"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull},
		TargetEndpoint: {"PATH=/bin", "PLATFORMCTL_HOME=home", "AWS_ENDPOINT_URL=http://here",
			"AWS_ACCESS_KEY_ID=secret", "AWS_SECRET_ACCESS_KEY=parity", "AWS_REGION=", "AWS_EC2_METADATA_DISABLED=true",
			"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull},
	} {
		o.Target = target
		if got := environment(o, proxy, "bundle", "home"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}
