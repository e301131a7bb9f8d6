package logging

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// atOnce is how many objects S3 lists in one reply, and deletes in one call: the most it may.
const atOnce = 1000

// deleteBucket empties the bucket, the versions of its objects included, and deletes it. It holds a thousand of them at a time.
// Ended half-way it leaves fewer objects, and the same call goes on.
func deleteBucket(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	for {
		more, err := deleteSome(ctx, c, record.ID)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if err := abortUploads(ctx, c, record.ID); err != nil {
		return err
	}
	_, err := c.S3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &record.ID})
	if awsapi.HasCode(err, "BucketNotEmpty") { // a log was delivered meanwhile
		return &awsapi.InUse{Err: err}
	}
	return err
}

// deleteSome deletes the first thousand; more says that there may be others.
func deleteSome(ctx context.Context, c *awsapi.Clients, bucket string) (more bool, err error) {
	page, err := c.S3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket, MaxKeys: aws.Int32(atOnce)})
	if err != nil {
		return false, err
	}
	var all []types.ObjectIdentifier
	for _, version := range page.Versions {
		all = append(all, types.ObjectIdentifier{Key: version.Key, VersionId: version.VersionId})
	}
	for _, marker := range page.DeleteMarkers {
		all = append(all, types.ObjectIdentifier{Key: marker.Key, VersionId: marker.VersionId})
	}
	if len(all) == 0 {
		return false, nil
	}
	out, err := c.S3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: all, Quiet: aws.Bool(true)}})
	if err != nil {
		return false, fmt.Errorf("empty the bucket %s: %w", bucket, err)
	}
	for _, e := range out.Errors {
		return false, fmt.Errorf("empty the bucket %s: %s could not be deleted: %s: %s", bucket, aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message))
	}
	return aws.ToBool(page.IsTruncated), nil
}

// abortUploads ends uploads in parts that nobody has ended: what was sent of them is no object, and is charged for.
func abortUploads(ctx context.Context, c *awsapi.Clients, bucket string) error {
	pages := s3.NewListMultipartUploadsPaginator(c.S3, &s3.ListMultipartUploadsInput{Bucket: &bucket})
	uploads, err := awsapi.Collect(ctx, pages, func(page *s3.ListMultipartUploadsOutput) []types.MultipartUpload { return page.Uploads })
	if err != nil {
		return err
	}
	for _, upload := range uploads {
		if _, err := c.S3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId}); err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("end an upload to the bucket %s: %w", bucket, err)
		}
	}
	return nil
}

// mostNamed is how many foreign objects are named.
const mostNamed = 10

// foreignToBuckets names the buckets that the state has and whose tags are gone, and what is in the platform's that isn't its own.
func foreignToBuckets(ctx context.Context, c *awsapi.Clients, set resource.DeletionSet) ([]resource.Blocker, error) {
	untagged, err := resource.FindUntagged(ctx, "bucket", set.MissingIDs("bucket"), func(ctx context.Context, name string) (map[string]string, error) {
		tags, err := bucketTags(ctx, c, name)
		if awsapi.HasCode(err, "NoSuchTagSet") {
			return nil, nil
		}
		return tags, err
	})
	if err != nil {
		return untagged, err
	}
	foreign, err := foreignObjects(ctx, c, set)
	return slices.Concat(untagged, foreign), err
}

// foreignObjects names what is in the platform's buckets and is neither a log of this account's nor of the site: somebody has put it
// there. It takes up to four calls a bucket, whatever is in it.
func foreignObjects(ctx context.Context, c *awsapi.Clients, set resource.DeletionSet) ([]resource.Blocker, error) {
	buckets := set.IDs("bucket")
	if len(buckets) == 0 {
		return nil, nil
	}
	caller, err := c.Caller(ctx)
	if err != nil {
		return nil, err
	}
	account := LogsPrefix + caller.Account + "/"
	own := map[string][]string{ // what may be below a prefix
		"":         {LogsPrefix, SitePrefix},
		LogsPrefix: {account},
		account:    {account + "elasticloadbalancing/", account + "ELBAccessLogTestFile"},
		SitePrefix: {SitePrefix + "pointer", SitePrefix + "releases/", SitePrefix + "reports/"},
	}
	var all []resource.Blocker
	for _, bucket := range buckets {
		for below := []string{""}; len(below) > 0; below = below[1:] {
			keys, err := keysBelow(ctx, c, bucket, below[0])
			if err != nil {
				return nil, err
			}
			for _, key := range keys {
				_, further := own[key]
				switch {
				case further:
					below = append(below, key)
				case !slices.Contains(own[below[0]], key) && len(all) < mostNamed:
					all = append(all, resource.Blocker{Type: "object", ID: "s3://" + bucket + "/" + key})
				}
			}
		}
	}
	return all, nil
}

// keysBelow are the first thousand keys below a prefix, up to the next slash; none where there is no such bucket.
func keysBelow(ctx context.Context, c *awsapi.Clients, bucket, prefix string) (keys []string, err error) {
	page, err := c.S3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{
		Bucket: &bucket, Prefix: &prefix, Delimiter: aws.String("/"), MaxKeys: aws.Int32(atOnce),
	})
	if awsapi.HasCode(err, "NoSuchBucket") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for what is in the bucket %s: %w", bucket, err)
	}
	for _, prefix := range page.CommonPrefixes {
		keys = append(keys, aws.ToString(prefix.Prefix))
	}
	for _, version := range page.Versions {
		keys = append(keys, aws.ToString(version.Key))
	}
	for _, marker := range page.DeleteMarkers {
		keys = append(keys, aws.ToString(marker.Key))
	}
	return keys, nil
}
