package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision/verify"
	"github.com/platformctl/platformctl/internal/resource"
)

// renewedBefore is how long before its end a certificate must have been renewed. ACM renews 45 days before, and warns from 30 on.
// Source: ACM User Guide, "Managed certificate renewal".
const renewedBefore = 30 * 24 * time.Hour

// secured is how a platform is served over TLS, and what is wrong with it; nil where the configuration doesn't ask for HTTPS.
func secured(ctx context.Context, s *session.Session, objects []resource.Object) (*report.HTTPS, []verify.Cause, error) {
	https := s.Config.LoadBalancer.HTTPS
	if !https.On() {
		return nil, nil, nil
	}
	detail, err := certificateOf(ctx, s.Clients, https, objects)
	if err != nil {
		return nil, nil, err
	}
	document, causes := httpsDocument(https, objects, detail, s.Began)
	return document, causes, nil
}

// certificateOf is the platform's certificate, which was read with it, or the one that the configuration names, which is asked
// for; nil where there is none.
func certificateOf(ctx context.Context, c *awsapi.Clients, https config.HTTPS, objects []resource.Object) (*acmtypes.CertificateDetail, error) {
	if https.Certificate != "" {
		out, err := c.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &https.Certificate})
		if awsapi.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("describe the certificate that the configuration names: %w", err)
		}
		return out.Certificate, nil
	}
	var newest *acmtypes.CertificateDetail
	generation := -1
	for _, object := range objects {
		live, ok := object.Live.(dns.LiveCertificate)
		if ok && object.Generation > generation && object.Status.Phase != resource.Gone {
			newest, generation = &live.CertificateDetail, object.Generation
		}
	}
	return newest, nil
}

// httpsDocument is pure.
func httpsDocument(https config.HTTPS, objects []resource.Object, detail *acmtypes.CertificateDetail, now time.Time) (*report.HTTPS, []verify.Cause) {
	document := &report.HTTPS{Domain: https.Domain, AlternativeNames: https.AlternativeNames}
	for _, object := range objects {
		if live, ok := object.Live.(loadbalancing.LiveListener); ok && aws.ToInt32(live.Port) == blueprint.HTTPSPort {
			document.Policy = aws.ToString(live.SslPolicy)
		}
	}
	if detail == nil {
		return document, nil // which is drift, or the preflight's to say
	}
	key := resource.Key{Kind: dns.CertificateKind().Name, Name: "main"}.String()
	if https.Certificate != "" {
		key = ""
	}
	certificate := report.Certificate{ARN: aws.ToString(detail.CertificateArn), Status: string(detail.Status)}
	if detail.RenewalSummary != nil {
		certificate.Renewal = string(detail.RenewalSummary.RenewalStatus)
	}
	for _, missing := range dns.Missing(*detail) {
		document.Records = append(document.Records, report.Record{Name: missing.Name, Type: missing.Type, Value: missing.Value})
	}
	var causes []verify.Cause
	say := func(message, hint string) {
		causes = append(causes, verify.Cause{Resource: key, Message: message, Hint: hint})
	}
	switch detail.Status {
	case acmtypes.CertificateStatusIssued, acmtypes.CertificateStatusExpired:
	case acmtypes.CertificateStatusPendingValidation:
		say("the certificate isn't issued: ACM looks in DNS for "+recordNames(document.Records), howToMake(https, document.Records))
	default:
		say(fmt.Sprintf("the certificate is %s %s", detail.Status, detail.FailureReason), "platformctl up requests another; where a CAA record forbids it, let it allow amazon.com first")
	}
	if ends := aws.ToTime(detail.NotAfter); !ends.IsZero() {
		left := int(ends.Sub(now) / (24 * time.Hour))
		certificate.Expires, certificate.DaysLeft = ends.UTC().Format(time.RFC3339), &left
		switch hint := howToRenew(https, detail, document.Records); {
		case !ends.After(now):
			say("the certificate has ended, on "+ends.UTC().Format(time.DateOnly), hint)
		case ends.Sub(now) < renewedBefore:
			say(fmt.Sprintf("the certificate ends in %d days, on %s, and isn't renewed", left, ends.UTC().Format(time.DateOnly)), hint)
		}
	}
	document.Certificate = certificate
	return document, causes
}

// recordNames are the names of records, or what stands for them as long as ACM hasn't said them.
func recordNames(records []report.Record) string {
	var names []string
	for _, record := range records {
		names = append(names, record.Name)
	}
	if names = slices.Compact(names); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "records that it hasn't named yet"
}

// howToMake says who makes the records that prove the domain.
func howToMake(https config.HTTPS, records []report.Record) string {
	if https.HostedZone != "" {
		return fmt.Sprintf("platformctl up makes them in zone %s; the public DNS must know that zone's name servers", https.HostedZone)
	}
	if len(records) == 0 {
		return "platformctl status names them in some seconds"
	}
	return "make these records where your DNS is; platformctl up goes on once ACM has found them"
}

// howToRenew says what keeps a certificate from being renewed.
func howToRenew(https config.HTTPS, detail *acmtypes.CertificateDetail, records []report.Record) string {
	switch {
	case detail.Type == acmtypes.CertificateTypeImported:
		return "ACM doesn't renew what was imported: import its successor to the same ARN, or name another in load_balancer.https.certificate"
	case detail.RenewalEligibility == acmtypes.RenewalEligibilityIneligible && len(detail.InUseBy) == 0:
		return "ACM renews what a load balancer uses alone: platformctl up puts it there"
	case len(records) > 0:
		return howToMake(https, records)
	}
	return "ACM renews it once it finds its validation records in DNS: platformctl up makes those of a hosted zone again"
}
