package dns

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// beforeRenewal is how long before its end ACM may begin to renew a certificate, and then some: it begins 45 days before, of
// earlier certificates 60. Until then nothing of a certificate that is issued changes.
// https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
const beforeRenewal = 75 * 24 * time.Hour

// fromSummary is a certificate by what a list tells of it, which saves the call that tells the rest; false where that isn't enough.
// It is where the certificate is issued, and isn't to be renewed soon, and the state has the records that prove it. What those
// should say is then asked for only when a renewal comes near, in good time to repair them.
func fromSummary(owner awsapi.Owner, summary types.CertificateSummary, now time.Time) (types.CertificateDetail, bool) {
	if summary.Status != types.CertificateStatusIssued || aws.ToBool(summary.HasAdditionalSubjectAlternativeNames) || summary.NotAfter == nil || summary.NotAfter.Sub(now) < beforeRenewal {
		return types.CertificateDetail{}, false
	}
	detail := types.CertificateDetail{
		CertificateArn: summary.CertificateArn, DomainName: summary.DomainName, SubjectAlternativeNames: summary.SubjectAlternativeNameSummaries,
		Status: summary.Status, Type: summary.Type, KeyAlgorithm: summary.KeyAlgorithm, RenewalEligibility: summary.RenewalEligibility,
		CreatedAt: summary.CreatedAt, IssuedAt: summary.IssuedAt, NotBefore: summary.NotBefore, NotAfter: summary.NotAfter,
	}
	proofs := map[string]string{}
	for _, id := range owner.Domain.Records {
		if record, ok := parseRecordID(id); ok && record.kind == "CNAME" {
			_, domain, _ := strings.Cut(record.name, ".")
			proofs[domain] = record.name
		}
	}
	for _, base := range Bases(summary.SubjectAlternativeNameSummaries) {
		name := proofs[base]
		switch {
		case name != "":
			detail.DomainValidationOptions = append(detail.DomainValidationOptions, types.DomainValidation{
				DomainName: &base, ValidationMethod: types.ValidationMethodDns, ValidationStatus: types.DomainStatusSuccess,
				ResourceRecord: &types.ResourceRecord{Name: &name, Type: types.RecordTypeCname}, // its value isn't known
			})
		case owner.Domain.Zone != "" || len(owner.Domain.Records) > 0 || owner.Domain.Lost:
			return types.CertificateDetail{}, false
		}
	}
	return detail, slices.Contains(summary.SubjectAlternativeNameSummaries, aws.ToString(summary.DomainName))
}
