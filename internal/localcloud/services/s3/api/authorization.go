package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for. What a bucket's own policy denies is refused by the operation.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
func Asks() service.Asks {
	asks := service.Asks{"ListBuckets": {{Service: "s3", Action: "ListAllMyBuckets"}}, "CreateBucket": service.Asking(onBucket("CreateBucket"), tagsBucket())}
	for operation, action := range map[string]string{
		"HeadBucket": "ListBucket", "DeleteBucket": "DeleteBucket", "GetBucketLocation": "GetBucketLocation",
		"GetBucketTagging": "GetBucketTagging", "PutBucketTagging": "PutBucketTagging", "DeleteBucketTagging": "PutBucketTagging",
		"GetBucketPolicy": "GetBucketPolicy", "PutBucketPolicy": "PutBucketPolicy", "DeleteBucketPolicy": "DeleteBucketPolicy",
		"GetBucketEncryption": "GetEncryptionConfiguration", "PutBucketEncryption": "PutEncryptionConfiguration", "DeleteBucketEncryption": "PutEncryptionConfiguration",
		"GetBucketOwnershipControls": "GetBucketOwnershipControls", "PutBucketOwnershipControls": "PutBucketOwnershipControls", "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
		"GetPublicAccessBlock": "GetBucketPublicAccessBlock", "PutPublicAccessBlock": "PutBucketPublicAccessBlock", "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
		"GetBucketLifecycleConfiguration": "GetLifecycleConfiguration", "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration", "DeleteBucketLifecycle": "PutLifecycleConfiguration",
		"GetBucketVersioning": "GetBucketVersioning", "PutBucketVersioning": "PutBucketVersioning",
		"ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions", "ListMultipartUploads": "ListBucketMultipartUploads",
	} {
		asks[operation] = onBucket(action)
	}
	for operation, action := range map[string]string{
		"PutObject": "PutObject", "CreateMultipartUpload": "PutObject", "UploadPart": "PutObject", "CompleteMultipartUpload": "PutObject",
		"AbortMultipartUpload": "AbortMultipartUpload", "ListParts": "ListMultipartUploadParts",
	} {
		asks[operation] = onObject(action)
	}
	for _, operation := range []string{"GetObject", "HeadObject"} {
		asks[operation] = byVersion("GetObject")
	}
	asks["DeleteObject"] = byVersion("DeleteObject")
	asks["DeleteObjects"] = []service.Ask{
		{Service: "s3", Action: "DeleteObject", On: deleted(false)},
		{Service: "s3", Action: "DeleteObjectVersion", On: deleted(true)},
	}
	return asks
}

// Actions are the permissions that aren't named like an operation.
func Actions() []string {
	return []string{"AbortMultipartUpload", "DeleteObjectVersion", "GetBucketPublicAccessBlock", "GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetObjectVersion",
		"ListAllMyBuckets", "ListBucket", "ListBucketMultipartUploads", "ListBucketVersions", "ListMultipartUploadParts", "PutBucketPublicAccessBlock", "PutEncryptionConfiguration",
		"PutLifecycleConfiguration", "TagResource"}
}

func bucketARN(c *wire.Call) string { return "arn:aws:s3:::" + c.Value("Bucket") }

func onBucket(action string) []service.Ask {
	return []service.Ask{{Service: "s3", Action: action, On: func(_ *world.Tx, c *wire.Call) []service.Resource {
		return []service.Resource{{ARN: bucketARN(c)}}
	}}}
}

func onObject(action string) []service.Ask {
	return []service.Ask{{Service: "s3", Action: action, On: func(_ *world.Tx, c *wire.Call) []service.Resource {
		return []service.Resource{{ARN: bucketARN(c) + "/" + c.Value("Key")}}
	}}}
}

// byVersion is one action for an object and another for a version of it.
func byVersion(action string) []service.Ask {
	on := func(version bool) func(*world.Tx, *wire.Call) []service.Resource {
		return func(_ *world.Tx, c *wire.Call) []service.Resource {
			if c.Has("VersionId") != version {
				return nil
			}
			return []service.Resource{{ARN: bucketARN(c) + "/" + c.Value("Key")}}
		}
	}
	return []service.Ask{{Service: "s3", Action: action, On: on(false)}, {Service: "s3", Action: action + "Version", On: on(true)}}
}

// deleted are the objects of a call that deletes many.
func deleted(version bool) func(*world.Tx, *wire.Call) []service.Resource {
	return func(_ *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, o := range c.Parts("Delete.Object") {
			if (o.Value("VersionId") != "") == version {
				all = append(all, service.Resource{ARN: bucketARN(c) + "/" + o.Value("Key")})
			}
		}
		return all
	}
}

// tagsBucket is TagResource on a bucket that is made with tags.
func tagsBucket() []service.Ask {
	return []service.Ask{{Service: "s3", Action: "TagResource", On: func(_ *world.Tx, c *wire.Call) []service.Resource {
		if len(c.Parts("CreateBucketConfiguration.Tags.Tag")) == 0 {
			return nil
		}
		return []service.Resource{{ARN: bucketARN(c)}}
	}}}
}
