package server_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// A launch from a template needs the permission for what the template names, too, and policies can demand a template.
func TestPolicies_OfLaunchTemplates(t *testing.T) {
	c := newTroubled(t, faults.Config{}, policies(t,
		`"Effect": "Allow", "Action": ["ec2:Describe*", "ec2:CreateLaunchTemplate*"], "Resource": "*"`,
		`"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*", "Condition": {"ArnLike": {"ec2:LaunchTemplate": "arn:aws:ec2:*:*:launch-template/*"}}`,
		`"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "arn:aws:ec2:*::image/*", "Condition": {"Bool": {"ec2:IsLaunchTemplateResource": "false"}}`,
	)...)
	ctx := t.Context()
	template := func(name string, data types.RequestLaunchTemplateData) *types.LaunchTemplateSpecification {
		t.Helper()
		data.ImageId = aws.String("ami-00000000")
		made, err := c.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: &data})
		if err != nil {
			t.Fatal(err)
		}
		return &types.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplate.LaunchTemplateId}
	}
	plain := template("plain", types.RequestLaunchTemplateData{})
	tagged := template("tagged", types.RequestLaunchTemplateData{TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{
		{ResourceType: "volume", Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}}})
	roled := template("roled", types.RequestLaunchTemplateData{IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("web")}})
	run := func(template *types.LaunchTemplateSpecification, image *string) string {
		_, err := c.ec2.RunInstances(ctx, &ec2.RunInstancesInput{LaunchTemplate: template, ImageId: image, MinCount: aws.Int32(1), MaxCount: aws.Int32(1)})
		return lackingOf(err)
	}
	c.expect("launches", []string{run(plain, nil), run(nil, aws.String("ami-00000000")), run(plain, aws.String("ami-00000000")), run(tagged, nil), run(roled, nil)},
		"InvalidAMIID.NotFound", "ec2:RunInstances image/ami-00000000", "ec2:RunInstances image/ami-00000000", "ec2:CreateTags volume/*", "iam:PassRole role/*")
	_, err := c.ec2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateName: aws.String("plain")})
	c.expect("the deletion by name", []string{lackingOf(err)}, "ec2:DeleteLaunchTemplate launch-template/"+*plain.LaunchTemplateId)
}
