package faults

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

const everything = `
seed: 7
describe_delay: 3s
reference_delay: 2s
change_delay: 1s
vary_delays: true
iam_propagation: 8s
throttle: true
throttle_rate: 0.3
error_rate: 0.1
reset_rate: 1
lost_reply_rate: 0.05
rules:
  - operations: [CreateVpc, "elb:Create*"]
    fault: lost-reply
    nth: 3
    times: 2
  - {operations: [RunInstances], fault: refuse, code: InsufficientInstanceCapacity, message: none left, status: 500, rate: 0.5}
deny: [ec2:CreateNatGateway, "iam:*"]
allow: ["*", iam:PassRole]
no_capacity: [{zone: us-east-1a}, {zone: us-east-1b, instance_type: t3.micro}]
not_offered: [{zone: us-east-1c, instance_type: t3.micro}]
no_packages: [us-east-1d]
no_boot: [ami-0123456789abcdef0]
impaired_instances: [i-0123456789abcdef0]
impaired_systems: [i-0123456789abcdef1]
failures:
  - {object: nat-gateway, zone: us-east-1a, nth: 2, times: 1, code: Gateway.NotAttached, message: no gateway}
  - {object: instance}
quotas: {vpcs: 200, elastic_ips: 50}
`

func TestParse(t *testing.T) {
	got, err := Parse("faults.yaml", []byte(everything), services.All())
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Seed: 7, DescribeDelay: Duration(3 * time.Second), ReferenceDelay: Duration(2 * time.Second), ChangeDelay: Duration(time.Second), VaryDelays: true, IAMPropagation: Duration(8 * time.Second), Throttle: true,
		ThrottleRate: 0.3, ErrorRate: 0.1, ResetRate: 1, LostReplyRate: 0.05,
		Rules: []Rule{{Operations: []string{"CreateVpc", "elb:Create*"}, Fault: LostReply, Nth: 3, Times: 2},
			{Operations: []string{"RunInstances"}, Fault: Refuse, Code: "InsufficientInstanceCapacity", Message: "none left", Status: 500, Rate: 0.5}},
		Deny: []string{"ec2:CreateNatGateway", "iam:*"}, Allow: []string{"*", "iam:PassRole"}, NoCapacity: []Place{{Zone: "us-east-1a"}, {"us-east-1b", "t3.micro"}},
		NotOffered: []Place{{"us-east-1c", "t3.micro"}}, NoPackages: []string{"us-east-1d"}, NoBoot: []string{"ami-0123456789abcdef0"},
		ImpairedInstances: []string{"i-0123456789abcdef0"}, ImpairedSystems: []string{"i-0123456789abcdef1"}, Failures: []Failure{{Object: "nat-gateway", Zone: "us-east-1a", Nth: 2, Times: 1, Code: "Gateway.NotAttached", Message: "no gateway"}, {Object: "instance"}},
		Quotas: world.Quotas{"vpcs": 200, "elastic_ips": 50},
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("its own JSON", text, services.All())
	if diff := testenv.Diff(want, again); err != nil || diff != "" {
		t.Errorf("what it writes it doesn't read, %v: %s", err, diff)
	}
	switches := world.Switches{Staleness: world.Staleness{Describe: 3 * time.Second, Reference: 2 * time.Second, Change: time.Second, Vary: true, Seed: 7}, IAMPropagation: 8 * time.Second,
		NoCapacity: []string{"us-east-1a", "t3.micro@us-east-1b"}, NotOffered: []string{"t3.micro@us-east-1c"}, NoPackages: []string{"us-east-1d"}, NoBoot: []string{"ami-0123456789abcdef0"},
		ImpairedInstances: []string{"i-0123456789abcdef0"}, ImpairedSystems: []string{"i-0123456789abcdef1"}, Failures: []world.Failure{
			{Object: "nat-gateway", Zone: "us-east-1a", Nth: 2, Times: 1, Code: "Gateway.NotAttached", Message: "no gateway"},
			{Object: "instance", Code: "Server.InternalError", Message: "Server.InternalError: Internal error on launch"}}}
	if diff := testenv.Diff(switches, got.Switches(services.All())); diff != "" {
		t.Error(diff)
	}
	for _, nothing := range []string{"", "# nothing\n", "{}", "---\n"} {
		if got, err := Parse("f", []byte(nothing), nil); err != nil || !reflect.DeepEqual(got, Config{}) {
			t.Errorf("%q: %+v, %v", nothing, got, err)
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"unknown key":          {"seed: 1\nthrotle: true\n", []string{`f.yaml:2:1: there is no key "throtle"; allowed: seed, describe_delay,`}},
		"unknown key below":    {"rules:\n- fault: reset\n  operation: [CreateVpc]\n", []string{`f.yaml:3:3: rules[0]: there is no key "operation"; allowed: operations, fault, code`}},
		"unknown quota":        {"quotas:\n  vpc: 3\n", []string{`f.yaml:2:3: quotas: there is no key "vpc"; allowed: vpcs, subnets_per_vpc`}},
		"unknown operation":    {"deny:\n- ec2:CreateNatGateways\n", []string{`f.yaml:2:3: deny[0]: no operation that is simulated is called "ec2:CreateNatGateways"; allowed: names of simulated operations such as ec2:CreateNatGateway,`}},
		"unknown in rule":      {"rules:\n- operations:\n  - CreateVpc\n  - Nonsense\n  fault: reset\n", []string{`f.yaml:4:5: rules[0].operations[1]: no operation`}},
		"unknown fault":        {"rules: [{fault: explode}]", []string{`f.yaml:1:17: rules[0].fault: there is no fault "explode"; allowed: throttle, error, reset, lost-reply, deny, refuse`}},
		"no fault":             {"rules:\n- operations: [CreateVpc]\n", []string{`rules[0].fault: is missing`}},
		"no code":              {"rules: [{fault: refuse}]", []string{`rules[0].code: "" is no error code`}},
		"code without use":     {"rules: [{fault: reset, code: X}]", []string{"for the fault refuse alone"}},
		"no image":             {"no_boot: [t3.micro]\n", []string{`f.yaml:1:11: no_boot[0]: "t3.micro" is no image; allowed: the ID of an image such as ami-`}},
		"no instance":          {"impaired_systems: [ami-1]\n", []string{`f.yaml:1:20: impaired_systems[0]: "ami-1" is no instance; allowed: the ID of an instance such as i-`}},
		"a share":              {"error_rate: 30\n", []string{`f.yaml:1:13: error_rate: 30 is no share of the calls; allowed: a number from 0 to 1`}},
		"a duration":           {"describe_delay: 3\n", []string{`f.yaml:1:17: describe_delay: "3" is not a duration; allowed: a duration such as 3s or 500ms`}},
		"negative":             {"describe_delay: -3s\nquotas: {vpcs: -1}", []string{"describe_delay: can't be negative", "quotas.vpcs: can't be negative"}},
		"wrong types":          {"seed: abc\nthrottle: 3\nrules: {}\ndeny: ec2:CreateVpc", []string{"f.yaml:1:7: seed: can't be abc; allowed: a whole number", "throttle: can't be 3; allowed: true or false", "rules: is no list", "deny: is no list"}},
		"zone":                 {"no_capacity: [{zone: us-east-9a}]", []string{`no_capacity[0].zone: "us-east-9a" is no Availability Zone`}},
		"no object":            {"failures: [{nth: 1}]", []string{`failures[0].object: is missing; allowed: nat-gateway, instance, load-balancer`}},
		"object":               {"failures: [{object: vpc, nth: -1}]", []string{`failures[0].object: there is no failing "vpc"; allowed: nat-gateway`, "failures[0].nth: can't be negative"}},
		"place of one without": {"failures: [{object: load-balancer, zone: us-east-1a}]", []string{"failures[0].zone: a load balancer is in no single zone"}},
		"no packages":          {"no_packages: [us-east-9a]", []string{`no_packages[0].zone: "us-east-9a" is no Availability Zone`}},
		"zone letter":          {"no_capacity: [{zone: us-east-1z}]", []string{`the region has no zone "us-east-1z"; allowed: us-east-1a,`}},
		"type":                 {"not_offered: [{zone: us-east-1a, instance_type: t9.huge}]", []string{`there is no instance type "t9.huge"; allowed: `}},
		"no type":              {"not_offered: [{zone: us-east-1a}]", []string{"not_offered[0]: lacks instance_type"}},
		"not YAML":             {"a: [", []string{"f.yaml:1:"}},
		"twice":                {"seed: 1\nseed: 2\n", []string{"f.yaml:2:1"}},
		"no value":             {"seed:\n", []string{"f.yaml:1:1: seed: has no value"}},
		"a text":               {"hello", []string{"is no section of keys"}},
		"two documents":        {"seed: 1\n---\nseed: 2\n", []string{"holds a second document"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(test.text), services.All())
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in:\n%v", want, err)
				}
			}
		})
	}
}

func TestSetQuota(t *testing.T) {
	var c Config
	if err := c.SetQuota(services.All(), "nat_gateways_per_zone", 9); err != nil || c.Quotas["nat_gateways_per_zone"] != 9 {
		t.Errorf("%+v, %v", c.Quotas, err)
	}
	if err := c.SetQuota(services.All(), "L-0263D0A3", 7); err != nil || c.Quotas["L-0263D0A3"] != 7 {
		t.Errorf("by its code: %+v, %v", c.Quotas, err)
	}
	if err := c.SetQuota(services.All(), "vpcs", 0); err == nil || !strings.Contains(err.Error(), "from 1") {
		t.Error(err)
	}
	if err := c.SetQuota(services.All(), "vpc", 1); err == nil || !strings.Contains(err.Error(), "elastic_ips") {
		t.Error(err)
	}
}
