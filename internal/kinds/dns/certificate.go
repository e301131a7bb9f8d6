package dns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Certificate is a public certificate that ACM issues and renews, with a key on the curve P-256: every client that speaks
// TLS 1.2 knows it, and a handshake costs the least.
type Certificate struct {
	// Names are those that it covers, the Common Name first. Wildcards are written *.example.com.
	Names []string
	// Managed says that a hosted zone of the account gets the validation records; else a person makes them.
	Managed bool
}

// Refs implements resource.Spec.
func (c Certificate) Refs() []resource.Ref { return nil }

// LiveCertificate is a certificate as ACM reports it.
type LiveCertificate struct {
	types.CertificateDetail
	Tags map[string]string
}

const fieldNames = "names"

// CertificateKind is the kind "certificate". Its ID is the ARN, which a renewal keeps. It is ready for use by others once ACM says
// how its names are to be proven: see ValidationKind.
func CertificateKind() resource.Kind[Certificate, LiveCertificate] {
	return resource.Kind[Certificate, LiveCertificate]{
		Traits: resource.Traits{
			Name:       "certificate",
			AskedBy:    section,
			TagCommand: awsapi.TagCommandACM,
			Console:    resource.Console{List: "acm#/certificates/list"},
			Actions: resource.Actions{
				Read:   []string{"acm:ListCertificates", "acm:DescribeCertificate", "acm:ListTagsForCertificate"},
				Make:   []string{"acm:RequestCertificate", "acm:AddTagsToCertificate"},
				Delete: []string{"acm:DeleteCertificate"},
			},
			Compared: certificateFields(),
			Quotas: []resource.Quota{
				{Service: "acm", Code: "L-F141DD1D", Name: "ACM certificates", Used: countCertificates},
				NamesPerCertificate(),
			},
			Unmakeable:  uncertifiable,
			Propagating: nil,
			Waiting: resource.Waiting{
				// Source: "several seconds", ACM's API reference of RequestCertificate.
				Ready:      resource.Expectation{Least: time.Second, Usual: 5 * time.Second, Most: 20 * time.Second},
				PollStatus: pollCertificate(certificateStatus),
			},
			Removal: resource.Removal{
				Delete: func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					_, err := c.ACM.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: &record.ID})
					return err
				},
				Foreign: untaggedCertificates,
				// A load balancer that let go of it is in ACM's books for minutes.
				DeleteTimeout: 30 * time.Minute,
			},
		},
		Reading: resource.Reading[LiveCertificate]{
			List:   Certificates,
			ID:     func(l LiveCertificate) string { return aws.ToString(l.CertificateArn) },
			Tags:   func(l LiveCertificate) map[string]string { return l.Tags },
			Status: certificateStatus,
			Since:  func(l LiveCertificate) time.Time { return aws.ToTime(l.CreatedAt) },
		},
		Writing: resource.Writing[Certificate, LiveCertificate]{
			Diff: func(spec Certificate, live LiveCertificate, _ resource.IDs) []resource.Change {
				changes := resource.CompareSets(fieldNames, spec.Names, live.SubjectAlternativeNames)
				if changes == nil && spec.Names[0] != aws.ToString(live.DomainName) {
					changes = []resource.Change{{Field: fieldNames, Want: spec.Names[0] + " first", Have: aws.ToString(live.DomainName) + " first"}}
				}
				for i := range changes {
					changes[i].Replace = true
				}
				return changes
			},
			Create: requestCertificate,
			Retag:  awsapi.RetagACM,
		},
	}
}

func certificateFields() []resource.Field {
	return []resource.Field{
		resource.Identity("CertificateArn"),
		{Name: fieldNames, Of: []string{"DomainName", "SubjectAlternativeNames"}, How: resource.Repaired, Why: "AWS can't change them: another certificate takes its place"},
		{Name: "all else", Of: slices.DeleteFunc(certificateDetails(), func(name string) bool {
			return name == "DomainName" || name == "SubjectAlternativeNames"
		}), How: resource.Ignored, Why: "it is as requested, or ACM's own"},
	}
}

// certificateDetails are what ACM tells of a certificate but for its ARN.
func certificateDetails() []string {
	return []string{
		"Tags", "Status", "CreatedAt", "IssuedAt", "NotBefore", "NotAfter", "Serial", "Issuer", "Subject", "InUseBy", "FailureReason", "RevocationReason", "RevokedAt", "ImportedAt",
		"DomainName", "SubjectAlternativeNames", "DomainValidationOptions", "RenewalSummary", "RenewalEligibility", "KeyAlgorithm", "SignatureAlgorithm", "KeyUsages", "ExtendedKeyUsages",
		"CertificateKeyPairOrigin", "Type", "Options", "ManagedBy", "CertificateAuthorityArn", "AcmeAccountId", "AcmeEndpointArn", "UpdateSummary",
	}
}

// certificateStatus is ready once all names have their validation record, and stays so.
func certificateStatus(live LiveCertificate) resource.Status {
	if status := ended(live); status.Phase != "" {
		return status
	}
	if live.Status != types.CertificateStatusIssued && (len(live.DomainValidationOptions) == 0 || slices.ContainsFunc(live.DomainValidationOptions, func(o types.DomainValidation) bool {
		return o.ResourceRecord == nil
	})) {
		return resource.Status{Phase: resource.Pending, Reason: "ACM to say which records prove the domain"}
	}
	return resource.Status{Phase: resource.Ready}
}

// ended is the status of a certificate that won't serve, or not any more; the zero Status of any other.
func ended(live LiveCertificate) resource.Status {
	switch live.Status {
	case types.CertificateStatusPendingValidation, types.CertificateStatusIssued:
		return resource.Status{}
	default:
		reason := string(live.Status)
		if live.FailureReason != "" {
			reason += ": " + string(live.FailureReason)
		}
		return resource.Status{Phase: resource.Failed, Reason: reason}
	}
}

// requestCertificate repeats the request of a run that was cut short by the token: ACM gives the same certificate for an hour. The
// token knows the names, since ACM looks at nothing but the token.
func requestCertificate(ctx context.Context, call resource.Call[Certificate]) (string, error) {
	sum := sha256.Sum256([]byte(call.Token + "\x00" + strings.Join(call.Spec.Names, "\x00")))
	out, err := call.Clients.ACM.RequestCertificate(ctx, &acm.RequestCertificateInput{
		DomainName:              &call.Spec.Names[0],
		SubjectAlternativeNames: alternatives(call.Spec.Names),
		ValidationMethod:        types.ValidationMethodDns,
		KeyAlgorithm:            types.KeyAlgorithmEcPrime256v1,
		IdempotencyToken:        aws.String(hex.EncodeToString(sum[:16])),
		Tags:                    awsapi.ACMTags(call.Tags),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.CertificateArn), nil
}

// alternatives are the names but for the first; nil for none, since ACM refuses an empty list.
func alternatives(names []string) []string {
	if len(names) == 1 {
		return nil
	}
	return names[1:]
}

// keyTypes are all that ACM knows: without them a list shows RSA keys of up to 2048 bits alone.
func keyTypes() []types.KeyAlgorithm { return types.KeyAlgorithm("").Values() }

// summaries are all certificates of a region that ACM issues, whichever platform they belong to; "" is the clients' own.
func summaries(ctx context.Context, c *awsapi.Clients, region string) ([]types.CertificateSummary, error) {
	return awsapi.Once(ctx, c, "certificates of "+region, func(ctx context.Context, c *awsapi.Clients) ([]types.CertificateSummary, error) {
		pages := acm.NewListCertificatesPaginator(c.ACM, &acm.ListCertificatesInput{Includes: &types.Filters{KeyTypes: keyTypes()}, MaxItems: aws.Int32(1000)})
		var all []types.CertificateSummary
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx, inRegion(region))
			if err != nil {
				return nil, err
			}
			all = append(all, page.CertificateSummaryList...)
		}
		return all, nil
	})
}

func inRegion(region string) func(*acm.Options) {
	return func(o *acm.Options) {
		if region != "" {
			o.Region = region
		}
	}
}

func countCertificates(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	all, err := summaries(ctx, c, "")
	return map[string]int{"": len(all)}, err
}

// Certificates are the owner's, by their tags. Those of the owner's names are described at once with their tags, and others only
// if they are the owner's.
func Certificates(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveCertificate, error) {
	if !owner.Domain.Look {
		return nil, nil
	}
	return awsapi.Once(ctx, c, "certificates of platform "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) ([]LiveCertificate, error) {
		all, err := summaries(ctx, c, "")
		if owner.Domain.Lost && awsapi.CauseOf(err) == awsapi.Permission {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var arns []string
		likely, summed := map[string]bool{}, map[string]types.CertificateDetail{}
		for _, summary := range all {
			if summary.Type == types.CertificateTypeAmazonIssued || summary.Type == "" {
				arn := aws.ToString(summary.CertificateArn)
				arns = append(arns, arn)
				likely[arn] = slices.Contains(owner.Domain.Names, aws.ToString(summary.DomainName))
				if detail, enough := fromSummary(owner, summary, time.Now()); enough {
					summed[arn] = detail
				}
			}
		}
		lives, err := awsapi.Each(ctx, arns, func(ctx context.Context, arn string) (live LiveCertificate, err error) {
			describe := func() (err error) {
				var enough bool
				if live.CertificateDetail, enough = summed[arn]; !enough {
					live.CertificateDetail, err = describe(ctx, c, arn)
				}
				return err
			}
			var group errgroup.Group
			if likely[arn] {
				group.Go(describe)
			}
			tags, err := c.ACM.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: &arn})
			if err == nil && owner.Owns(awsapi.FromACM(tags.Tags)) && !likely[arn] {
				group.Go(describe)
			}
			if describing := group.Wait(); err == nil {
				err = describing
			}
			if err == nil {
				live.Tags = awsapi.FromACM(tags.Tags)
			}
			return live, err
		})
		var own []LiveCertificate
		for _, arn := range arns {
			if live, there := lives[arn]; there && owner.Owns(live.Tags) {
				own = append(own, live)
			}
		}
		return own, err
	})
}

// untaggedCertificates names the certificates that the state has and whose tags are gone.
func untaggedCertificates(ctx context.Context, c *awsapi.Clients, deletions resource.DeletionSet) ([]resource.Blocker, error) {
	return resource.FindUntagged(ctx, "certificate", deletions.MissingIDs("certificate"), func(ctx context.Context, arn string) (map[string]string, error) {
		out, err := c.ACM.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: &arn})
		if err != nil {
			return nil, err
		}
		return awsapi.FromACM(out.Tags), nil
	})
}

func describe(ctx context.Context, c *awsapi.Clients, arn string) (types.CertificateDetail, error) {
	out, err := c.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn})
	if err != nil || out.Certificate == nil {
		return types.CertificateDetail{}, err
	}
	return *out.Certificate, nil
}

// pollCertificate is the cheaper look at one certificate.
func pollCertificate(status func(LiveCertificate) resource.Status) func(context.Context, *awsapi.Clients, awsapi.Owner, string) (map[string]resource.Status, error) {
	return func(ctx context.Context, c *awsapi.Clients, _ awsapi.Owner, arn string) (map[string]resource.Status, error) {
		detail, err := describe(ctx, c, arn)
		if awsapi.IsNotFound(err) {
			return map[string]resource.Status{}, nil
		}
		return map[string]resource.Status{arn: status(LiveCertificate{CertificateDetail: detail})}, err
	}
}
