package dns

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Record is a record in a hosted zone: one that leads a name to a load balancer, or the one that proves a name to ACM.
type Record struct {
	// Zone is the name of the hosted zone.
	Zone string
	// Name is the name that is led to the load balancer, or that is proven.
	Name string
	// LoadBalancer or Certificate says which of both it is.
	LoadBalancer resource.Ref
	Certificate  resource.Ref
}

// Refs implements resource.Spec.
func (r Record) Refs() []resource.Ref { return []resource.Ref{r.Certificate, r.LoadBalancer} }

// LiveRecord is a record set as Route 53 reports it, and what it means.
type LiveRecord struct {
	types.ResourceRecordSet
	ID recordID
	// Proves is the name that it proves, and Expected the value by which it does; "" of one that leads to a load balancer.
	Proves, Expected string
	// Certificates are the ARNs of the platform's certificates that it proves.
	Certificates []string
	// Target is the ARN of the load balancer that it leads to; its DNS name where that load balancer is gone.
	Target string
	// Beside are records of the same name of which clients may choose one instead, such as "AAAA 2001:db8::1".
	Beside []string
	Tags   map[string]string
}

const (
	fieldZone   = "hosted zone"
	fieldValue  = "value"
	fieldTarget = "leads to"
	fieldBeside = "leads elsewhere, too"

	// validationZone is where the names that prove domains to ACM stand.
	validationZone = "acm-validations.aws"

	// validationTTL is how long resolvers may keep a validation record, in seconds: as long as ACM's own examples say.
	validationTTL = 300
)

// ProofName is the name in the blueprint of the record that proves a domain.
func ProofName(domain string) string { return "validation-" + domain }

// AddressName is that of the record that leads it to the load balancer.
func AddressName(domain string) string { return "address-" + domain }

// RecordKind is the kind "dns-record". Its ID is the zone's ID and name, the record's name and its type.
func RecordKind() resource.Kind[Record, LiveRecord] {
	return resource.Kind[Record, LiveRecord]{
		Traits: resource.Traits{
			Name:    "dns-record",
			AskedBy: section,
			Console: resource.Console{List: "route53/v2#hostedzones"},
			Actions: resource.Actions{
				// Whether another certificate hangs on a validation record is asked in all regions.
				Read: []string{
					"route53:ListHostedZonesByName", "route53:ListResourceRecordSets", "route53:GetHostedZone", "acm:ListCertificates", "acm:DescribeCertificate",
					"ec2:DescribeRegions", "elasticloadbalancing:DescribeLoadBalancers",
				},
				Make:   []string{"route53:ChangeResourceRecordSets"},
				Delete: []string{"route53:ChangeResourceRecordSets"},
				On: func(owner awsapi.Owner, _ string) string {
					if owner.Domain.ZoneID == "" {
						return "*"
					}
					return "arn:aws:route53:::hostedzone/" + owner.Domain.ZoneID
				},
			},
			Compared:    recordFields(),
			Unmakeable:  unasked,
			Unplaceable: unwritable,
			Removal:     resource.Removal{Delete: deleteRecord},
		},
		Reading: resource.Reading[LiveRecord]{
			List:   listRecords,
			ID:     func(l LiveRecord) string { return l.ID.String() },
			Tags:   func(l LiveRecord) map[string]string { return l.Tags },
			Status: func(LiveRecord) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Record, LiveRecord]{
			Diff: diffRecord,
			Kept: func(_ Record, live LiveRecord) []resource.Change {
				if live.Beside == nil {
					return nil
				}
				return []resource.Change{{Field: fieldBeside, Have: strings.Join(live.Beside, ", ")}}
			},
			Create:    createRecord,
			AsCreated: recordAsCreated,
			Update: func(ctx context.Context, call resource.Call[Record], live LiveRecord, _ []resource.Change) error {
				set, err := wantedSet(ctx, call)
				if err != nil {
					return err
				}
				return change(ctx, call.Clients, live.ID.zone.ID, types.ChangeActionUpsert, set)
			},
			DeleteObserved: func(ctx context.Context, c *awsapi.Clients, _ resource.Record, live LiveRecord) error {
				return deleteSet(ctx, c, live.ID, live.ResourceRecordSet, live.Certificates)
			},
		},
		Impact: recordImpact,
	}
}

func recordFields() []resource.Field {
	return []resource.Field{
		resource.Identity("Name", "Type", "Tags", "Certificates", "Proves"),
		{Name: fieldZone, Of: []string{"ID"}, How: resource.Repaired, Why: "a record in another zone is another record"},
		{Name: fieldValue, Of: []string{"ResourceRecords", "Expected"}, How: resource.Repaired, Why: "by it ACM knows whose the domain is, at each renewal"},
		{Name: fieldTarget, Of: []string{"AliasTarget", "Target"}, How: resource.Repaired, Why: "it is where users come in"},
		{Name: fieldBeside, Of: []string{"Beside"}, How: resource.Kept, Why: "a record of another type is somebody's own; clients that ask for it are led there"},
		{Name: "TTL, routing policy", Of: []string{
			"TTL", "CidrRoutingConfig", "Failover", "GeoLocation", "GeoProximityLocation", "HealthCheckId", "MultiValueAnswer", "Region", "SetIdentifier", "TrafficPolicyInstanceId", "Weight",
		}, How: resource.Ignored, Why: "a record with such a policy isn't the platform's"},
	}
}

// recordImpact tells of names that no longer lead anywhere.
func recordImpact(t resource.Transition[Record, LiveRecord]) []resource.Impact {
	if t.Live.Proves != "" || t.Spec != nil {
		return nil
	}
	return []resource.Impact{{What: t.Live.ID.name + " no longer leads to the platform"}}
}

func diffRecord(spec Record, live LiveRecord, ids resource.IDs) []resource.Change {
	changes := resource.Fixed(fieldZone, spec.Zone, live.ID.zone.Name)
	if spec.LoadBalancer.IsZero() {
		var have []string
		for _, record := range live.ResourceRecords {
			have = append(have, plain(record.Value))
		}
		return append(changes, resource.CompareSets(fieldValue, []string{live.Expected}, have)...)
	}
	if want := ids.Of(spec.LoadBalancer); want != live.Target {
		changes = append(changes, resource.Change{Field: fieldTarget, Want: want, Have: live.Target})
	}
	return changes
}

// wantedSet is the record set that a call is for.
func wantedSet(ctx context.Context, call resource.Call[Record]) (types.ResourceRecordSet, error) {
	if call.Spec.LoadBalancer.IsZero() {
		detail, err := describe(ctx, call.Clients, call.IDs.Of(call.Spec.Certificate))
		if err != nil {
			return types.ResourceRecordSet{}, err
		}
		for _, option := range detail.DomainValidationOptions {
			if record := option.ResourceRecord; record != nil && Base(plain(option.DomainName)) == call.Spec.Name {
				return proof(record), nil
			}
		}
		return types.ResourceRecordSet{}, &awsapi.Unseen{Err: fmt.Errorf("ACM doesn't say which record proves %s", call.Spec.Name)}
	}
	balancers, err := awsapi.DescribeLoadBalancers(ctx, call.Clients, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{call.IDs.Of(call.Spec.LoadBalancer)}})
	if err != nil {
		return types.ResourceRecordSet{}, err
	}
	if len(balancers) == 0 {
		return types.ResourceRecordSet{}, &awsapi.Unseen{Err: errors.New("AWS doesn't list the load balancer")}
	}
	return types.ResourceRecordSet{
		Name: aws.String(call.Spec.Name + "."), Type: types.RRTypeA,
		AliasTarget: &types.AliasTarget{
			DNSName: balancers[0].DNSName, HostedZoneId: balancers[0].CanonicalHostedZoneId,
			// With one record for the name it changes nothing, and an answer beats none.
			EvaluateTargetHealth: false,
		},
	}, nil
}

func proof(record *acmtypes.ResourceRecord) types.ResourceRecordSet {
	return types.ResourceRecordSet{
		Name: record.Name, Type: types.RRTypeCname, TTL: aws.Int64(validationTTL),
		ResourceRecords: []types.ResourceRecord{{Value: record.Value}},
	}
}

// createRecord repeats itself without harm: ACM gives a name the same record for all certificates of the account, and of records
// that lead elsewhere none is overwritten.
func createRecord(ctx context.Context, call resource.Call[Record]) (string, error) {
	public, _, err := zonesNamed(ctx, call.Clients, call.Spec.Zone)
	if err != nil {
		return "", err
	}
	if len(public) != 1 {
		return "", fmt.Errorf("the account has %d public hosted zones named %s: there must be one", len(public), call.Spec.Zone)
	}
	set, err := wantedSet(ctx, call)
	if err != nil {
		return "", err
	}
	id := recordID{public[0], plain(set.Name), set.Type}
	if set.AliasTarget == nil {
		return id.String(), change(ctx, call.Clients, id.zone.ID, types.ChangeActionUpsert, set)
	}
	err = change(ctx, call.Clients, id.zone.ID, types.ChangeActionCreate, set)
	if !awsapi.HasCode(err, "InvalidChangeBatch") {
		return id.String(), err
	}
	have, readErr := readSet(ctx, call.Clients, id)
	switch {
	case readErr != nil:
		return "", readErr
	case have != nil && have.AliasTarget != nil && targetName(have) == targetName(&set):
		call.Unconfirmed()
		return id.String(), nil
	}
	return "", fmt.Errorf("%s has a record already, which platform %s did not make; delete it, or choose another name: %w", id.name, call.Owner.Platform, err)
}

// recordAsCreated is what createRecord asked for.
func recordAsCreated(call resource.Call[Record], id string) LiveRecord {
	parsed, _ := parseRecordID(id)
	live := LiveRecord{ID: parsed, Tags: recordTags(call.Owner, call.Key.Name)}
	if call.Spec.LoadBalancer.IsZero() {
		live.Proves, live.Expected = call.Spec.Name, "as asked for"
		live.ResourceRecords = []types.ResourceRecord{{Value: &live.Expected}}
		return live
	}
	live.Target = call.IDs.Of(call.Spec.LoadBalancer)
	return live
}

// recordTags are those that the record would have, if there were any in Route 53.
func recordTags(owner awsapi.Owner, name string) map[string]string {
	return map[string]string{awsapi.TagPlatform: owner.Platform, awsapi.TagKey: resource.Key{Kind: "dns-record", Name: name}.String()}
}

// readSet is one record set as it is now; nil where there is none.
func readSet(ctx context.Context, c *awsapi.Clients, id recordID) (*types.ResourceRecordSet, error) {
	sets, err := recordsOf(ctx, c, id.zone.ID, []string{id.name})
	if awsapi.IsNotFound(err) {
		return nil, nil // with its zone
	}
	for _, set := range sets {
		if plain(set.Name) == id.name && set.Type == id.kind && set.SetIdentifier == nil {
			return &set, nil
		}
	}
	return nil, err
}

// targetName is the DNS name that an alias leads to, without what the console writes before it.
func targetName(set *types.ResourceRecordSet) string {
	if set.AliasTarget == nil {
		return ""
	}
	return strings.TrimPrefix(plain(set.AliasTarget.DNSName), "dualstack.")
}

// isOwnTarget reports whether a DNS name is of a load balancer of the platform's, also one that is gone: AWS makes it of the
// load balancer's name, a number and the region.
func isOwnTarget(owner awsapi.Owner, dnsName string) bool {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(owner.Platform) + `-alb(?:-\d+)?-\d+\.` + regexp.QuoteMeta(owner.Region) + `\.elb\.`).MatchString(dnsName)
}

// listRecords finds the platform's records by what they hold.
func listRecords(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveRecord, error) {
	if !owner.Domain.Look || owner.IsEveryone() {
		return nil, nil
	}
	found, err := sources(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	var lives []LiveRecord
	for _, z := range slices.SortedFunc(slices.Values(found.zones), compareZones) {
		sets, err := recordsOf(ctx, c, z.ID, found.namesIn(z))
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, set := range sets {
			if live, own := found.own(owner, z, set); own {
				if live.Proves == "" {
					live.Beside = beside(sets, live.ID.name)
				}
				lives = append(lives, live)
			}
		}
	}
	return lives, nil
}

// beside are the record sets of a name by which clients find an address without asking for A.
func beside(sets []types.ResourceRecordSet, name string) (others []string) {
	for _, set := range sets {
		if plain(set.Name) == name && slices.Contains([]types.RRType{types.RRTypeAaaa, types.RRTypeHttps, types.RRTypeSvcb}, set.Type) {
			others = append(others, describeSet(set))
		}
	}
	return others
}

// own is a record set as one of the platform's; false where it isn't.
func (s source) own(owner awsapi.Owner, z zone, set types.ResourceRecordSet) (LiveRecord, bool) {
	live := LiveRecord{ResourceRecordSet: set, ID: recordID{z, plain(set.Name), set.Type}}
	switch {
	case set.SetIdentifier != nil:
		return LiveRecord{}, false
	case set.Type == types.RRTypeA && set.AliasTarget != nil:
		name := targetName(&set)
		i := slices.IndexFunc(s.balancers, func(b elbtypes.LoadBalancer) bool { return strings.EqualFold(aws.ToString(b.DNSName), name) })
		live.Target = name
		if i >= 0 {
			live.Target = aws.ToString(s.balancers[i].LoadBalancerArn)
		}
		live.Tags = recordTags(owner, AddressName(live.ID.name))
		return live, isOwnTarget(owner, name)
	case set.Type == types.RRTypeCname:
		for _, certificate := range s.certificates {
			for _, option := range certificate.DomainValidationOptions {
				if record := option.ResourceRecord; record != nil && plain(record.Name) == live.ID.name {
					live.Proves, live.Expected = Base(plain(option.DomainName)), plain(record.Value)
					if record.Value == nil { // see fromSummary
						live.Expected = "a name under " + validationZone
						if isProof(&set) {
							live.Expected = plain(set.ResourceRecords[0].Value)
						}
					}
					live.Tags = recordTags(owner, ProofName(live.Proves))
					if arn := aws.ToString(certificate.CertificateArn); !slices.Contains(live.Certificates, arn) {
						live.Certificates = append(live.Certificates, arn)
					}
				}
			}
		}
	}
	return live, live.Proves != ""
}
