package model

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Bucket is a general purpose bucket. Its ID is its name.
type Bucket struct {
	world.Object
	Location   string // the region that it is in
	Policy     string // "" for none
	Versioning string // Enabled, Suspended, or "" where it never was on
	Encryption string // AES256 or aws:kms
	KeyID      string // of KMS
	Ownership  string
	Closed     PublicAccess
	Rules      []Rule // its lifecycle; nil for none
}

// PublicAccess is what of access by everybody is blocked.
type PublicAccess struct{ BlockACLs, IgnoreACLs, BlockPolicy, Restrict bool }

// The values of a bucket's settings.
const (
	Enabled       = "Enabled"
	Suspended     = "Suspended"
	Disabled      = "Disabled"
	AES256        = "AES256"
	KMS           = "aws:kms"
	OwnerEnforced = "BucketOwnerEnforced"
)

// FirstRegion is where buckets are that name no place.
const FirstRegion = "us-east-1"

// bucketsQuota is how many buckets an account may have. Source: AWS General Reference, "Amazon S3 endpoints and quotas".
func bucketsQuota() world.Quota {
	return world.Quota{Key: "buckets", Service: "s3", ServiceName: "Amazon Simple Storage Service (Amazon S3)", Code: "L-DC2B2D3D", Name: "General purpose buckets", Default: 10_000}
}

func bucketKind() world.AnyKind {
	return world.Kind[Bucket, *Bucket]{
		Traits: world.Traits{Noun: "bucket", Quotas: []world.Quota{bucketsQuota()}},
		Name:   "s3-bucket", Untaggable: true, KnownAtOnce: true,
		NotFound: func(names ...string) error {
			return refuse.WithStatus(refuse.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist").With("BucketName", names[0])
		},
	}
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// checkName refuses what no bucket can be named. Source: Amazon S3 User Guide, "General purpose buckets naming rules".
func checkName(name string) error {
	_, notAddress := netip.ParseAddr(name)
	wrong := !bucketName.MatchString(name) || strings.Contains(name, "..") || notAddress == nil
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		wrong = wrong || strings.HasPrefix(name, prefix)
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		wrong = wrong || strings.HasSuffix(name, suffix)
	}
	if wrong {
		return refuse.New("InvalidBucketName", "The specified bucket is not valid.")
	}
	return nil
}

// taken are names that other accounts have: a name that nobody could have by chance shows what a taken one is like.
func taken(name string) bool { return strings.HasPrefix(name, "taken-") }

// CreateBucket makes a bucket. In us-east-1 a caller who has it already is told that it was made; nothing of it changes.
// Source: Amazon S3 API Reference, "CreateBucket".
func CreateBucket(tx *world.Tx, name, region, location, ownership string, tags world.Tags) (*Bucket, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	switch {
	case location == "" && region != FirstRegion:
		return nil, refuse.New("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case location == "":
		location = region
	case location == FirstRegion && region == FirstRegion:
		return nil, refuse.New("InvalidLocationConstraint", "The specified location-constraint is not valid")
	case location != region && region != FirstRegion:
		return nil, refuse.New("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", location)
	}
	if b, there := world.Get[Bucket](tx, name); there {
		if region == FirstRegion && b.Location == FirstRegion {
			return b, nil
		}
		return nil, refuse.WithStatus(statusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	}
	if taken(name) {
		return nil, refuse.WithStatus(statusConflict, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")
	}
	if len(world.All[Bucket](tx)) >= tx.Limit(bucketsQuota()) {
		return nil, refuse.New("TooManyBuckets", "You have attempted to create more buckets than allowed")
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	if ownership == "" {
		ownership = OwnerEnforced
	}
	b := &Bucket{
		Object: tx.NamedObject(name, tags), Location: location, Encryption: AES256, Ownership: ownership,
		Closed: PublicAccess{true, true, true, true},
	}
	world.Add(tx, b)
	return b, nil
}

// maxTags is how many tags a bucket may have. Source: Amazon S3 User Guide, "Using cost allocation S3 bucket tags".
const maxTags = 50

func checkTags(tags world.Tags) error {
	if len(tags) > maxTags {
		return refuse.New("BadRequest", "Bucket tag count cannot be greater than %d", maxTags)
	}
	for key := range tags {
		if world.Reserved(key) {
			return refuse.New("InvalidTag", "System tags cannot be added/updated by requester")
		}
	}
	return nil
}

// SetTags replaces a bucket's tags.
func SetTags(tx *world.Tx, name string, tags world.Tags) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	world.Edit(tx, name, func(b *Bucket) { b.Tags = tags })
	return nil
}

// FindBucket finds a bucket. Others' are denied.
func FindBucket(tx *world.Tx, name string) (*Bucket, error) {
	if taken(name) {
		return nil, Denied()
	}
	return world.Find[Bucket](tx, name)
}

// DeleteBucket deletes a bucket that is empty: versions and delete markers count, uploads don't.
func DeleteBucket(tx *world.Tx, name string) error {
	if world.Exists(tx, func(v *Version) bool { return v.Bucket == name }) {
		return refuse.WithStatus(statusConflict, "BucketNotEmpty", "The bucket you tried to delete is not empty")
	}
	for _, u := range uploadsOf(tx, name) {
		world.Delete[Upload](tx, u.ID)
	}
	world.Delete[Bucket](tx, name)
	return nil
}

// ARN is the bucket's.
func (b *Bucket) ARN() string { return "arn:aws:s3:::" + b.ID }

// SetPolicy replaces a bucket's policy. One that lets everybody in is refused where public policies are blocked.
func SetPolicy(tx *world.Tx, b *Bucket, text string) error {
	d, err := policy.Resource(text)
	if err != nil {
		return refuse.New("MalformedPolicy", "%v", err)
	}
	if len(text) > maxPolicy {
		return refuse.New("PolicyTooLarge", "The policy is larger than %d bytes", maxPolicy)
	}
	if b.Closed.BlockPolicy && isPublic(d) {
		return Denied()
	}
	world.Edit(tx, b.ID, func(b *Bucket) { b.Policy = text })
	return nil
}

// maxPolicy is how long a bucket's policy may be, in bytes. Source: Amazon S3 User Guide, "Bucket policies".
const maxPolicy = 20 << 10

// isPublic says whether a policy lets everybody in: it allows something to everybody, without a condition.
// Source: Amazon S3 User Guide, "The meaning of "public"".
func isPublic(d policy.Document) bool {
	for _, s := range d.ForService("").Statements { // those of everybody
		if s.Effect == "Allow" && len(s.Conditions) == 0 {
			return true
		}
	}
	return false
}

// Decide says whether the bucket's own policy denies its account something. What isn't denied is decided by the caller's policies.
func (b *Bucket) Decide(action, resource string) policy.Verdict {
	d, err := policy.Resource(b.Policy)
	if b.Policy == "" || err != nil {
		return policy.Verdict{Decision: policy.ImplicitDeny}
	}
	caller := "arn:aws:iam::" + world.AccountID + ":user/" + world.UserName
	may := policy.Principal{Identity: []policy.Policy{{Name: b.ID, Document: d.ForAccount(world.AccountID, caller)}}}
	return may.Decide(policy.Request{Action: action, Resource: resource, Context: policy.Context{"aws:SecureTransport": {"true"}, "aws:PrincipalAccount": {world.AccountID}}})
}

// MayDeliver says whether an AWS service may put an object there for one of its own, such as a load balancer's logs.
func MayDeliver(tx *world.Tx, bucket, key, service, source string) error {
	tx = tx.In("")
	b, err := FindBucket(tx, bucket)
	if err != nil {
		return err
	}
	d, err := policy.Resource(b.Policy)
	if b.Policy == "" || err != nil || b.Encryption != AES256 {
		return Denied()
	}
	may := policy.Principal{Identity: []policy.Policy{{Name: b.ID, Document: d.ForService(service)}}}
	verdict := may.Decide(policy.Request{Action: "s3:PutObject", Resource: b.ARN() + "/" + key, Context: policy.Context{
		"aws:SecureTransport": {"true"}, "aws:SourceArn": {source}, "aws:SourceAccount": {world.AccountID}, "s3:x-amz-acl": {"bucket-owner-full-control"},
	}})
	if verdict.Decision != policy.Allowed {
		return Denied()
	}
	return nil
}

// dayOf is the midnight at which something is done that is due some days after a time.
// Source: Amazon S3 User Guide, "Lifecycle configuration elements": the next day's midnight in UTC.
func dayOf(at time.Time, days int) time.Time {
	due := at.Add(time.Duration(days) * 24 * time.Hour)
	if midnight := due.Truncate(24 * time.Hour); midnight.Equal(due) {
		return midnight
	}
	return due.Truncate(24 * time.Hour).Add(24 * time.Hour)
}
