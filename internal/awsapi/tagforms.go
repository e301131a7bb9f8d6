package awsapi

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// sorted converts every tag, in the order of their names, so that the same
// tags always make the same request.
func sorted[T any](tags map[string]string, convert func(k, v *string) T) []T {
	out := []T{}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, convert(aws.String(name), aws.String(tags[name])))
	}
	return out
}

// TagEC2 is the tag specification of an EC2 create call.
func TagEC2(kind ec2types.ResourceType, tags map[string]string) []ec2types.TagSpecification {
	return []ec2types.TagSpecification{{ResourceType: kind, Tags: ec2Tags(tags)}}
}

func ec2Tags(tags map[string]string) []ec2types.Tag {
	return sorted(tags, func(k, v *string) ec2types.Tag { return ec2types.Tag{Key: k, Value: v} })
}

// ELBTags are the tags of an ELBv2 create call.
func ELBTags(tags map[string]string) []elbtypes.Tag {
	return sorted(tags, func(k, v *string) elbtypes.Tag { return elbtypes.Tag{Key: k, Value: v} })
}

// IAMTags are the tags of an IAM create call.
func IAMTags(tags map[string]string) []iamtypes.Tag {
	return sorted(tags, func(k, v *string) iamtypes.Tag { return iamtypes.Tag{Key: k, Value: v} })
}

// ACMTags are the tags of an ACM create call.
func ACMTags(tags map[string]string) []acmtypes.Tag {
	return sorted(tags, func(k, v *string) acmtypes.Tag { return acmtypes.Tag{Key: k, Value: v} })
}

// S3Tags are the tags of a bucket.
func S3Tags(tags map[string]string) []s3types.Tag {
	return sorted(tags, func(k, v *string) s3types.Tag { return s3types.Tag{Key: k, Value: v} })
}

// SNSTags are the tags of a topic.
func SNSTags(tags map[string]string) []snstypes.Tag {
	return sorted(tags, func(k, v *string) snstypes.Tag { return snstypes.Tag{Key: k, Value: v} })
}

// FromSNS reads the tags of a topic.
func FromSNS(tags []snstypes.Tag) map[string]string {
	return byName(tags, func(t snstypes.Tag) (k, v *string) { return t.Key, t.Value })
}

// FromS3 reads the tags of a bucket.
func FromS3(tags []s3types.Tag) map[string]string {
	return byName(tags, func(t s3types.Tag) (k, v *string) { return t.Key, t.Value })
}

// byName is what tags say.
func byName[T any](tags []T, of func(T) (k, v *string)) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		k, v := of(t)
		out[aws.ToString(k)] = aws.ToString(v)
	}
	return out
}

// FromEC2 reads the tags of an EC2 object.
func FromEC2(tags []ec2types.Tag) map[string]string {
	return byName(tags, func(t ec2types.Tag) (k, v *string) { return t.Key, t.Value })
}

// FromELB reads the tags of an ELBv2 object.
func FromELB(tags []elbtypes.Tag) map[string]string {
	return byName(tags, func(t elbtypes.Tag) (k, v *string) { return t.Key, t.Value })
}

// FromIAM reads the tags of an IAM object.
func FromIAM(tags []iamtypes.Tag) map[string]string {
	return byName(tags, func(t iamtypes.Tag) (k, v *string) { return t.Key, t.Value })
}

// FromACM reads the tags of a certificate.
func FromACM(tags []acmtypes.Tag) map[string]string {
	return byName(tags, func(t acmtypes.Tag) (k, v *string) { return t.Key, t.Value })
}

// The AWS CLI's commands that set a tag, in the form of resource.Traits.TagCommand.
const (
	TagCommandEC2 = "ec2 create-tags --resources {id} --tags Key={tag},Value={value}"
	TagCommandELB = "elbv2 add-tags --resource-arns {id} --tags Key={tag},Value={value}"
	TagCommandACM = "acm add-tags-to-certificate --certificate-arn {id} --tags Key={tag},Value={value}"
)

// RetagEC2 sets tags on an existing EC2 object.
func RetagEC2(ctx context.Context, c *Clients, id string, tags map[string]string) error {
	_, err := c.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: ec2Tags(tags)})
	return err
}

// RetagELB sets tags on an existing ELBv2 object.
func RetagELB(ctx context.Context, c *Clients, arn string, tags map[string]string) error {
	_, err := c.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{arn}, Tags: ELBTags(tags)})
	return err
}

// RetagACM sets tags on an existing certificate.
func RetagACM(ctx context.Context, c *Clients, arn string, tags map[string]string) error {
	_, err := c.ACM.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{CertificateArn: &arn, Tags: ACMTags(tags)})
	return err
}
