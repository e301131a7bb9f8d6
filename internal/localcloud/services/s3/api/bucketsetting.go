package api

import (
	"encoding/xml"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) settingOperations() []wire.Operation {
	at := func(name string) [3]string {
		return [3]string{"GET /{Bucket}?" + name, "PUT /{Bucket}?" + name, "DELETE /{Bucket}?" + name}
	}
	tagging, policy, encryption, ownership := at("tagging"), at("policy"), at("encryption"), at("ownershipControls")
	public, lifecycle, versioning := at("publicAccessBlock"), at("lifecycle"), at("versioning")
	return []wire.Operation{
		view(h, "GetBucketTagging", getTagging).At(tagging[0]),
		change(h, "PutBucketTagging", putTagging).At(tagging[1], noContent),
		change(h, "DeleteBucketTagging", clears("PutBucketTagging", func(b *model.Bucket) { b.Tags = nil })).At(tagging[2], noContent),
		view(h, "GetBucketPolicy", getPolicy).At(policy[0]),
		change(h, "PutBucketPolicy", putPolicy).At(policy[1], noContent),
		change(h, "DeleteBucketPolicy", clears("DeleteBucketPolicy", func(b *model.Bucket) { b.Policy = "" })).At(policy[2], noContent),
		view(h, "GetBucketEncryption", getEncryption).At(encryption[0]),
		change(h, "PutBucketEncryption", putEncryption).At(encryption[1]),
		change(h, "DeleteBucketEncryption", clears("PutEncryptionConfiguration", func(b *model.Bucket) { b.Encryption, b.KeyID = model.AES256, "" })).At(encryption[2], noContent),
		view(h, "GetBucketOwnershipControls", getOwnership).At(ownership[0]),
		change(h, "PutBucketOwnershipControls", putOwnership).At(ownership[1]),
		change(h, "DeleteBucketOwnershipControls", clears("PutBucketOwnershipControls", func(b *model.Bucket) { b.Ownership = "" })).At(ownership[2], noContent),
		view(h, "GetPublicAccessBlock", getPublicAccess).At(public[0]),
		change(h, "PutPublicAccessBlock", putPublicAccess).At(public[1]),
		change(h, "DeletePublicAccessBlock", clears("PutBucketPublicAccessBlock", func(b *model.Bucket) { b.Closed = model.PublicAccess{} })).At(public[2], noContent),
		view(h, "GetBucketLifecycleConfiguration", getLifecycle).At(lifecycle[0]),
		change(h, "PutBucketLifecycleConfiguration", putLifecycle).At(lifecycle[1]),
		change(h, "DeleteBucketLifecycle", deleteLifecycle).At(lifecycle[2], noContent),
		view(h, "GetBucketVersioning", getVersioning).At(versioning[0]),
		change(h, "PutBucketVersioning", putVersioning).At(versioning[1]),
	}
}

// clears makes a handler that takes a setting away.
func clears(action string, unset func(*model.Bucket)) func(*world.Tx, *wire.Call, *inBucket) (*wire.Empty, error) {
	return func(tx *world.Tx, _ *wire.Call, in *inBucket) (*wire.Empty, error) {
		b, err := in.find(tx, action, "")
		if err != nil {
			return nil, err
		}
		world.Edit(tx, b.ID, unset)
		return &wire.Empty{}, nil
	}
}

// sets changes a setting of the bucket of a call.
func (in inBucket) sets(tx *world.Tx, action string, set func(*model.Bucket)) (*wire.Empty, error) {
	b, err := in.find(tx, action, "")
	if err != nil {
		return nil, err
	}
	world.Edit(tx, b.ID, set)
	return &wire.Empty{}, nil
}

// unset is the refusal of a setting that a bucket hasn't.
func unset(code, text string) *refuse.Error {
	return refuse.WithStatus(refuse.StatusNotFound, code, "%s", text)
}

type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Set     struct {
		Tags []tag `xml:"Tag"`
	} `xml:"TagSet"`
}

func getTagging(tx *world.Tx, _ *wire.Call, in *inBucket) (*tagging, error) {
	b, err := in.find(tx, "GetBucketTagging", "")
	if err != nil {
		return nil, err
	}
	if len(b.Tags) == 0 {
		return nil, unset("NoSuchTagSet", "The TagSet does not exist").With("BucketName", in.Bucket)
	}
	out := &tagging{}
	for _, name := range sortedKeys(b.Tags) {
		out.Set.Tags = append(out.Set.Tags, tag{name, b.Tags[name]})
	}
	return out, nil
}

type putTaggingInput struct {
	inBucket
	Tagging struct {
		Set struct {
			Tags []tag `query:"Tag" item:"-"`
		} `query:"TagSet,required"`
	} `query:"Tagging,required" rest:"body Tagging"`
}

func putTagging(tx *world.Tx, _ *wire.Call, in *putTaggingInput) (*wire.Empty, error) {
	b, err := in.find(tx, "PutBucketTagging", "")
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tagging.Set.Tags)
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, model.SetTags(tx, b.ID, tags)
}

type policyOutput struct {
	Policy string `rest:"body" xml:"-"`
}

func getPolicy(tx *world.Tx, _ *wire.Call, in *inBucket) (*policyOutput, error) {
	b, err := in.find(tx, "GetBucketPolicy", "")
	if err != nil {
		return nil, err
	}
	if b.Policy == "" {
		return nil, unset("NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return &policyOutput{b.Policy}, nil
}

type putPolicyInput struct {
	inBucket
	Policy string `query:"Policy,required" rest:"body"`
}

func putPolicy(tx *world.Tx, _ *wire.Call, in *putPolicyInput) (*wire.Empty, error) {
	b, err := in.find(tx, "PutBucketPolicy", "")
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, model.SetPolicy(tx, b, in.Policy)
}

type byDefault struct {
	Algorithm string `query:"SSEAlgorithm,required" xml:"SSEAlgorithm" enum:"AES256|aws:kms|aws:kms:dsse"`
	KeyID     string `query:"KMSMasterKeyID" xml:"KMSMasterKeyID,omitempty"`
}

type encryption struct {
	XMLName xml.Name `xml:"ServerSideEncryptionConfiguration"`
	Rule    struct {
		Default   byDefault `xml:"ApplyServerSideEncryptionByDefault"`
		BucketKey bool      `xml:"BucketKeyEnabled"`
	}
}

func getEncryption(tx *world.Tx, _ *wire.Call, in *inBucket) (*encryption, error) {
	b, err := in.find(tx, "GetEncryptionConfiguration", "")
	if err != nil {
		return nil, err
	}
	out := &encryption{}
	out.Rule.Default = byDefault{b.Encryption, b.KeyID}
	return out, nil
}

type putEncryptionInput struct {
	inBucket
	Configuration struct {
		Rules []struct {
			Default   *byDefault `query:"ApplyServerSideEncryptionByDefault"`
			BucketKey wire.Only  `query:"BucketKeyEnabled" only:"true|false"`
		} `query:"Rule,required" item:"-" max:"1"`
	} `query:"ServerSideEncryptionConfiguration,required" rest:"body ServerSideEncryptionConfiguration"`
}

func putEncryption(tx *world.Tx, _ *wire.Call, in *putEncryptionInput) (*wire.Empty, error) {
	return in.sets(tx, "PutEncryptionConfiguration", func(b *model.Bucket) {
		if d := in.Configuration.Rules[0].Default; d != nil {
			b.Encryption, b.KeyID = d.Algorithm, d.KeyID
		}
	})
}

type ownership struct {
	XMLName xml.Name `xml:"OwnershipControls"`
	Rule    struct {
		Ownership string `xml:"ObjectOwnership"`
	}
}

func getOwnership(tx *world.Tx, _ *wire.Call, in *inBucket) (*ownership, error) {
	b, err := in.find(tx, "GetBucketOwnershipControls", "")
	if err != nil {
		return nil, err
	}
	if b.Ownership == "" {
		return nil, unset("OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
	}
	out := &ownership{}
	out.Rule.Ownership = b.Ownership
	return out, nil
}

type putOwnershipInput struct {
	inBucket
	Controls struct {
		Rules []struct {
			Ownership string `query:"ObjectOwnership,required" enum:"BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter"`
		} `query:"Rule,required" item:"-" max:"1"`
	} `query:"OwnershipControls,required" rest:"body OwnershipControls"`
}

func putOwnership(tx *world.Tx, _ *wire.Call, in *putOwnershipInput) (*wire.Empty, error) {
	return in.sets(tx, "PutBucketOwnershipControls", func(b *model.Bucket) { b.Ownership = in.Controls.Rules[0].Ownership })
}

type publicAccess struct {
	BlockACLs   bool `query:"BlockPublicAcls" xml:"BlockPublicAcls"`
	IgnoreACLs  bool `query:"IgnorePublicAcls" xml:"IgnorePublicAcls"`
	BlockPolicy bool `query:"BlockPublicPolicy" xml:"BlockPublicPolicy"`
	Restrict    bool `query:"RestrictPublicBuckets" xml:"RestrictPublicBuckets"`
}

type publicAccessOutput struct {
	XMLName xml.Name `xml:"PublicAccessBlockConfiguration"`
	publicAccess
}

func getPublicAccess(tx *world.Tx, _ *wire.Call, in *inBucket) (*publicAccessOutput, error) {
	b, err := in.find(tx, "GetBucketPublicAccessBlock", "")
	if err != nil {
		return nil, err
	}
	if b.Closed == (model.PublicAccess{}) {
		return nil, unset("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return &publicAccessOutput{publicAccess: publicAccess(b.Closed)}, nil
}

type putPublicAccessInput struct {
	inBucket
	Configuration publicAccess `query:"PublicAccessBlockConfiguration,required" rest:"body PublicAccessBlockConfiguration"`
}

func putPublicAccess(tx *world.Tx, _ *wire.Call, in *putPublicAccessInput) (*wire.Empty, error) {
	return in.sets(tx, "PutBucketPublicAccessBlock", func(b *model.Bucket) { b.Closed = model.PublicAccess(in.Configuration) })
}

type versioning struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:"Status,omitempty"`
}

func getVersioning(tx *world.Tx, _ *wire.Call, in *inBucket) (*versioning, error) {
	b, err := in.find(tx, "GetBucketVersioning", "")
	if err != nil {
		return nil, err
	}
	return &versioning{Status: b.Versioning}, nil
}

type putVersioningInput struct {
	inBucket
	Configuration struct {
		Status string    `query:"Status,required" enum:"Enabled|Suspended"`
		MFA    wire.Only `query:"MfaDelete" only:"Disabled"`
	} `query:"VersioningConfiguration,required" rest:"body VersioningConfiguration"`
}

func putVersioning(tx *world.Tx, _ *wire.Call, in *putVersioningInput) (*wire.Empty, error) {
	return in.sets(tx, "PutBucketVersioning", func(b *model.Bucket) { b.Versioning = in.Configuration.Status })
}
