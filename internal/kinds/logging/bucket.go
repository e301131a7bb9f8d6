package logging

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Bucket is the platform's bucket: private, encrypted with S3's own keys, as the delivery of a load balancer's logs demands, and
// reached over TLS alone. Where logs are kept, the load balancers of its account and region may write theirs into it.
type Bucket struct {
	// Days is for how long an access log is kept; 0: there is none.
	Days int
}

// Refs implements resource.Spec: a bucket is built on nothing.
func (Bucket) Refs() []resource.Ref { return nil }

// LiveBucket is a bucket as S3 reports it.
type LiveBucket struct {
	Name            string
	Account, Region string // that it is of
	Tags            map[string]string
	Policy          string // JSON; "" for none
	Encryption      string // algorithm of the default encryption; "" for none
	Ownership       string // of its objects
	PublicAccess    types.PublicAccessBlockConfiguration
	Expiration      map[string]int // days, by the prefix of what expires
	OtherLifetime   bool           // there are lifecycle rules of another kind
}

// The fields of a bucket.
const (
	fieldPolicy     = "policy"
	fieldEncryption = "encryption"
	fieldOwnership  = "object ownership"
	fieldPublic     = "public access"
	fieldExpiration = "expiration"
)

// LogsPrefix is how AWS begins the keys of what it delivers, and SitePrefix those of a platform's site: see package release.
const (
	LogsPrefix = "AWSLogs/"
	SitePrefix = "site/"
)

// BucketKind is the kind "bucket". Its ID is the bucket's name.
func BucketKind() resource.Kind[Bucket, LiveBucket] {
	return resource.Kind[Bucket, LiveBucket]{
		Traits: resource.Traits{
			Name:       "bucket",
			AskedBy:    section,
			TagCommand: "s3api put-bucket-tagging --bucket {id} --tagging 'TagSet=[{Key={tag},Value={value}}]'",
			Console:    resource.Console{Object: "s3#buckets/", List: "s3#buckets?prefix=platformctl-{platform}-"},
			Actions: resource.Actions{
				Read: []string{"s3:GetBucketTagging", "s3:GetBucketPolicy", "s3:GetEncryptionConfiguration", "s3:GetBucketOwnershipControls",
					"s3:GetBucketPublicAccessBlock", "s3:GetLifecycleConfiguration", "s3:ListBucketVersions"},
				Make:   []string{"s3:CreateBucket", "s3:PutBucketTagging", "s3:TagResource", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"},
				Change: []string{"s3:PutEncryptionConfiguration", "s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock"},
				Delete: []string{"s3:DeleteObjectVersion", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:DeleteBucket"},
				On: func(owner awsapi.Owner, account string) string {
					return "arn:aws:s3:::" + awsapi.BucketName(owner.Platform, account, owner.Region)
				},
			},
			Compared:    bucketFields(),
			Propagating: []awsapi.Refusal{{Code: "NoSuchBucket"}, {Code: "OperationAborted"}},
			Removal:     resource.Removal{Delete: deleteBucket, Foreign: foreignToBuckets},
		},
		Reading: resource.Reading[LiveBucket]{
			List:      listBuckets,
			ListBasic: listBasicBuckets,
			ID:        func(b LiveBucket) string { return b.Name },
			Tags:      func(b LiveBucket) map[string]string { return b.Tags },
			Status:    func(LiveBucket) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Bucket, LiveBucket]{
			Diff:   diffBucket,
			Create: createBucket,
			Update: updateBucket,
			Retag:  retagBucket,
		},
	}
}

func bucketFields() []resource.Field {
	const private = "it decides who reads what was logged"
	return []resource.Field{
		resource.Identity("Name", "Account", "Region", "Tags"),
		{Name: fieldPolicy, Of: []string{"Policy"}, How: resource.Repaired, Why: "without it AWS delivers no log; a laxer one lets others read"},
		{Name: fieldEncryption, Of: []string{"Encryption"}, How: resource.Repaired, Why: "logs are delivered into buckets with S3's own keys alone"},
		{Name: fieldOwnership, Of: []string{"Ownership"}, How: resource.Repaired, Why: private},
		{Name: fieldPublic, Of: []string{"PublicAccess"}, How: resource.Repaired, Why: private},
		{Name: fieldExpiration, Of: []string{"Expiration", "OtherLifetime"}, How: resource.Repaired, Why: "`logs.access` says for how long logs are kept"},
	}
}

// bucketARN is the ARN of a bucket in AWS's commercial partition.
func bucketARN(name string) string { return "arn:aws:s3:::" + name }

func listBuckets(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveBucket, error) {
	live, err := listBasicBuckets(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	for i := range live {
		if err := readSettings(ctx, c, &live[i]); err != nil {
			if awsapi.HasCode(err, "NoSuchBucket") {
				return nil, nil
			}
			return nil, fmt.Errorf("read the bucket %s: %w", live[i].Name, err)
		}
	}
	return live, nil
}

// listBasicBuckets leaves out the settings. A bucket is found by its name alone, since no list is of tags; its tags decide whose it
// is. Where nothing says that there may be one, nobody is asked.
func listBasicBuckets(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveBucket, error) {
	if !owner.Bucket || owner.IsEveryone() {
		return nil, nil
	}
	caller, err := c.Caller(ctx)
	if err != nil {
		return nil, err
	}
	name := awsapi.BucketName(owner.Platform, caller.Account, owner.Region)
	tags, err := bucketTags(ctx, c, name)
	switch {
	case awsapi.HasCode(err, "NoSuchBucket", "NoSuchTagSet"):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for the bucket %s: %w", name, err)
	case !owner.Owns(tags):
		return nil, nil
	}
	return []LiveBucket{{Name: name, Account: caller.Account, Region: owner.Region, Tags: tags}}, nil
}

func bucketTags(ctx context.Context, c *awsapi.Clients, name string) (map[string]string, error) {
	out, err := c.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
	if err != nil {
		return nil, err
	}
	return awsapi.FromS3(out.TagSet), nil
}

// readSettings reads them all at once.
func readSettings(ctx context.Context, c *awsapi.Clients, live *LiveBucket) error {
	name := &live.Name
	group, ctx := errgroup.WithContext(ctx)
	read := func(none string, ask func() error) {
		group.Go(func() error {
			if err := ask(); err != nil && (none == "" || !awsapi.HasCode(err, none)) {
				return err
			}
			return nil
		})
	}
	read("NoSuchBucketPolicy", func() error {
		out, err := c.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: name})
		if err == nil {
			live.Policy = aws.ToString(out.Policy)
		}
		return err
	})
	read("ServerSideEncryptionConfigurationNotFoundError", func() error {
		out, err := c.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
		if err == nil && out.ServerSideEncryptionConfiguration != nil {
			for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
				if rule.ApplyServerSideEncryptionByDefault != nil {
					live.Encryption = string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
				}
			}
		}
		return err
	})
	read("OwnershipControlsNotFoundError", func() error {
		out, err := c.S3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
		if err == nil && out.OwnershipControls != nil {
			for _, rule := range out.OwnershipControls.Rules {
				live.Ownership = string(rule.ObjectOwnership)
			}
		}
		return err
	})
	read("NoSuchPublicAccessBlockConfiguration", func() error {
		out, err := c.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
		if err == nil && out.PublicAccessBlockConfiguration != nil {
			live.PublicAccess = *out.PublicAccessBlockConfiguration
		}
		return err
	})
	read("NoSuchLifecycleConfiguration", func() error {
		out, err := c.S3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
		if err == nil {
			live.Expiration, live.OtherLifetime = expirations(out.Rules)
		}
		return err
	})
	return group.Wait()
}

// expirations are the days after which objects expire, by their prefixes; other says that there are rules of another kind.
func expirations(rules []types.LifecycleRule) (days map[string]int, other bool) {
	days = map[string]int{}
	for _, rule := range rules {
		plain := rule.Status == types.ExpirationStatusEnabled && rule.Expiration != nil && rule.Expiration.Days != nil && rule.Filter != nil && rule.Filter.Prefix != nil &&
			len(rule.Transitions) == 0 && len(rule.NoncurrentVersionTransitions) == 0
		if !plain {
			other = true
			continue
		}
		days[*rule.Filter.Prefix] = int(*rule.Expiration.Days)
	}
	return days, other
}

// closed is how access from outside is blocked.
func closed() types.PublicAccessBlockConfiguration {
	yes := aws.Bool(true)
	return types.PublicAccessBlockConfiguration{BlockPublicAcls: yes, BlockPublicPolicy: yes, IgnorePublicAcls: yes, RestrictPublicBuckets: yes}
}

func isClosed(p types.PublicAccessBlockConfiguration) bool {
	return !slices.ContainsFunc([]*bool{p.BlockPublicAcls, p.BlockPublicPolicy, p.IgnorePublicAcls, p.RestrictPublicBuckets}, func(is *bool) bool { return !aws.ToBool(is) })
}

func diffBucket(spec Bucket, live LiveBucket, _ resource.IDs) []resource.Change {
	var changes []resource.Change
	add := func(field, want, have string) {
		if want != have {
			changes = append(changes, resource.Change{Field: field, Want: want, Have: have})
		}
	}
	if !samePolicy(live, spec) {
		want := "over TLS alone"
		if spec.Days > 0 {
			want = "logs of this account's load balancers, over TLS alone"
		}
		changes = append(changes, resource.Change{Field: fieldPolicy, Want: want, Have: orNone(live.Policy, "another")})
	}
	add(fieldEncryption, string(types.ServerSideEncryptionAes256), orNone(live.Encryption, live.Encryption))
	add(fieldOwnership, string(types.ObjectOwnershipBucketOwnerEnforced), orNone(live.Ownership, live.Ownership))
	if !isClosed(live.PublicAccess) {
		changes = append(changes, resource.Change{Field: fieldPublic, Want: "blocked", Have: "possible"})
	}
	if spec.Days > 0 { // else what was logged expires as it was to
		add(fieldExpiration, fmt.Sprintf("%d days", spec.Days), expirationText(live))
	}
	return changes
}

func orNone(value, shown string) string {
	if value == "" {
		return "none"
	}
	return shown
}

func expirationText(live LiveBucket) string {
	switch have, ok := live.Expiration[LogsPrefix]; {
	case live.OtherLifetime || len(live.Expiration) > 1:
		return "other rules"
	case !ok:
		return "none"
	default:
		return fmt.Sprintf("%d days", have)
	}
}

// createBucket makes a bucket that is private already: S3 blocks public access, disables ACLs and encrypts by itself.
// Source: Amazon S3 User Guide, "Default settings for new S3 buckets FAQ".
func createBucket(ctx context.Context, call resource.Call[Bucket]) (string, error) {
	caller, err := call.Clients.Caller(ctx)
	if err != nil {
		return "", err
	}
	name := awsapi.BucketName(call.Owner.Platform, caller.Account, call.Owner.Region)
	// In us-east-1 S3 answers a creation of what is there already as one that succeeded.
	switch tags, err := bucketTags(ctx, call.Clients, name); {
	case awsapi.HasCode(err, "NoSuchBucket"):
	case awsapi.HasCode(err, "NoSuchTagSet"), err == nil && !call.Owner.Owns(tags):
		return "", taken(name, call.Owner)
	case err != nil:
		return "", fmt.Errorf("look whether there is a bucket %s: %w", name, err)
	}
	made := &types.CreateBucketConfiguration{Tags: awsapi.S3Tags(call.Tags)}
	if call.Owner.Region != "us-east-1" { // where a bucket is that names no place
		made.LocationConstraint = types.BucketLocationConstraint(call.Owner.Region)
	}
	_, err = call.Clients.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: made})
	if err != nil && !awsapi.HasCode(err, "BucketAlreadyOwnedByYou") {
		return "", err
	}
	call.Unconfirmed()
	if call.Clients.Emulated { // AWS has the tags; others know CreateBucket as it was before it took any
		if _, err := bucketTags(ctx, call.Clients, name); awsapi.HasCode(err, "NoSuchTagSet") {
			return name, retagBucket(ctx, call.Clients, name, call.Tags)
		}
	}
	return name, nil
}

func taken(name string, owner awsapi.Owner) error {
	return fmt.Errorf("a bucket named %s is there already, and its tags don't say that it is platform %s's; delete it or choose another platform name", name, owner.Platform)
}

func updateBucket(ctx context.Context, call resource.Call[Bucket], live LiveBucket, changes []resource.Change) error {
	for _, change := range changes {
		if err := put(ctx, call, live, change.Field); err != nil {
			return fmt.Errorf("set the %s of bucket %s: %w", change.Field, call.ID, err)
		}
	}
	return nil
}

func put(ctx context.Context, call resource.Call[Bucket], live LiveBucket, field string) (err error) {
	name, client := &call.ID, call.Clients.S3
	switch field {
	case fieldPolicy:
		policy := policyOf(live, call.Spec)
		_, err = client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: &policy})
	case fieldEncryption:
		_, err = client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: name, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}}},
		}})
	case fieldOwnership:
		_, err = client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: name, OwnershipControls: &types.OwnershipControls{
			Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}},
		}})
	case fieldPublic:
		blocked := closed()
		_, err = client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: name, PublicAccessBlockConfiguration: &blocked})
	case fieldExpiration:
		_, err = client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: lifecycle(call.Spec)})
	}
	return err
}

// lifecycle has AWS delete logs when their time is over, and what an upload left behind that never ended.
func lifecycle(spec Bucket) *types.BucketLifecycleConfiguration {
	return &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
		ID: aws.String("logs"), Status: types.ExpirationStatusEnabled,
		Filter:                         &types.LifecycleRuleFilter{Prefix: aws.String(LogsPrefix)},
		Expiration:                     &types.LifecycleExpiration{Days: aws.Int32(int32(spec.Days))}, //nolint:gosec // the configuration allows ten years
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)},
	}}}
}

func retagBucket(ctx context.Context, c *awsapi.Clients, name string, tags map[string]string) error {
	have, err := bucketTags(ctx, c, name)
	if err != nil && !awsapi.HasCode(err, "NoSuchTagSet") {
		return err
	}
	all := map[string]string{} // PutBucketTagging replaces them all
	for _, some := range []map[string]string{have, tags} {
		for key, value := range some {
			all[key] = value
		}
	}
	_, err = c.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &types.Tagging{TagSet: awsapi.S3Tags(all)}})
	return err
}
