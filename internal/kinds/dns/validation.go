package dns

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Validation is the wait until a certificate is issued. It makes nothing.
type Validation struct {
	Certificate resource.Ref
}

// Refs implements resource.Spec.
func (v Validation) Refs() []resource.Ref { return []resource.Ref{v.Certificate} }

// LiveValidation is a certificate as ACM reports it, seen from its validation.
type LiveValidation struct{ LiveCertificate }

const fieldCertificate = "certificate"

// ValidationKind is the kind "certificate-validation". Its ID is the certificate's ARN. It waits as long as ACM does, since a
// person may have to make the records.
func ValidationKind() resource.Kind[Validation, LiveValidation] {
	return resource.Kind[Validation, LiveValidation]{
		Traits: resource.Traits{
			Name:    "certificate-validation",
			AskedBy: section,
			Actions: resource.Actions{
				Read: []string{"acm:ListCertificates", "acm:DescribeCertificate", "acm:ListTagsForCertificate"},
			},
			MakesNothing: true,
			Compared: []resource.Field{
				{Name: fieldCertificate, Of: []string{"CertificateArn"}, How: resource.Repaired, Why: "another certificate has another validation"},
				{Name: "all else", Of: certificateDetails(), How: resource.Ignored, Why: "it is the certificate's"},
			},
			Waiting: resource.Waiting{
				// Source: logs of Terraform that people published: issued after 102 s and 249 s. With records in place, it can be sooner.
				Ready:   resource.Expectation{Least: 30 * time.Second, Usual: 105 * time.Second, Most: 250 * time.Second},
				Timeout: 72 * time.Hour,
				PollStatus: pollCertificate(func(live LiveCertificate) resource.Status {
					return validationStatus(LiveValidation{live})
				}),
			},
		},
		Reading: resource.Reading[LiveValidation]{
			List: func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveValidation, error) {
				certificates, err := Certificates(ctx, c, owner)
				var lives []LiveValidation
				for _, certificate := range certificates {
					lives = append(lives, LiveValidation{certificate})
				}
				return lives, err
			},
			ID:     func(l LiveValidation) string { return aws.ToString(l.CertificateArn) },
			Tags:   func(l LiveValidation) map[string]string { return l.Tags },
			Status: validationStatus,
			Since:  func(l LiveValidation) time.Time { return aws.ToTime(l.CreatedAt) },
		},
		Writing: resource.Writing[Validation, LiveValidation]{
			Diff: func(spec Validation, live LiveValidation, ids resource.IDs) []resource.Change {
				return resource.Fixed(fieldCertificate, ids.Of(spec.Certificate), aws.ToString(live.CertificateArn))
			},
			Create: func(_ context.Context, call resource.Call[Validation]) (string, error) {
				return call.IDs.Of(call.Spec.Certificate), nil
			},
		},
		Stuck: unproven,
	}
}

func validationStatus(live LiveValidation) resource.Status {
	if status := ended(live.LiveCertificate); status.Phase != "" {
		return status
	}
	if live.Status == types.CertificateStatusIssued {
		return resource.Status{Phase: resource.Ready}
	}
	reason := findingRecords
	var records []string
	for _, record := range Missing(live.CertificateDetail) {
		records = append(records, record.String())
	}
	if len(records) > 0 {
		reason += ": " + strings.Join(records, ", ")
	}
	return resource.Status{Phase: resource.Pending, Reason: reason}
}

const findingRecords = "ACM to find the records that prove the domain"

// NeededIn are the records that the reason of a pending validation names.
func NeededIn(reason string) []Needed {
	list, ok := strings.CutPrefix(reason, findingRecords+": ")
	if !ok {
		return nil
	}
	var needed []Needed
	for text := range strings.SplitSeq(list, ", ") {
		if parts := strings.Fields(text); len(parts) == 3 {
			needed = append(needed, Needed{parts[0], parts[1], parts[2]})
		}
	}
	return needed
}

// Needed is a DNS record that somebody has to make, or that up makes.
type Needed struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// String is the record as a zone file has it.
func (n Needed) String() string { return n.Name + " " + n.Type + " " + n.Value }

// Unproven is an error of a run that ended before a person made the records that prove the domain.
type Unproven struct {
	Records []Needed
	Err     error
}

// Error is what ended it.
func (e *Unproven) Error() string { return e.Err.Error() }

// Unwrap is the same.
func (e *Unproven) Unwrap() error { return e.Err }

// Missing are the validation records that ACM hasn't found, each once; none of a certificate that is issued. A renewal that waits
// for its records has them, too.
func Missing(detail types.CertificateDetail) []Needed {
	options := detail.DomainValidationOptions
	if detail.RenewalSummary != nil && detail.RenewalSummary.RenewalStatus != types.RenewalStatusSuccess {
		options = detail.RenewalSummary.DomainValidationOptions
	} else if detail.Status == types.CertificateStatusIssued {
		return nil
	}
	var missing []Needed
	seen := map[string]bool{}
	for _, option := range options {
		record := option.ResourceRecord
		if record == nil || option.ValidationStatus == types.DomainStatusSuccess || seen[plain(record.Name)] {
			continue
		}
		seen[plain(record.Name)] = true
		missing = append(missing, Needed{Name: plain(record.Name) + ".", Type: string(record.Type), Value: aws.ToString(record.Value)})
	}
	return missing
}

// provenWithin is how long ACM takes at most to find records that stand in DNS; people saw up to half an hour.
// https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
const provenWithin = time.Hour

// unproven diagnoses a certificate whose records the account's own zone has, and which isn't issued all the same.
func unproven(ctx context.Context, c *awsapi.Clients, live LiveValidation) (resource.Diagnosis, error) {
	if live.Status != types.CertificateStatusPendingValidation || live.CreatedAt == nil || time.Since(*live.CreatedAt) < provenWithin {
		return resource.Diagnosis{}, nil
	}
	r := resolver(ctx, c)
	if r == nil {
		return resource.Diagnosis{}, nil
	}
	for _, record := range Missing(live.CertificateDetail) {
		value, err := r.CNAME(ctx, record.Name)
		if err != nil {
			return resource.Diagnosis{}, err
		}
		if value != plain(&record.Value) {
			return resource.Diagnosis{}, nil // a person has to make it
		}
	}
	return resource.Diagnosis{
		Reason:  fmt.Sprintf("ACM has not issued the certificate within %s, though DNS has all its validation records; ask AWS Support, or request another", provenWithin),
		Confirm: time.Minute,
	}, nil
}
