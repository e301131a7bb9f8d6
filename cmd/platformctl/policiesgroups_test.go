package main

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
)

// TestPolicies_RefuseEscalationsByGroups tries what nobody may do by the policies of the documents to Auto Scaling groups of
// others, and by own ones: a group launches with the permissions of the caller who names its template.
func TestPolicies_RefuseEscalationsByGroups(t *testing.T) {
	t.Parallel()
	o := newOperator(t, policyUp, policyDrill, policyGroups)
	s := o.anybody
	ctx := t.Context()
	mark := map[string]string{"platformctl:platform": "shop"}
	o.cloud.SetPolicies(nil)
	own, theirs := settle(t, s, "10.0.0.0/16", "10.0.1.0/24", mark), settle(t, s, "10.1.0.0/16", "10.1.1.0/24", map[string]string{"Name": "other"})
	legacy := aws.String("legacy-web")
	must(s.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: legacy, AssumeRolePolicyDocument: aws.String(trustEC2)}))(t)
	must(s.iam.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: legacy}))(t)
	must(s.iam.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: legacy, RoleName: legacy}))(t)
	image := must(s.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: []string{"amazon"}}))(t).Images[0].ImageId

	specs := func(tags map[string]string, kinds ...ec2types.ResourceType) (all []ec2types.LaunchTemplateTagSpecificationRequest) {
		for _, kind := range kinds {
			spec := ec2types.LaunchTemplateTagSpecificationRequest{ResourceType: kind}
			for key, value := range tags {
				spec.Tags = append(spec.Tags, ec2types.Tag{Key: &key, Value: &value})
			}
			all = append(all, spec)
		}
		return all
	}
	template := func(name string, whose property, tags map[string]string, profile *string) *types.LaunchTemplateSpecification {
		data := &ec2types.RequestLaunchTemplateData{
			ImageId: image, InstanceType: "t3.micro", SecurityGroupIds: []string{*whose.group},
			TagSpecifications: specs(tags, "instance", "volume", "network-interface"),
		}
		if profile != nil {
			data.IamInstanceProfile = &ec2types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: profile}
		}
		in := &ec2.CreateLaunchTemplateInput{LaunchTemplateName: &name, LaunchTemplateData: data}
		for key, value := range tags {
			in.TagSpecifications = []ec2types.TagSpecification{{ResourceType: "launch-template", Tags: []ec2types.Tag{{Key: &key, Value: &value}}}}
		}
		made := must(s.ec2.CreateLaunchTemplate(ctx, in))(t).LaunchTemplate
		return &types.LaunchTemplateSpecification{LaunchTemplateId: made.LaunchTemplateId, Version: aws.String("1")}
	}
	group := func(name string, of *types.LaunchTemplateSpecification, subnet *string, tags map[string]string) *autoscaling.CreateAutoScalingGroupInput {
		in := &autoscaling.CreateAutoScalingGroupInput{AutoScalingGroupName: &name, LaunchTemplate: of, VPCZoneIdentifier: subnet, MinSize: aws.Int32(0), MaxSize: aws.Int32(0)}
		for key, value := range tags {
			in.Tags = append(in.Tags, types.Tag{Key: &key, Value: &value, ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), PropagateAtLaunch: aws.Bool(true)})
		}
		return in
	}
	fit, other := template("fit", own, mark, nil), template("other", theirs, nil, nil)
	roled, strange := template("roled", own, mark, legacy), template("strange", theirs, mark, nil)
	untagged := template("untagged", own, nil, nil)
	newest := &types.LaunchTemplateSpecification{LaunchTemplateId: fit.LaunchTemplateId, Version: aws.String("$Latest")}
	x, y := aws.String("ours"), aws.String("theirs")
	must(s.scaling.CreateAutoScalingGroup(ctx, group(*x, fit, own.subnet, mark)))(t)
	must(s.scaling.CreateAutoScalingGroup(ctx, group(*y, other, theirs.subnet, nil)))(t)
	o.cloud.SetPolicies(o.policies)

	refresh := func(group *string, to *types.LaunchTemplateSpecification) func(context.Context) error {
		in := &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: group}
		if to != nil {
			in.DesiredConfiguration = &types.DesiredConfiguration{LaunchTemplate: to}
		}
		return done(s.scaling.StartInstanceRefresh, in)
	}
	update := func(group *string, to *types.LaunchTemplateSpecification, subnet *string) func(context.Context) error {
		return done(s.scaling.UpdateAutoScalingGroup, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: group, LaunchTemplate: to, VPCZoneIdentifier: subnet})
	}
	tag := func(group *string, key string) []types.Tag {
		return []types.Tag{{Key: &key, Value: aws.String("shop"), ResourceId: group, ResourceType: aws.String("auto-scaling-group"), PropagateAtLaunch: aws.Bool(false)}}
	}
	// That these are allowed shows that the policies refuse the others for whose they are.
	for i, try := range []func(context.Context) error{
		update(x, fit, own.subnet),
		done(s.scaling.CreateAutoScalingGroup, group("second", fit, own.subnet, mark)),
		done(s.ec2.CreateLaunchTemplateVersion, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: fit.LaunchTemplateId, SourceVersion: aws.String("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: "t3.nano"}}),
		done(s.scaling.DeleteTags, &autoscaling.DeleteTagsInput{Tags: tag(x, "platformctl:drill")}),
		refresh(x, fit),
	} {
		if err := try(ctx); err != nil {
			t.Errorf("number %d, of the platform's own: %v", i, err)
		}
	}
	for name, try := range map[string]func(context.Context) error{
		// Get somebody else's role, network or instances by a group of one's own.
		"PassRole to a refresh":      refresh(x, roled),
		"PassRole to a change":       update(x, roled, nil),
		"PassRole to a new group":    done(s.scaling.CreateAutoScalingGroup, group("new", roled, own.subnet, mark)),
		"refresh with their network": refresh(x, strange),
		"change to their subnet":     update(x, fit, theirs.subnet),
		"launches without tags":      refresh(x, untagged),
		"a group without tags":       done(s.scaling.CreateAutoScalingGroup, group("new", fit, own.subnet, nil)),
		"a template without tags":    done(s.ec2.CreateLaunchTemplate, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("new"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: image}}),

		// Change, end or take over somebody else's group.
		"StartInstanceRefresh":        refresh(y, nil),
		"StartInstanceRefresh to own": refresh(y, newest),
		"CancelInstanceRefresh":       done(s.scaling.CancelInstanceRefresh, &autoscaling.CancelInstanceRefreshInput{AutoScalingGroupName: y}),
		"RollbackInstanceRefresh":     done(s.scaling.RollbackInstanceRefresh, &autoscaling.RollbackInstanceRefreshInput{AutoScalingGroupName: y}),
		"UpdateAutoScalingGroup":      update(y, fit, nil),
		"DeleteAutoScalingGroup":      done(s.scaling.DeleteAutoScalingGroup, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: y}),
		"PutScalingPolicy":            done(s.scaling.PutScalingPolicy, &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: y, PolicyName: y, PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: &types.TargetTrackingConfiguration{TargetValue: aws.Float64(50), PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: "ASGAverageCPUUtilization"}}}),
		"DeletePolicy":                done(s.scaling.DeletePolicy, &autoscaling.DeletePolicyInput{AutoScalingGroupName: y, PolicyName: y}),
		"SuspendProcesses":            done(s.scaling.SuspendProcesses, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: y, ScalingProcesses: []string{"Launch"}}),
		"ResumeProcesses":             done(s.scaling.ResumeProcesses, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: y}),
		"EnableMetricsCollection":     done(s.scaling.EnableMetricsCollection, &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: y, Granularity: aws.String("1Minute")}),
		"CreateOrUpdateTags":          done(s.scaling.CreateOrUpdateTags, &autoscaling.CreateOrUpdateTagsInput{Tags: tag(y, "platformctl:platform")}),
		"CreateOrUpdateTags on many":  done(s.scaling.CreateOrUpdateTags, &autoscaling.CreateOrUpdateTagsInput{Tags: append(tag(x, "team"), tag(y, "team")...)}),
		"DeleteTags":                  done(s.scaling.DeleteTags, &autoscaling.DeleteTagsInput{Tags: tag(y, "platformctl:drill")}),
		"DeleteTags of the owner":     done(s.scaling.DeleteTags, &autoscaling.DeleteTagsInput{Tags: tag(x, "platformctl:platform")}),
		"CreateLaunchTemplateVersion": done(s.ec2.CreateLaunchTemplateVersion, &ec2.CreateLaunchTemplateVersionInput{LaunchTemplateId: other.LaunchTemplateId, SourceVersion: aws.String("1"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{InstanceType: "t3.nano"}}),
		"DeleteLaunchTemplate":        done(s.ec2.DeleteLaunchTemplate, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: other.LaunchTemplateId}),
	} {
		var refusal smithy.APIError
		err := try(ctx)
		if !errors.As(err, &refusal) || !slices.Contains([]string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}, refusal.ErrorCode()) {
			t.Errorf("%s: got %v, want a refusal for lack of a permission", name, err)
		}
	}
}
