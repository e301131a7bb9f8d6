package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

func TestHTTPSDocument_NamesWhatIsWrong(t *testing.T) {
	const arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	in := func(days int) *time.Time { return aws.Time(now.AddDate(0, 0, days).Add(time.Hour)) }
	proof := []acmtypes.DomainValidation{{
		DomainName: aws.String("shop.example.com"), ValidationStatus: acmtypes.DomainStatusPendingValidation,
		ResourceRecord: &acmtypes.ResourceRecord{Name: aws.String("_x.shop.example.com."), Type: acmtypes.RecordTypeCname, Value: aws.String("_y.acm-validations.aws.")},
	}}
	listener := []resource.Object{{Live: loadbalancing.LiveListener{Listener: elbtypes.Listener{Port: aws.Int32(443), SslPolicy: aws.String("ELBSecurityPolicy-X")}}}}
	zone := config.HTTPS{Domain: "shop.example.com", HostedZone: "example.com"}
	elsewhere := config.HTTPS{Domain: "shop.example.com"}
	own := config.HTTPS{Domain: "shop.example.com", Certificate: arn}
	for name, test := range map[string]struct {
		https   config.HTTPS
		detail  *acmtypes.CertificateDetail
		days    int // -1: not known
		records int
		want    string // "": nothing is wrong
		hint    string
	}{
		"none yet":                 {zone, nil, -1, 0, "", ""},
		"issued":                   {zone, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusIssued, NotAfter: in(198)}, 198, 0, "", ""},
		"30 days left":             {zone, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusIssued, NotAfter: in(30)}, 30, 0, "", ""},
		"less than 30":             {zone, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusIssued, NotAfter: in(29)}, 29, 0, "ends in 29 days, on 2026-12-29, and isn't renewed", "ACM renews it once"},
		"imported, 29":             {own, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusIssued, Type: acmtypes.CertificateTypeImported, NotAfter: in(29)}, 29, 0, "ends in 29 days", "import its successor"},
		"over":                     {zone, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusExpired, NotAfter: in(-2)}, -1, 0, "has ended, on 2026-11-28", "ACM renews it once"},
		"stuck in our zone":        {zone, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusPendingValidation, DomainValidationOptions: proof}, -1, 1, "isn't issued: ACM looks in DNS for _x.shop.example.com", "makes them in zone example.com"},
		"records to make":          {elsewhere, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusPendingValidation, DomainValidationOptions: proof}, -1, 1, "_x.shop.example.com", "make these records where your DNS is"},
		"records not named yet":    {elsewhere, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusPendingValidation}, -1, 0, "records that it hasn't named yet", "in some seconds"},
		"failed":                   {zone, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusFailed, FailureReason: acmtypes.FailureReasonCaaError}, -1, 0, "the certificate is FAILED CAA_ERROR", "amazon.com"},
		"a renewal lacks a record": {elsewhere, &acmtypes.CertificateDetail{Status: acmtypes.CertificateStatusIssued, NotAfter: in(20), RenewalSummary: &acmtypes.RenewalSummary{RenewalStatus: acmtypes.RenewalStatusPendingValidation, DomainValidationOptions: proof}}, 20, 1, "ends in 20 days", "make these records where your DNS is"},
	} {
		if test.detail != nil {
			test.detail.CertificateArn = aws.String(arn)
		}
		document, causes := httpsDocument(test.https, listener, test.detail, now)
		if document.Domain != "shop.example.com" || document.Policy != "ELBSecurityPolicy-X" || len(document.Records) != test.records || (document.Certificate.ARN == "") != (test.detail == nil) {
			t.Errorf("%s: %+v", name, document)
		}
		if left := document.Certificate.DaysLeft; test.days >= 0 && (left == nil || *left != test.days) {
			t.Errorf("%s: %+v, want %d days left", name, document.Certificate, test.days)
		}
		if len(causes) > 1 || (len(causes) == 1) != (test.want != "") {
			t.Errorf("%s: %v, want %q", name, causes, test.want)
			continue
		}
		if test.want != "" && (!strings.Contains(causes[0].Message, test.want) || !strings.Contains(causes[0].Hint, test.hint)) {
			t.Errorf("%s: %q (%s), want %q (%s)", name, causes[0].Message, causes[0].Hint, test.want, test.hint)
		}
	}
}
