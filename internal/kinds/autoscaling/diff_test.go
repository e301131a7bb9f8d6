package autoscaling

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

// scene is a group as it is wanted, and as AWS reports it then.
type scene struct {
	spec Group
	live LiveGroup
	ids  resource.IDs
}

func newScene() scene {
	var g resource.Graph
	add := func(kind, name string) resource.Ref {
		return resource.Add(&g, resource.Kind[LaunchTemplate, any]{Traits: resource.Traits{Name: kind}}, name, LaunchTemplate{})
	}
	launch := LaunchTemplate{
		ImageID: "ami-new", Type: "t3.micro", UserData: []byte("#cloud-config\n"), Monitored: true, Tags: map[string]string{"team": "blue"},
		Profile: add("instance-profile", "web"), Groups: []resource.Ref{add("security-group", "web")},
	}
	s := scene{spec: Group{
		Template: add("launch-template", "web"), Launch: launch, TargetGroup: add("target-group", "web"),
		Subnets: []resource.Ref{add("subnet", "private-a"), add("subnet", "private-b")},
		Min:     2, Max: 6, Desired: 3, Grace: 4 * time.Minute, Warmup: 2 * time.Minute,
	}}
	s.ids = resource.ResolveFor(s.spec, map[resource.Key]string{
		launch.Profile.Key(): "shop-us-east-1-web", launch.Groups[0].Key(): "sg-1", s.spec.Template.Key(): "lt-1", s.spec.TargetGroup.Key(): "arn:tg",
		s.spec.Subnets[0].Key(): "subnet-a", s.spec.Subnets[1].Key(): "subnet-b",
	})
	s.live = LiveGroup{
		AutoScalingGroup: types.AutoScalingGroup{
			AutoScalingGroupName: aws.String("shop-web"), MinSize: aws.Int32(2), MaxSize: aws.Int32(6), DesiredCapacity: aws.Int32(2),
			LaunchTemplate:         &types.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("3")},
			TargetGroupARNs:        []string{"arn:tg"},
			VPCZoneIdentifier:      aws.String("subnet-b,subnet-a"),
			AvailabilityZones:      []string{"us-east-1a", "us-east-1b"},
			HealthCheckType:        aws.String("ELB"),
			HealthCheckGracePeriod: aws.Int32(240), DefaultInstanceWarmup: aws.Int32(120),
			InstanceMaintenancePolicy: maintenance(), AvailabilityZoneImpairmentPolicy: impairment(),
			AvailabilityZoneDistribution: &types.AvailabilityZoneDistribution{CapacityDistributionStrategy: zoneDistribution},
		},
		Versions: map[Version]ec2types.ResponseLaunchTemplateData{{"lt-1", 3}: data()},
	}
	for _, name := range []string{"GroupDesiredCapacity", "GroupInServiceInstances", "GroupPendingInstances", "GroupTerminatingInstances", "GroupTotalInstances"} {
		s.live.EnabledMetrics = append(s.live.EnabledMetrics, types.EnabledMetric{Metric: &name})
	}
	for i, id := range []string{"i-a", "i-b"} {
		s.live.Instances = append(s.live.Instances, types.Instance{
			InstanceId: &id, LifecycleState: types.LifecycleStateInService, AvailabilityZone: aws.String("us-east-1" + string(rune('a'+i))),
		})
		s.live.Targets = append(s.live.Targets, loadbalancing.LiveRegistration{
			RegistrationID: loadbalancing.RegistrationID{Instance: id}, State: "healthy", Group: "shop-web",
		})
	}
	return s
}

// data is a version as EC2 reports one that is as wanted.
func data() ec2types.ResponseLaunchTemplateData {
	tags := []ec2types.Tag{
		{Key: aws.String("team"), Value: aws.String("blue")}, {Key: aws.String(awsapi.TagPlatform), Value: aws.String("shop")},
		{Key: aws.String(awsapi.TagKey), Value: aws.String("auto-scaling-group/web")}, {Key: aws.String(awsapi.TagName), Value: aws.String("shop-web")},
	}
	return ec2types.ResponseLaunchTemplateData{
		ImageId: aws.String("ami-old"), InstanceType: "t3.micro", UserData: aws.String(base64.StdEncoding.EncodeToString([]byte("#cloud-config\n"))),
		IamInstanceProfile: &ec2types.LaunchTemplateIamInstanceProfileSpecification{Name: aws.String("shop-us-east-1-web")},
		NetworkInterfaces: []ec2types.LaunchTemplateInstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), Groups: []string{"sg-1"}, AssociatePublicIpAddress: aws.Bool(false),
		}},
		BlockDeviceMappings: []ec2types.LaunchTemplateBlockDeviceMapping{{Ebs: &ec2types.LaunchTemplateEbsBlockDevice{VolumeType: "gp3", Encrypted: aws.Bool(true)}}},
		MetadataOptions: &ec2types.LaunchTemplateInstanceMetadataOptions{
			HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1),
		},
		Monitoring: &ec2types.LaunchTemplatesMonitoring{Enabled: aws.Bool(true)},
		TagSpecifications: []ec2types.LaunchTemplateTagSpecification{
			{ResourceType: "instance", Tags: tags}, {ResourceType: "volume", Tags: tags}, {ResourceType: "network-interface", Tags: tags},
		},
	}
}

// version changes what the version says that the group launches.
func (s *scene) version(change func(*ec2types.ResponseLaunchTemplateData)) {
	d := data()
	change(&d)
	s.live.Versions[Version{"lt-1", 3}] = d
}

func TestDiffGroup_ComparesAllButDesiredCapacity(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*scene)
		want   []string
	}{
		"as wanted": {func(*scene) {}, nil},
		"scaled between its sizes, the image being pinned": {func(s *scene) { s.live.DesiredCapacity = aws.Int32(5) }, nil},
		"other sizes":  {func(s *scene) { s.live.MinSize, s.live.MaxSize = aws.Int32(1), aws.Int32(9) }, []string{"min size: 1 → 2", "max size: 9 → 6"}},
		"without ELB":  {func(s *scene) { s.live.HealthCheckType = aws.String("EC2") }, []string{"health check type: EC2 → ELB"}},
		"another zone": {func(s *scene) { s.live.VPCZoneIdentifier = aws.String("subnet-a") }, []string{"subnets: subnet-a → subnet-a, subnet-b"}},
		"terminating first": {func(s *scene) { s.live.InstanceMaintenancePolicy = nil },
			[]string{"instance maintenance policy: none → 100 to 110 percent healthy"}},
		"another network": {func(s *scene) { s.live.TargetGroupARNs = []string{"arn:other"} }, []string{"!target group: arn:other → arn:tg"}},
		"no warmup and no metrics": {func(s *scene) { s.live.DefaultInstanceWarmup, s.live.EnabledMetrics = nil, nil },
			[]string{"default instance warmup: none → 2m0s", "group metrics: not all collected → collected"}},
		"another instance type": {func(s *scene) {
			s.version(func(d *ec2types.ResponseLaunchTemplateData) { d.InstanceType = "t3.nano" })
		}, []string{"version: 3 → another, by instance type: t3.nano → t3.micro"}},
		"a version that somebody made": {func(s *scene) {
			s.version(func(d *ec2types.ResponseLaunchTemplateData) {
				d.NetworkInterfaces[0].AssociatePublicIpAddress, d.MetadataOptions.HttpTokens = aws.Bool(true), "optional"
			})
		}, []string{"version: 3 → another, by public address: true → false; metadata options: endpoint enabled, tokens optional, hop limit 1, tags disabled → " + wantedMetadata}},
		"other tags replace nothing": {func(s *scene) {
			s.version(func(d *ec2types.ResponseLaunchTemplateData) {
				d.TagSpecifications[1].Tags = d.TagSpecifications[1].Tags[1:]
			})
		}, []string{"tags of what is launched: none → team=blue"}},
		"more metrics than are needed replace nothing": {func(s *scene) { s.spec.Launch.Monitored = false }, []string{"detailed monitoring of what is launched: true → false"}},
		"metrics that are needed": {func(s *scene) {
			s.version(func(d *ec2types.ResponseLaunchTemplateData) { d.Monitoring = nil })
		}, []string{"version: 3 → another, by detailed monitoring: false → true"}},
		"another template": {func(s *scene) { s.live.LaunchTemplate.LaunchTemplateId = aws.String("lt-9") }, []string{"version: lt-9 3 → lt-1"}},
		"the latest version, whichever it is": {func(s *scene) { s.live.LaunchTemplate.Version = aws.String("$Latest") },
			[]string{"version: lt-1 $Latest → lt-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			test.change(&s)
			var got []string
			for _, c := range diffGroup(s.spec, s.live, s.ids) {
				text := c.String()
				if c.Replace {
					text = "!" + text
				}
				got = append(got, text)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
	s := newScene()
	s.spec.Launch.Follow = true
	if changes := diffGroup(s.spec, s.live, s.ids); len(changes) != 1 || !strings.Contains(changes[0].String(), "image: ami-old → ami-new") {
		t.Errorf("an image to follow: %v", changes)
	}
}

func TestKeptOfGroup_NamesWhatAnOperatorSet(t *testing.T) {
	s := newScene()
	if kept := keptOfGroup(s.spec, s.live); len(kept) > 0 {
		t.Errorf("as made: %v", kept)
	}
	s.live.SuspendedProcesses = []types.SuspendedProcess{{ProcessName: aws.String("ReplaceUnhealthy")}, {ProcessName: aws.String("HealthCheck")}}
	s.live.DeletionProtection = types.DeletionProtectionPreventAllDeletion
	kept := keptOfGroup(s.spec, s.live)
	if len(kept) != 2 || kept[0].String() != "suspended processes: HealthCheck, ReplaceUnhealthy → none" || !kept[1].Protects {
		t.Errorf("%v", kept)
	}
}

// Auto Scaling calls an instance in service before the load balancer calls it healthy.
func TestGroupStatus_ReadyIsHealthyBehindLoadBalancer(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*LiveGroup)
		want   resource.Status
	}{
		"all serve": {func(*LiveGroup) {}, resource.Status{Phase: resource.Ready}},
		"in service, not yet healthy": {func(l *LiveGroup) { l.Targets[1].State, l.Targets[1].Reason = "initial", "Elb.InitialHealthChecking" },
			resource.Status{Phase: resource.Pending, Reason: "1 of 2 instances in service and healthy; i-b in us-east-1b is initial: Elb.InitialHealthChecking"}},
		"not registered": {func(l *LiveGroup) { l.Targets = l.Targets[:1] },
			resource.Status{Phase: resource.Pending, Reason: "1 of 2 instances in service and healthy; i-b in us-east-1b is in service, and no target of the load balancer"}},
		"one more desired": {func(l *LiveGroup) { l.DesiredCapacity = aws.Int32(3) },
			resource.Status{Phase: resource.Pending, Reason: "2 of 3 instances in service and healthy"}},
		"all in one zone": {func(l *LiveGroup) { l.Instances[1].AvailabilityZone = aws.String("us-east-1a") },
			resource.Status{Phase: resource.Pending, Reason: "no instance serves in us-east-1b"}},
		"fewer than zones": {func(l *LiveGroup) { l.DesiredCapacity, l.Instances = aws.Int32(1), l.Instances[:1] }, resource.Status{Phase: resource.Ready}},
		"a zone that was left": {func(l *LiveGroup) { l.AvailabilityZones = l.AvailabilityZones[:1] },
			resource.Status{Phase: resource.Pending, Reason: "1 instance still in us-east-1b, which the group has left"}},
		"one in standby beside those that are desired": {func(l *LiveGroup) {
			l.Instances = append(l.Instances, types.Instance{InstanceId: aws.String("i-c"), LifecycleState: types.LifecycleStateStandby, AvailabilityZone: aws.String("us-east-1a")})
		}, resource.Status{Phase: resource.Ready}},
		"going": {func(l *LiveGroup) { l.Status = aws.String("Delete in progress") }, resource.Status{Phase: resource.Deleting, Reason: "Delete in progress: 2 instances left"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			test.change(&s.live)
			if got := groupStatus(s.live); got != test.want {
				t.Errorf("%+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestDiffPolicy(t *testing.T) {
	var g resource.Graph
	add := func(kind string) resource.Ref {
		return resource.Add(&g, resource.Kind[LaunchTemplate, any]{Traits: resource.Traits{Name: kind}}, "web", LaunchTemplate{})
	}
	spec := Policy{Group: add("auto-scaling-group"), Requests: 1000, LoadBalancer: add("load-balancer"), TargetGroup: add("target-group")}
	ids := resource.ResolveFor(spec, map[resource.Key]string{
		spec.Group.Key(): "shop-web", spec.LoadBalancer.Key(): "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-alb/50dc6c495c0c9188",
		spec.TargetGroup.Key(): "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-web/73e2d6bc24d8a067",
	})
	asked := configuration(spec, ids)
	if got, want := aws.ToString(asked.PredefinedMetricSpecification.ResourceLabel), "app/shop-alb/50dc6c495c0c9188/targetgroup/shop-web/73e2d6bc24d8a067"; got != want {
		t.Errorf("resource label %s, want %s", got, want)
	}
	live := LivePolicy{ScalingPolicy: types.ScalingPolicy{
		AutoScalingGroupName: aws.String("shop-web"), PolicyType: aws.String("TargetTrackingScaling"), TargetTrackingConfiguration: asked, Enabled: aws.Bool(true),
	}}
	if changes := diffPolicy(spec, live, ids); len(changes) > 0 {
		t.Errorf("as wanted: %v", changes)
	}
	other := *asked
	other.TargetValue, other.DisableScaleIn = aws.Float64(50), aws.Bool(true)
	live.TargetTrackingConfiguration, live.Enabled = &other, aws.Bool(false)
	changes := diffPolicy(spec, live, ids)
	if len(changes) != 2 || resource.NeedsReplacement(changes) || !strings.Contains(changes[0].String(), "50 of app/shop-alb/50dc6c495c0c9188/targetgroup/shop-web/73e2d6bc24d8a067, never in → ") {
		t.Errorf("changed by hand: %v", changes)
	}
	group, policy, ok := parsePolicyARN("arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:0b6b:autoScalingGroupName/shop-web:policyName/shop-web")
	if group != "shop-web" || policy != "shop-web" || !ok {
		t.Errorf("group %q, policy %q, %t", group, policy, ok)
	}
}

func TestPolicyTags_NameHasKeyAndGeneration(t *testing.T) {
	for name, want := range map[string]string{
		"shop-web":    "scaling-policy/web 1",
		"shop-web-2":  "scaling-policy/web 2",
		"shop-web-12": "scaling-policy/web 12",
		"shop-web-1":  "scaling-policy/web-1 1", // no generation is written so
		"shop-web-02": "scaling-policy/web-02 1",
		"shop-2":      "scaling-policy/2 1",
		"web":         " ",
	} {
		tags := policyTags(awsapi.Owner{Platform: "shop"}, name)
		if got := tags[awsapi.TagKey] + " " + tags[awsapi.TagGeneration]; got != want || tags[awsapi.TagPlatform] != "shop" {
			t.Errorf("%s: %q of platform %q, want %q", name, got, tags[awsapi.TagPlatform], want)
		}
	}
}

// TestGroupKind_RetriesWhileAutoScalingHasNotHeard knows apart what comes by itself, and what never does.
func TestGroupKind_RetriesWhileAutoScalingHasNotHeard(t *testing.T) {
	const template = "You must use a valid fully-formed launch template. "
	for message, again := range map[string]bool{
		template + "The specified launch template, with template ID lt-1, does not exist.":                                true,
		template + "Value (shop-web) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name": true,
		template + "The security group 'sg-1' does not exist":                                                             true,
		template + "Could not find the specified version 2 for the launch template with ID lt-1.":                         true,
		"The subnet ID 'subnet-1' does not exist":                                                                         true,
		"Provided Target Groups may not be valid. Please ensure they exist and try again.":                                true,
		"AutoScalingGroup name not found - AutoScalingGroup shop-web not found":                                           true,
		template + "The image id '[ami-1]' does not exist":                                                                false,
		template + "You are not authorized to perform this operation.":                                                    false,
		"Max bound, 1, must be greater than or equal to min bound, 2":                                                     false,
	} {
		err := &smithy.GenericAPIError{Code: codeValidation, Message: message}
		if got := slices.ContainsFunc(GroupKind().Propagating, func(r awsapi.Refusal) bool { return r.Matches(err) }); got != again {
			t.Errorf("%s: is it tried again: %t, want %t", message, got, again)
		}
	}
}
