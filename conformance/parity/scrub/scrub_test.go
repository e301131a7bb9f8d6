package scrub

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func scrubber() *Scrubber { return New(netip.MustParsePrefix("10.0.0.0/16"), "jdoe", "build-host") }

func TestText_ReplacesWhatTellsOfAccount(t *testing.T) {
	opaque := strings.Repeat("QUJD/+", 20) + "=="
	for name, test := range map[string]struct{ text, want string }{
		"caller": {
			"<Arn>arn:aws:sts::210987654321:assumed-role/Operators-Blue/jane.roe@corp.example</Arn><UserId>AROAQWERTYUIOPASDFGHJ:jane.roe@corp.example</UserId><Account>210987654321</Account>",
			"<Arn>arn:aws:sts::000000000001:assumed-role/name-2/name-1</Arn><UserId>AROA00000000000000001:name-1</UserId><Account>000000000001</Account>",
		},
		"user":           {"arn:aws:iam::210987654321:user/team/jane and Jane, janet, jane", "arn:aws:iam::000000000001:user/name-1/name-2 and Jane, janet, name-2"},
		"alias":          {"<AccountAliases><member>acme-prod</member></AccountAliases> acme-prod", "<AccountAliases><member>name-1</member></AccountAliases> name-1"},
		"private":        {"by jdoe on build-host, jdoe,jdoe", "by name-2 on name-1, name-2,name-2"},
		"IDs":            {"vpc-0a1b2c3d4e5f60718 subnet-0a1b2c3d vpc-0a1b2c3d4e5f60718 i-0123456789abcdef0", "vpc-00000000000000001 subnet-00000001 vpc-00000000000000001 i-00000000000000001"},
		"addresses":      {"54.12.13.14 10.0.0.7 0.0.0.0/0 54.12.13.14/32 172.31.4.5 2600:1f18:abcd::7 01:02:03", "203.0.113.1 10.0.0.7 0.0.0.0/0 203.0.113.1/32 203.0.113.2 2001:db8::1 01:02:03"},
		"host names":     {"ec2-54-12-13-14.compute-1.amazonaws.com ip-10-0-0-7.ec2.internal 0a:1b:2c:3d:4e:5f", "ec2-203-0-113-1.compute-1.amazonaws.com ip-10-0-0-7.ec2.internal 02:00:00:00:00:01"},
		"load balancer":  {"parity-alb-1234567890.us-east-1.elb.amazonaws.com", "parity-alb-0000000001.us-east-1.elb.amazonaws.com"},
		"its ARN":        {"arn:aws:elasticloadbalancing:us-east-1:210987654321:listener-rule/app/parity-alb-with-a-long-name-x/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee", "arn:aws:elasticloadbalancing:us-east-1:000000000001:listener-rule/app/parity-alb-with-a-long-name-x/0000000000000001/0000000000000002/0000000000000003"},
		"request ID":     {"<requestId>59DBFF89-35bd-4eac-99ed-be587EXAMPLE</requestId><r>7a62c49f-347e-4fc4-9331-6e8eb1234567</r>", "<requestId>59DBFF89-35bd-4eac-99ed-be587EXAMPLE</requestId><r>00000000-0000-4000-8000-000000000001</r>"},
		"key":            {"AKIAIOSFODNN7EXAMPLE", "AKIA0000000000000001"},
		"mail":           {"mailto jane@corp.example.", "mailto person-1@example.com."},
		"user data":      {"<userData><value>c2VjcmV0</value></userData>", "<userData><value>(opaque 1, 8 characters)</value></userData>"},
		"token of pages": {`<nextToken>xyz</nextToken>`, `<nextToken>(opaque 1, 3 characters)</nextToken>`},
		"opaque":         {"Encoded authorization failure message: " + opaque, "Encoded authorization failure message: (opaque 1, 122 characters)"},
		"escaped": {
			"<AssumeRolePolicyDocument>%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A210987654321%3Aroot%22%7D</AssumeRolePolicyDocument>",
			"<AssumeRolePolicyDocument>%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A000000000001%3Aroot%22%7D</AssumeRolePolicyDocument>",
		},
		"ARN without account": {"arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"},
		"what is nobody's":    {"t3.micro us-east-1a 2026-11-30T19:22:05.000Z parity-web eipalloc running 443", "t3.micro us-east-1a 2026-11-30T19:22:05.000Z parity-web eipalloc running 443"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := scrubber().Text(test.text); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestText_ReplacesSameBySame(t *testing.T) {
	s := scrubber()
	first := s.Text("vpc-0a1b2c3d4e5f60718 in 210987654321 at 54.12.13.14 by arn:aws:iam::210987654321:user/jane")
	s.Text("vpc-11111111111111111 in 345678901234 at 54.12.13.15")
	again := s.Text("vpc-0a1b2c3d4e5f60718 in 210987654321 at 54.12.13.14 by arn:aws:iam::210987654321:user/jane")
	if first != again {
		t.Errorf("%s, then %s", first, again)
	}
	if other := s.Text("vpc-22222222222222222"); strings.Contains(first, other) {
		t.Errorf("two VPCs are both %s", other)
	}
}

func TestText_HasAddressesForAll(t *testing.T) {
	s, seen := scrubber(), map[string]bool{}
	for a := netip.MustParseAddr("54.0.0.1"); len(seen) < 2000; a = a.Next() {
		got := s.Text(a.String())
		if seen[got] || !regexp.MustCompile(`^(203\.0\.113|198\.51\.100|192\.0\.2|240\.0\.\d+)\.\d+$`).MatchString(got) {
			t.Fatalf("%s became %s", a, got)
		}
		seen[got] = true
	}
}

func TestParameters_WithholdUserData(t *testing.T) {
	got := scrubber().Parameters(map[string]string{
		"UserData": "I2Nsb3VkLWNvbmZpZw==", "SubnetId": "subnet-0a1b2c3d4e5f60718", "CidrBlock": "10.0.0.0/20", "NextToken": "abc",
	})
	want := map[string]string{
		"UserData": "(opaque 1, 20 characters)", "SubnetId": "subnet-00000000000000001", "CidrBlock": "10.0.0.0/20", "NextToken": "(opaque 2, 3 characters)",
	}
	if got["UserData"] != want["UserData"] { // a map has no order
		want["UserData"], want["NextToken"] = "(opaque 2, 20 characters)", "(opaque 1, 3 characters)"
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
