package dns

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/testenv"
)

const (
	ownBalancer   = "shop-alb-1719788585.us-east-1.elb.amazonaws.com"
	otherBalancer = "blog-alb-1719788585.us-east-1.elb.amazonaws.com"
)

func alias(name, target string) types.ResourceRecordSet {
	return types.ResourceRecordSet{Name: aws.String(name + "."), Type: types.RRTypeA, AliasTarget: &types.AliasTarget{DNSName: aws.String(target + ".")}}
}

func values(name string, kind types.RRType, values ...string) types.ResourceRecordSet {
	set := types.ResourceRecordSet{Name: aws.String(name + "."), Type: kind, TTL: aws.Int64(60)}
	for _, value := range values {
		set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: &value})
	}
	return set
}

func weighted(set types.ResourceRecordSet, identifier string) types.ResourceRecordSet {
	set.SetIdentifier, set.Weight = &identifier, aws.Int64(90)
	return set
}

func TestOwn_KnowsRecordsByWhatTheyHold(t *testing.T) {
	owner := awsapi.Owner{Platform: "shop", Region: "us-east-1"}
	proof := func(value *string) source {
		return source{
			balancers: []elbtypes.LoadBalancer{{DNSName: aws.String(ownBalancer), LoadBalancerArn: aws.String("arn:alb")}},
			certificates: []LiveCertificate{{CertificateDetail: acmtypes.CertificateDetail{CertificateArn: aws.String("arn:cert"), DomainValidationOptions: []acmtypes.DomainValidation{{
				DomainName: aws.String("shop.example.com"), ResourceRecord: &acmtypes.ResourceRecord{Name: aws.String("_a.shop.example.com."), Value: value},
			}}}}},
		}
	}
	described, summed := proof(aws.String("_b.x.acm-validations.aws.")), proof(nil)
	for name, test := range map[string]struct {
		of               source
		set              types.ResourceRecordSet
		own              bool
		target, expected string
	}{
		"leads to the platform":            {described, alias("shop.example.com", "dualstack."+ownBalancer), true, "arn:alb", ""},
		"leads to an earlier one":          {described, alias("shop.example.com", "shop-alb-2-17.us-east-1.elb.amazonaws.com"), true, "shop-alb-2-17.us-east-1.elb.amazonaws.com", ""},
		"leads to another platform":        {described, alias("shop.example.com", otherBalancer), false, otherBalancer, ""},
		"leads to an address":              {described, values("shop.example.com", types.RRTypeA, "192.0.2.7"), false, "", ""},
		"leads there among others":         {described, weighted(alias("shop.example.com", ownBalancer), "blue"), false, "", ""},
		"another name in its place":        {described, values("shop.example.com", types.RRTypeCname, "elsewhere.example.org"), false, "", ""},
		"proves the domain":                {described, values("_a.shop.example.com", types.RRTypeCname, "_b.x.acm-validations.aws."), true, "", "_b.x.acm-validations.aws"},
		"proves it no more":                {described, values("_a.shop.example.com", types.RRTypeCname, "other.example.org"), true, "", "_b.x.acm-validations.aws"},
		"proves it, as far as one knows":   {summed, values("_a.shop.example.com", types.RRTypeCname, "_c.y.acm-validations.aws."), true, "", "_c.y.acm-validations.aws"},
		"proves nothing, whatever it were": {summed, values("_a.shop.example.com", types.RRTypeCname, "other.example.org"), true, "", "a name under acm-validations.aws"},
	} {
		live, own := test.of.own(owner, zone{"Z1", "example.com"}, test.set)
		if own != test.own || live.Target != test.target || live.Expected != test.expected {
			t.Errorf("%s: own %t, target %q, expected %q", name, own, live.Target, live.Expected)
		}
	}
}

func TestBeside_NamesWhatElseLeadsClients(t *testing.T) {
	sets := []types.ResourceRecordSet{
		alias("shop.example.com", ownBalancer), values("shop.example.com", types.RRTypeAaaa, "2001:db8::7"),
		values("shop.example.com", types.RRTypeTxt, `"v=spf1"`), values("www.example.com", types.RRTypeAaaa, "2001:db8::8"),
		values("shop.example.com", types.RRTypeHttps, "1 elsewhere.example.org"),
	}
	want := []string{"AAAA 2001:db8::7", "HTTPS 1 elsewhere.example.org"}
	if diff := testenv.Diff(want, beside(sets, "shop.example.com")); diff != "" {
		t.Error(diff)
	}
	if others := beside(sets[:1], "shop.example.com"); others != nil {
		t.Errorf("beside itself are %q", others)
	}
}

func TestDescribeSet_SaysWhatIsThere(t *testing.T) {
	for want, set := range map[string]types.ResourceRecordSet{
		"A alias to " + otherBalancer:                              alias("shop.example.com", otherBalancer),
		"A with a routing policy (blue) alias to " + otherBalancer: weighted(alias("shop.example.com", otherBalancer), "blue"),
		"A 192.0.2.7, 192.0.2.8":                                   values("shop.example.com", types.RRTypeA, "192.0.2.7", "192.0.2.8"),
	} {
		if got := describeSet(set); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A record that was led elsewhere while down went on is somebody's.
func TestLeadsTo_TellsOwnLoadBalancerFromAnother(t *testing.T) {
	needs := []string{"registration/x", "load-balancer/arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-alb/0123456789abcdef"}
	for name, test := range map[string]struct {
		target string
		needs  []string
		want   bool
	}{
		"its own":                          {ownBalancer, needs, true},
		"its own, as the console leads":    {"dualstack." + ownBalancer, needs, true},
		"another platform's":               {otherBalancer, needs, false},
		"no load balancer":                 {"d111111abcdef8.cloudfront.net", needs, false},
		"one, of which the state is lost":  {otherBalancer, nil, true},
		"none, of which the state is lost": {"d111111abcdef8.cloudfront.net", nil, false},
	} {
		set := alias("shop.example.com", test.target)
		if got := leadsTo(&set, test.needs); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}
