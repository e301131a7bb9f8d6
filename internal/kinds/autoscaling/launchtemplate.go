package autoscaling

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/resource"
)

// LaunchTemplate is what the instances of a group are. Each change makes a new version; groups name versions by their numbers.
type LaunchTemplate struct {
	// ImageID is the image to start from.
	ImageID string
	// Follow says that another image makes a new version. Else the image is not compared.
	Follow bool
	// Type is the instance type, such as "t3.micro".
	Type   string
	Groups []resource.Ref
	// Profile is the instance profile.
	Profile resource.Ref
	// UserData is what cloud-init reads, at most 16 KB, not encoded.
	UserData []byte
	// Monitored says that CloudWatch gets the instances' metrics every minute: else every five, which is too late to scale by.
	Monitored bool
	// Tags are the user's own.
	Tags map[string]string
}

// Refs implements resource.Spec.
func (t LaunchTemplate) Refs() []resource.Ref { return append([]resource.Ref{t.Profile}, t.Groups...) }

// LiveTemplate is a launch template as EC2 reports it, and the data of its latest version.
type LiveTemplate struct {
	types.LaunchTemplate
	types.ResponseLaunchTemplateData
}

// LaunchTemplateKind is the kind "launch-template". Its ID is the template's.
func LaunchTemplateKind() resource.Kind[LaunchTemplate, LiveTemplate] {
	return resource.Kind[LaunchTemplate, LiveTemplate]{
		Traits: resource.Traits{
			Name:       "launch-template",
			AskedBy:    section,
			TagCommand: awsapi.TagCommandEC2,
			Console:    resource.Console{Object: "ec2#LaunchTemplateDetails:launchTemplateId=", List: "ec2#LaunchTemplates:"},
			Actions: resource.Actions{
				Read:   []string{"ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeImages"},
				Make:   []string{"ec2:CreateLaunchTemplate", "ec2:CreateTags"},
				Change: []string{"ec2:CreateLaunchTemplateVersion"},
				Delete: []string{"ec2:DeleteLaunchTemplate"},
			},
			Compared:   templateFields(),
			Unmakeable: unmakeableTemplates,
			Unchangeable: []string{
				fieldImage, fieldType,
			},
			Removal: resource.Removal{
				Delete: func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					_, err := c.EC2.DeleteLaunchTemplate(ctx, &ec2.DeleteLaunchTemplateInput{LaunchTemplateId: &record.ID})
					return err
				},
				Foreign: untaggedTemplates,
			},
		},
		Reading: resource.Reading[LiveTemplate]{
			List:   listTemplates,
			ID:     func(l LiveTemplate) string { return aws.ToString(l.LaunchTemplateId) },
			Tags:   func(l LiveTemplate) map[string]string { return awsapi.FromEC2(l.Tags) },
			Status: func(LiveTemplate) resource.Status { return resource.Status{Phase: resource.Ready} },
			Since:  func(l LiveTemplate) time.Time { return aws.ToTime(l.CreateTime) },
		},
		Writing: resource.Writing[LaunchTemplate, LiveTemplate]{
			Diff: func(spec LaunchTemplate, live LiveTemplate, ids resource.IDs) []resource.Change {
				return slices.Concat(compareLaunch(spec, live.ResponseLaunchTemplateData, ids), compareQuietly(spec, live.ResponseLaunchTemplateData))
			},
			Create: createTemplate,
			Update: updateTemplate,
			Retag:  awsapi.RetagEC2,
		},
	}
}

func listTemplates(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveTemplate, error) {
	found, err := inventoryOf(ctx, c, owner)
	var live []LiveTemplate
	for _, template := range found.templates {
		// Newer than the template says is a version made between the two reads; an older one is the latest where that isn't seen yet.
		data, newest := types.ResponseLaunchTemplateData{}, int64(0)
		for v, of := range found.versions {
			if v.Template == aws.ToString(template.LaunchTemplateId) && v.Number > newest {
				data, newest = of, v.Number
			}
		}
		if newest > 0 {
			template.LatestVersionNumber = &newest
		}
		if newest > 0 || owner.IsEveryone() {
			live = append(live, LiveTemplate{template, data})
		}
	}
	return live, err
}

func createTemplate(ctx context.Context, call resource.Call[LaunchTemplate]) (string, error) {
	name := call.PhysicalName()
	out, err := call.Clients.EC2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{
		ClientToken: &call.Token, LaunchTemplateName: &name, LaunchTemplateData: launchData(call),
		TagSpecifications: awsapi.TagEC2(types.ResourceTypeLaunchTemplate, call.Tags),
	})
	if awsapi.HasCode(err, "InvalidLaunchTemplateName.AlreadyExistsException") {
		return existingTemplate(ctx, call, name, err)
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.LaunchTemplate.LaunchTemplateId), nil
}

// existingTemplate is the call's own template of a name that is taken: its token is as old as the call of an earlier run, and AWS
// may have forgotten it.
func existingTemplate(ctx context.Context, call resource.Call[LaunchTemplate], name string, refusal error) (string, error) {
	out, err := call.Clients.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateNames: []string{name}})
	if awsapi.IsNotFound(err) || err == nil && len(out.LaunchTemplates) == 0 {
		return "", &awsapi.Unseen{Err: refusal}
	}
	if err != nil {
		return "", fmt.Errorf("look whose launch template %s is: %w", name, err)
	}
	tags := awsapi.FromEC2(out.LaunchTemplates[0].Tags)
	if !call.Owner.Owns(tags) || tags[awsapi.TagKey] != call.Key.String() {
		return "", fmt.Errorf("a launch template named %s is there already, and its tags say that it is not platform %s's; delete it or choose another platform name: %w",
			name, call.Owner.Platform, refusal)
	}
	call.Unconfirmed()
	return aws.ToString(out.LaunchTemplates[0].LaunchTemplateId), nil
}

func updateTemplate(ctx context.Context, call resource.Call[LaunchTemplate], _ LiveTemplate, changes []resource.Change) error {
	out, err := call.Clients.EC2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &call.ID, LaunchTemplateData: launchData(call), VersionDescription: describe(changes),
	})
	if err != nil {
		return fmt.Errorf("make a version of the launch template %s: %w", call.ID, err)
	}
	return refusedParameters(out.Warning)
}

// refusedParameters is the error of a template with which nothing can be launched: EC2 makes it all the same, with a warning.
func refusedParameters(warning *types.ValidationWarning) error {
	var all []error
	if warning != nil {
		for _, e := range warning.Errors {
			if strings.Contains(aws.ToString(e.Message), "Invalid IAM Instance Profile") {
				continue // it is the platform's own, and EC2 hasn't heard of it everywhere yet: a launch that fails is tried again
			}
			all = append(all, fmt.Errorf("no instance can be launched by it: %s: %s", aws.ToString(e.Code), aws.ToString(e.Message)))
		}
	}
	return errors.Join(all...)
}

// longestDescription is EC2's limit for the description of a version.
const longestDescription = 255

// describe is what is written at a version, for those who look at it in the console.
func describe(changes []resource.Change) *string {
	text := ""
	for i, change := range changes {
		if i > 0 {
			text += ", "
		}
		text += change.Field
	}
	return aws.String(text[:min(len(text), longestDescription)])
}

// unmakeableTemplates names the templates of which no instance could start.
func unmakeableTemplates(ctx context.Context, c *awsapi.Clients, nodes []*resource.Node) ([]resource.Problem, error) {
	var problems []resource.Problem
	var errs []error
	for _, node := range nodes {
		spec, ok := node.Spec.(LaunchTemplate)
		if !ok {
			continue
		}
		text, hint, err := compute.Unstartable(ctx, c, compute.Instance{ImageID: spec.ImageID, Follow: spec.Follow, Type: spec.Type})
		if text != "" {
			problems = append(problems, resource.Problem{Key: node.Key, Text: text, Hint: hint})
		}
		errs = append(errs, err)
	}
	return problems, errors.Join(errs...)
}

// launchData is a version's whole data.
func launchData(call resource.Call[LaunchTemplate]) *types.RequestLaunchTemplateData {
	spec := call.Spec
	return &types.RequestLaunchTemplateData{
		ImageId:            &spec.ImageID,
		InstanceType:       types.InstanceType(spec.Type),
		UserData:           aws.String(base64.StdEncoding.EncodeToString(spec.UserData)),
		IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String(call.IDs.Of(spec.Profile))},
		NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{{
			DeviceIndex: aws.Int32(0), Groups: call.IDs.All(spec.Groups),
			AssociatePublicIpAddress: aws.Bool(false), DeleteOnTermination: aws.Bool(true),
		}},
		BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{
			DeviceName: aws.String(compute.RootDevice),
			Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
				VolumeType: types.VolumeTypeGp3, Encrypted: aws.Bool(true), DeleteOnTermination: aws.Bool(true),
			},
		}},
		MetadataOptions: &types.LaunchTemplateInstanceMetadataOptionsRequest{
			HttpEndpoint:            types.LaunchTemplateInstanceMetadataEndpointStateEnabled,
			HttpTokens:              types.LaunchTemplateHttpTokensStateRequired,
			HttpPutResponseHopLimit: aws.Int32(compute.MetadataHopLimit),
			InstanceMetadataTags:    types.LaunchTemplateInstanceMetadataTagsStateDisabled,
		},
		Monitoring: &types.LaunchTemplatesMonitoringRequest{Enabled: &spec.Monitored},
		TagSpecifications: awsapi.TemplateTags(instanceTags(call.Owner, call.Key.Name),
			types.ResourceTypeInstance, types.ResourceTypeVolume, types.ResourceTypeNetworkInterface),
	}
}
