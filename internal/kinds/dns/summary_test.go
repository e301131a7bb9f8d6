package dns

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

func TestFromSummary_IsEnoughFarFromRenewalAlone(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	summary := func(change func(*types.CertificateSummary)) types.CertificateSummary {
		s := types.CertificateSummary{
			CertificateArn: aws.String("arn:1"), DomainName: aws.String("shop.example.com"), Status: types.CertificateStatusIssued,
			SubjectAlternativeNameSummaries: []string{"shop.example.com", "*.shop.example.com", "www.example.com"}, NotAfter: aws.Time(now.Add(198 * day)),
		}
		change(&s)
		return s
	}
	as := func(*types.CertificateSummary) {}
	known := awsapi.Domain{Look: true, Zone: "example.com", Records: []string{
		"Z1/example.com/_a.shop.example.com/CNAME", "Z1/example.com/_b.www.example.com/CNAME", "Z1/example.com/shop.example.com/A",
	}}
	half, none, elsewhere := known, known, awsapi.Domain{Look: true}
	half.Records, none.Records = known.Records[1:], nil
	for name, test := range map[string]struct {
		domain awsapi.Domain
		change func(*types.CertificateSummary)
		want   bool
	}{
		"issued":                       {known, as, true},
		"without a zone":               {elsewhere, as, true},
		"a record that isn't known":    {half, as, false},
		"no record that is":            {none, as, false},
		"renewal comes":                {known, func(s *types.CertificateSummary) { s.NotAfter = aws.Time(now.Add(74 * day)) }, false},
		"pending":                      {known, func(s *types.CertificateSummary) { s.Status = types.CertificateStatusPendingValidation }, false},
		"more names than a list has":   {known, func(s *types.CertificateSummary) { s.HasAdditionalSubjectAlternativeNames = aws.Bool(true) }, false},
		"no names, as an old list has": {elsewhere, func(s *types.CertificateSummary) { s.SubjectAlternativeNameSummaries = nil }, false},
	} {
		detail, enough := fromSummary(awsapi.Owner{Platform: "shop", Domain: test.domain}, summary(test.change), now)
		if enough != test.want {
			t.Errorf("%s: %t, want %t", name, enough, test.want)
		}
		if name == "issued" && (len(detail.DomainValidationOptions) != 2 || len(Missing(detail)) != 0 || aws.ToString(detail.DomainValidationOptions[0].ResourceRecord.Name) != "_a.shop.example.com") {
			t.Errorf("its proofs are %+v", detail.DomainValidationOptions)
		}
	}
}

func TestCompareNames_OrdersByLastLabelFirst(t *testing.T) {
	ordered := []string{"example.com", "*.example.com", "_a.example.com", "shop.example.com", "_a.shop.example.com", "www.example.com", "example.org"}
	for i := range ordered[1:] {
		if compareNames(ordered[i], ordered[i+1]) >= 0 || compareNames(ordered[i+1], ordered[i]) <= 0 {
			t.Errorf("%s doesn't come before %s", ordered[i], ordered[i+1])
		}
	}
}

func TestIsOwnTarget_KnowsNamesOfOwnLoadBalancers(t *testing.T) {
	owner := awsapi.Owner{Platform: "shop", Region: "us-east-1"}
	for name, want := range map[string]bool{
		"shop-alb-1234567890.us-east-1.elb.amazonaws.com":     true,
		"shop-alb-2-1234567890.us-east-1.elb.amazonaws.com":   true, // of a second generation
		"shop-alb-1234567890.eu-west-1.elb.amazonaws.com":     false,
		"shop-alb-alb-1234567890.us-east-1.elb.amazonaws.com": false, // of platform shop-alb
		"myshop-alb-1234567890.us-east-1.elb.amazonaws.com":   false,
		"d111111abcdef8.cloudfront.net":                       false,
	} {
		if got := isOwnTarget(owner, name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}

func TestNeededIn_ReadsWhatAReasonNames(t *testing.T) {
	option := func(name, record string) types.DomainValidation {
		return types.DomainValidation{DomainName: &name, ResourceRecord: &types.ResourceRecord{Name: aws.String(record + "."), Type: types.RecordTypeCname, Value: aws.String("_v.acm-validations.aws.")}}
	}
	live := LiveValidation{LiveCertificate{CertificateDetail: types.CertificateDetail{Status: types.CertificateStatusPendingValidation, DomainValidationOptions: []types.DomainValidation{
		option("a.example.com", "_x.a.example.com"), option("*.a.example.com", "_x.a.example.com"), option("b.example.com", "_y.b.example.com"),
	}}}}
	got := NeededIn(validationStatus(live).Reason)
	want := []Needed{{"_x.a.example.com.", "CNAME", "_v.acm-validations.aws."}, {"_y.b.example.com.", "CNAME", "_v.acm-validations.aws."}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, want %v", got, want)
	}
	live.Status = types.CertificateStatusIssued
	if status := validationStatus(live); status.Phase != "ready" || NeededIn(status.Reason) != nil {
		t.Errorf("issued: %+v", status)
	}
}
