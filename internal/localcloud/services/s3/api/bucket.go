package api

import (
	"encoding/xml"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) bucketOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "ListBuckets", listBuckets).At("GET /"),
		change(h, "CreateBucket", createBucket).At("PUT /{Bucket}"),
		view(h, "HeadBucket", headBucket).At("HEAD /{Bucket}"),
		change(h, "DeleteBucket", deleteBucket).At("DELETE /{Bucket}", noContent),
		view(h, "GetBucketLocation", getBucketLocation).At("GET /{Bucket}?location"),
	}
}

// noContent is the status of what has nothing to say.
const noContent = 204

type tag struct {
	Key   string `query:"Key,required" xml:"Key" min:"1" max:"128"`
	Value string `query:"Value,required" xml:"Value" max:"256"`
}

func tagsOf(list []tag) (world.Tags, error) {
	tags := world.Tags{}
	for _, t := range list {
		if _, twice := tags[t.Key]; twice {
			return nil, invalidTag()
		}
		tags[t.Key] = t.Value
	}
	return tags, nil
}

type createBucketInput struct {
	Bucket    string    `query:"Bucket,required" rest:"path Bucket"`
	ACL       wire.Only `query:"ACL" rest:"header x-amz-acl" only:"private"`
	Ownership string    `query:"ObjectOwnership" rest:"header x-amz-object-ownership" enum:"BucketOwnerEnforced|BucketOwnerPreferred|ObjectWriter"`
	Made      struct {
		Location string `query:"LocationConstraint"`
		Tags     []tag  `query:"Tags" item:"Tag"`
	} `query:"CreateBucketConfiguration" rest:"body CreateBucketConfiguration"`
}

type createBucketOutput struct {
	Location string `rest:"header Location" xml:"-"`
	ARN      string `rest:"header x-amz-bucket-arn" xml:"-"`
}

func createBucket(tx *world.Tx, c *wire.Call, in *createBucketInput) (*createBucketOutput, error) {
	tags, err := tagsOf(in.Made.Tags)
	if err != nil {
		return nil, err
	}
	b, err := model.CreateBucket(tx, in.Bucket, c.Region, in.Made.Location, in.Ownership, tags)
	if err != nil {
		return nil, err
	}
	return &createBucketOutput{Location: "/" + b.ID, ARN: b.ARN()}, nil
}

type headBucketOutput struct {
	Region string `rest:"header x-amz-bucket-region" xml:"-"`
}

func headBucket(tx *world.Tx, _ *wire.Call, in *inBucket) (*headBucketOutput, error) {
	b, err := in.find(tx, "ListBucket", "")
	if err != nil {
		return nil, err
	}
	return &headBucketOutput{b.Location}, nil
}

func deleteBucket(tx *world.Tx, _ *wire.Call, in *inBucket) (*wire.Empty, error) {
	b, err := in.find(tx, "DeleteBucket", "")
	if err != nil {
		return nil, err
	}
	return &wire.Empty{}, model.DeleteBucket(tx, b.ID)
}

type location struct {
	XMLName xml.Name `xml:"LocationConstraint"`
	Region  string   `xml:",chardata"`
}

func getBucketLocation(tx *world.Tx, _ *wire.Call, in *inBucket) (*location, error) {
	b, err := in.find(tx, "GetBucketLocation", "")
	if err != nil {
		return nil, err
	}
	if b.Location == model.FirstRegion {
		return &location{}, nil
	}
	return &location{Region: b.Location}, nil
}

type listBucketsInput struct {
	Prefix string `query:"Prefix" rest:"query prefix"`
	Region string `query:"BucketRegion" rest:"query bucket-region"`
	Most   *int   `query:"MaxBuckets" rest:"query max-buckets" min:"1" max:"10000"`
	Token  string `query:"ContinuationToken" rest:"query continuation-token" max:"1024"`
}

type bucketItem struct {
	Name    string
	Created wire.Time `xml:"CreationDate"`
	Region  string    `xml:"BucketRegion,omitempty"`
}

type listBucketsOutput struct {
	XMLName xml.Name `xml:"ListAllMyBucketsResult"`
	Owner   owner
	Buckets struct{ Bucket []bucketItem }
	Token   string `xml:"ContinuationToken,omitempty"`
	Prefix  string `xml:"Prefix,omitempty"`
}

type owner struct {
	ID string
}

func self() owner { return owner{world.AccountID} }

func listBuckets(tx *world.Tx, _ *wire.Call, in *listBucketsInput) (*listBucketsOutput, error) {
	out := &listBucketsOutput{Owner: self(), Prefix: in.Prefix}
	all := world.Where(tx, func(b *model.Bucket) bool {
		return strings.HasPrefix(b.ID, in.Prefix) && (in.Region == "" || b.Location == in.Region)
	})
	sortByName(all)
	list, next, ok := wire.Page(all, in.Token, in.Most, mostBuckets)
	if !ok {
		return nil, invalidToken()
	}
	out.Token = next
	for _, b := range list {
		out.Buckets.Bucket = append(out.Buckets.Bucket, bucketItem{b.ID, wire.Time(b.Created), b.Location})
	}
	return out, nil
}
