package main

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// liveLogs is a platform whose access log is read, whose bucket somebody else changes in every way that up repairs, and fills.
func liveLogs(o *operator) {
	o.configured(0, "logs: {access: 30d}\n")
	o.run(0, "logs")
	o.meanwhile(func(ctx context.Context, _ *story) error {
		client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &o.cloud.Endpoint, UsePathStyle: true, Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
		bucket, key := aws.String("platformctl-shop-123456789012-us-east-1"), aws.String("AWSLogs/123456789012/elasticloadbalancing/us-east-1/film")
		_, err := client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: bucket})
		errs := []error{err}
		_, err = client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: bucket, OwnershipControls: &types.OwnershipControls{
			Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}},
		}})
		errs = append(errs, err)
		_, err = client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: bucket})
		errs = append(errs, err)
		_, err = client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms}}},
		}})
		errs = append(errs, err)
		_, err = client.DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: bucket})
		errs = append(errs, err)
		// What is deleted with a version's ID, and what without one.
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
		errs = append(errs, err)
		_, err = client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		return errors.Join(append(errs, err)...)
	})
	o.configured(0, "logs: {access: 7d}\ntags: {team: a}\n")
	o.run(0, "down")
}
