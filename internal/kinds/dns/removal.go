package dns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// deleteRecord deletes a record that the plan didn't see: as it is now, if that is still what a platform makes.
func deleteRecord(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	id, ok := parseRecordID(record.ID)
	if !ok {
		return nil
	}
	set, err := readSet(ctx, c, id)
	if set == nil || err != nil {
		return err
	}
	switch {
	case set.AliasTarget != nil && !leadsTo(set, record.Needs), set.AliasTarget == nil && !isProof(set):
		return &resource.Released{Why: id.name + " has another record now, which stays"}
	}
	var own []string
	for _, need := range record.Needs {
		if arn, ok := strings.CutPrefix(need, resource.Handle("certificate", "")); ok {
			own = append(own, arn)
		}
	}
	return deleteSet(ctx, c, id, *set, own)
}

// leadsTo reports whether an alias leads to one of the load balancers that a record was built on: AWS makes their DNS names of
// their names. Where the state doesn't know them, any load balancer will do.
func leadsTo(set *types.ResourceRecordSet, needs []string) bool {
	known := false
	for _, need := range needs {
		if _, path, ok := strings.Cut(need, ":loadbalancer/app/"); ok {
			known = true
			name, _, _ := strings.Cut(path, "/")
			if strings.HasPrefix(targetName(set), strings.ToLower(name)+"-") {
				return true
			}
		}
	}
	return !known && strings.Contains(targetName(set), ".elb.")
}

// isProof reports whether a record set is one by which ACM knows a domain.
func isProof(set *types.ResourceRecordSet) bool {
	return set.Type == types.RRTypeCname && len(set.ResourceRecords) == 1 && strings.HasSuffix(plain(set.ResourceRecords[0].Value), "."+validationZone)
}

// deleteSet deletes a record set as it was read, unless another certificate than the platform's own hangs on it.
func deleteSet(ctx context.Context, c *awsapi.Clients, id recordID, set types.ResourceRecordSet, own []string) error {
	if set.Type == types.RRTypeCname {
		other, err := otherUser(ctx, c, id.name, own)
		if err != nil {
			return err
		}
		if other != "" {
			return &resource.Released{Why: id.name + " stays: " + other}
		}
	}
	err := change(ctx, c, id.zone.ID, types.ChangeActionDelete, set)
	if awsapi.HasCode(err, "InvalidChangeBatch") {
		if now, readErr := readSet(ctx, c, id); readErr == nil && now == nil {
			return nil
		}
	}
	return err
}

// otherUser says which certificate beside the platform's own a validation record proves, in any region; "" for none. Where it can't
// be asked, the record stays: a renewal that fails in months is worse than a record too many.
func otherUser(ctx context.Context, c *awsapi.Clients, name string, own []string) (string, error) {
	c = c.Snapshot() // the lists of a plan are old by now
	other, err := userIn(ctx, c, c.Region, name, own)
	if other != "" || err != nil {
		return other, err
	}
	out, err := c.EC2.DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return "", fmt.Errorf("ask in which regions another certificate may need %s: %w", name, err)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, region := range out.Regions {
		if aws.ToString(region.RegionName) == c.Region {
			continue
		}
		all.Go(func() {
			found, err := userIn(ctx, c, aws.ToString(region.RegionName), name, nil)
			if err != nil {
				found = fmt.Sprintf("a certificate in %s may need it, which AWS doesn't tell (%s)", aws.ToString(region.RegionName), awsapi.Text(err))
			}
			mu.Lock()
			defer mu.Unlock()
			if other == "" {
				other = found
			}
		})
	}
	all.Wait()
	return other, nil
}

// userIn is otherUser in one region.
func userIn(ctx context.Context, c *awsapi.Clients, region, name string, own []string) (string, error) {
	all, err := summaries(ctx, c, region)
	if err != nil {
		return "", err
	}
	_, domain, _ := strings.Cut(name, ".")
	for _, summary := range all {
		arn := aws.ToString(summary.CertificateArn)
		named := append(slices.Clone(summary.SubjectAlternativeNameSummaries), aws.ToString(summary.DomainName))
		mayNeed := slices.ContainsFunc(named, func(n string) bool { return Base(n) == domain }) || aws.ToBool(summary.HasAdditionalSubjectAlternativeNames)
		if slices.Contains(own, arn) || !mayNeed || summary.Type == acmtypes.CertificateTypeImported {
			continue
		}
		out, err := c.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn}, inRegion(region))
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if ended(LiveCertificate{CertificateDetail: *out.Certificate}).Phase != "" {
			continue
		}
		// One that was requested a moment ago has no records yet, and will have the same.
		for _, option := range out.Certificate.DomainValidationOptions {
			record := option.ResourceRecord
			unknown := record == nil && option.ValidationMethod == acmtypes.ValidationMethodDns && Base(plain(option.DomainName)) == domain
			if unknown || record != nil && plain(record.Name) == name {
				return "certificate " + arn + " needs it, too", nil
			}
		}
		if len(out.Certificate.DomainValidationOptions) == 0 && out.Certificate.Status == acmtypes.CertificateStatusPendingValidation {
			return "certificate " + arn + " may need it, too", nil
		}
	}
	return "", nil
}
