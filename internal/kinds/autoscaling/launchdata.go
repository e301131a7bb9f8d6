package autoscaling

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/resource"
)

// The fields of a version's data that are compared.
const (
	fieldImage     = "image"
	fieldType      = "instance type"
	fieldTags      = "tags of what is launched"
	fieldVolume    = "root volume"
	fieldMonitored = "detailed monitoring"
)

const (
	// wantedMetadata and wantedVolume are as an instance of a fixed number has them.
	wantedMetadata = "endpoint enabled, tokens required, hop limit 1, tags disabled"
	wantedVolume   = "gp3, encrypted"
)

// compareLaunch is what a version's data has otherwise than wanted, so that instances of it are to be replaced. It is pure.
func compareLaunch(spec LaunchTemplate, data types.ResponseLaunchTemplateData, ids resource.IDs) []resource.Change {
	var changes []resource.Change
	compare := func(field, want, have string) {
		if want != have {
			changes = append(changes, resource.Change{Field: field, Want: want, Have: have})
		}
	}
	if spec.Follow {
		compare(fieldImage, spec.ImageID, aws.ToString(data.ImageId))
	}
	compare(fieldType, spec.Type, string(data.InstanceType))
	compare("instance profile", ids.Of(spec.Profile), profileOf(data))
	if base64.StdEncoding.EncodeToString(spec.UserData) != aws.ToString(data.UserData) {
		changes = append(changes, resource.Change{Field: "user data", Text: compute.OtherUserData})
	}
	var groups []string
	public := ""
	if len(data.NetworkInterfaces) == 1 {
		groups = data.NetworkInterfaces[0].Groups
		public = strconv.FormatBool(aws.ToBool(data.NetworkInterfaces[0].AssociatePublicIpAddress))
	}
	changes = append(changes, resource.CompareSets("security groups", ids.All(spec.Groups), groups)...)
	compare("public address", "false", public)
	compare("metadata options", wantedMetadata, metadata(data.MetadataOptions))
	compare(fieldVolume, wantedVolume, volume(data.BlockDeviceMappings))
	if spec.Monitored {
		compare(fieldMonitored, strconv.FormatBool(true), strconv.FormatBool(isMonitored(data)))
	}
	return changes
}

// isMonitored reports whether what a version launches has detailed monitoring.
func isMonitored(data types.ResponseLaunchTemplateData) bool {
	return data.Monitoring != nil && aws.ToBool(data.Monitoring.Enabled)
}

// compareQuietly is what a version's data has otherwise than wanted and no instance need be replaced for. It makes a new version.
func compareQuietly(spec LaunchTemplate, data types.ResponseLaunchTemplateData) []resource.Change {
	changes := compareTags(spec, data)
	if isMonitored(data) && !spec.Monitored {
		changes = append(changes, resource.Change{Field: fieldMonitored, Want: strconv.FormatBool(false), Have: strconv.FormatBool(true)})
	}
	return changes
}

// compareTags is how the user's tags differ from those that a version gives to what is launched.
func compareTags(spec LaunchTemplate, data types.ResponseLaunchTemplateData) []resource.Change {
	for _, specification := range data.TagSpecifications {
		have := awsapi.FromEC2(specification.Tags)
		maps.DeleteFunc(have, func(name, _ string) bool {
			_, own := spec.Tags[name]
			return strings.HasPrefix(name, "platformctl:") || name == awsapi.TagName && !own
		})
		if !maps.Equal(have, spec.Tags) {
			return []resource.Change{{Field: fieldTags, Want: tagText(spec.Tags), Have: tagText(have)}}
		}
	}
	if len(data.TagSpecifications) < 3 { // instance, volume and network interface
		return []resource.Change{{Field: fieldTags, Want: tagText(spec.Tags), Have: "not of all"}}
	}
	return nil
}

func tagText(tags map[string]string) string {
	pairs := make([]string, 0, len(tags))
	for name, value := range tags {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ", ")
}

func profileOf(data types.ResponseLaunchTemplateData) string {
	profile := data.IamInstanceProfile
	if profile == nil {
		return ""
	}
	if name := aws.ToString(profile.Name); name != "" {
		return name
	}
	arn := aws.ToString(profile.Arn)
	return arn[strings.LastIndex(arn, "/")+1:]
}

func metadata(o *types.LaunchTemplateInstanceMetadataOptions) string {
	if o == nil {
		return ""
	}
	tags := o.InstanceMetadataTags
	if tags == "" {
		tags = types.LaunchTemplateInstanceMetadataTagsStateDisabled // where it isn't said, it is so
	}
	return fmt.Sprintf("endpoint %s, tokens %s, hop limit %d, tags %s", o.HttpEndpoint, o.HttpTokens, aws.ToInt32(o.HttpPutResponseHopLimit), tags)
}

func volume(mappings []types.LaunchTemplateBlockDeviceMapping) string {
	if len(mappings) != 1 || mappings[0].Ebs == nil {
		return fmt.Sprintf("%d volumes", len(mappings))
	}
	encrypted := "not encrypted"
	if aws.ToBool(mappings[0].Ebs.Encrypted) {
		encrypted = "encrypted"
	}
	return string(mappings[0].Ebs.VolumeType) + ", " + encrypted
}

// templateFields declares what is compared of a launch template.
func templateFields() []resource.Field {
	const version = "a new version is made, and the group replaces its instances by it"
	return []resource.Field{
		resource.Identity("LaunchTemplateId", "LaunchTemplateName", "CreateTime", "CreatedBy", "DefaultVersionNumber", "LatestVersionNumber", "Tags", "Operator"),
		{Name: fieldImage, Of: []string{"ImageId"}, How: resource.Repaired, Why: "only where `web.image` says so; " + version},
		{Name: fieldType, Of: []string{"InstanceType"}, How: resource.Repaired, Why: version},
		{Name: "instance profile", Of: []string{"IamInstanceProfile"}, How: resource.Repaired, Why: version},
		{Name: "user data", Of: []string{"UserData"}, How: resource.Repaired, Why: version},
		{Name: "security groups", Of: []string{"NetworkInterfaces", "SecurityGroupIds", "SecurityGroups", "SecondaryInterfaces"}, How: resource.Repaired, Why: version},
		{Name: "public address", Of: []string{}, How: resource.Repaired, Why: version},
		{Name: "metadata options", Of: []string{"MetadataOptions"}, How: resource.Repaired, Why: version},
		{Name: fieldVolume, Of: []string{"BlockDeviceMappings"}, How: resource.Repaired, Why: version},
		{Name: fieldMonitored, Of: []string{"Monitoring"}, How: resource.Repaired, Why: version},
		{Name: fieldTags, Of: []string{"TagSpecifications"}, How: resource.Repaired, Why: "a new version is made, which replaces no instance"},
		{Name: "placement, billing and hardware", Of: []string{"CapacityReservationSpecification", "CpuOptions", "CreditSpecification", "DisableApiStop", "DisableApiTermination", "EbsOptimized",
			"ElasticGpuSpecifications", "ElasticInferenceAccelerators", "EnclaveOptions", "HibernationOptions", "InstanceInitiatedShutdownBehavior", "InstanceMarketOptions", "InstanceRequirements",
			"KernelId", "KeyName", "LicenseSpecifications", "MaintenanceOptions", "NetworkPerformanceOptions", "Placement", "PrivateDnsNameOptions", "RamDiskId"},
			How: resource.Ignored, Why: "it decides neither who is served nor who gets in"},
	}
}
