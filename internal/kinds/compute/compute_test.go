package compute

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/platformctl/platformctl/internal/resource"
)

func TestArchitecture(t *testing.T) {
	for instanceType, want := range map[string]string{
		"t2.micro": archX86, "t3.micro": archX86, "t3a.small": archX86, "m6i.large": archX86, "m7i-flex.large": archX86,
		"g4dn.xlarge": archX86, "g5.xlarge": archX86, "i4i.large": archX86, "u-6tb1.metal": archX86, "gr6.4xlarge": archX86,
		"t4g.small": archArm, "m7g.large": archArm, "m6gd.large": archArm, "c7gn.large": archArm,
		"im4gn.large": archArm, "is4gen.large": archArm, "g5g.xlarge": archArm, "x2gd.large": archArm, "hpc7g.4xlarge": archArm,
	} {
		if got := architecture(instanceType); got != want {
			t.Errorf("%s: %s, want %s", instanceType, got, want)
		}
	}
	if got, want := ImageParameter("t4g.small"), "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"; got != want {
		t.Errorf("parameter %s, want %s", got, want)
	}
}

func TestSameTrustPolicy(t *testing.T) {
	want := trustPolicy("ec2.amazonaws.com")
	for name, test := range map[string]struct {
		live string
		same bool
	}{
		"as it is":                {want, true},
		"URL-encoded":             {url.PathEscape(want), true},
		"other order and lists":   {`{"Statement":[{"Action":["sts:AssumeRole"],"Principal":{"Service":["ec2.amazonaws.com"]},"Effect":"Allow"}],"Version":"2012-10-17"}`, true},
		"a lone statement":        {`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`, true},
		"with spaces":             {" " + strings.ReplaceAll(want, ",", ", "), true},
		"of China":                {trustPolicy("ec2.amazonaws.com.cn"), false},
		"with one more statement": {strings.Replace(want, "[{", `[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{`, 1), false},
		"with a condition":        {strings.Replace(want, `"Action"`, `"Condition":{},"Action"`, 1), false},
		"empty":                   {"", false},
		"badly encoded":           {"%zz", false},
	} {
		if got := sameTrustPolicy(want, test.live); got != test.same {
			t.Errorf("%s: same is %v", name, got)
		}
	}
}

func TestDiffRole(t *testing.T) {
	spec := Role{TrustedService: "ec2.amazonaws.com", Policies: []string{"b", "a"}}
	live := LiveRole{
		Role:     iamtypes.Role{AssumeRolePolicyDocument: aws.String(url.PathEscape(trustPolicy("ec2.amazonaws.com")))},
		Attached: []string{"a", "b"},
	}
	expect(t, diffRole(spec, live, resource.IDs{}))
	live.Attached = []string{"a", "c"}
	expect(t, diffRole(spec, live, resource.IDs{}), "attached policies: a, c → a, b")
	live.AssumeRolePolicyDocument = nil
	live.Attached = nil
	expect(t, diffRole(spec, live, resource.IDs{}),
		"attached policies: none → a, b", "trust policy: another policy → ec2.amazonaws.com")
	live.Inline = []string{"by-hand"}
	live.PermissionsBoundary = &iamtypes.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}
	expect(t, diffRole(spec, live, resource.IDs{}),
		"attached policies: none → a, b", "inline policies: by-hand → none",
		"permissions boundary: arn:aws:iam::aws:policy/ReadOnlyAccess → none", "trust policy: another policy → ec2.amazonaws.com")
}

// expect compares changes in the form that people read, with "!" in front of
// those that need a replacement.
func expect(t *testing.T, changes []resource.Change, want ...string) {
	t.Helper()
	var got []string
	for _, c := range changes {
		s := c.String()
		if c.Replace {
			s = "!" + s
		}
		got = append(got, s)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func instanceIn(state types.InstanceStateName) types.Instance {
	return types.Instance{State: &types.InstanceState{Name: state}}
}

func TestInstanceStatus(t *testing.T) {
	for state, want := range map[types.InstanceStateName]resource.Status{
		types.InstanceStateNamePending:      {Phase: resource.Pending, Reason: "pending"},
		types.InstanceStateNameRunning:      {Phase: resource.Ready},
		types.InstanceStateNameStopping:     {Phase: resource.Pending, Reason: "stopping"},
		types.InstanceStateNameStopped:      {Phase: resource.Pending, Reason: "stopped"},
		types.InstanceStateNameShuttingDown: {Phase: resource.Deleting, Reason: "shutting-down"},
		types.InstanceStateNameTerminated:   {Phase: resource.Gone, Reason: "terminated"},
	} {
		if got := instanceStatus(instanceIn(state)); got != want {
			t.Errorf("%s: %+v, want %+v", state, got, want)
		}
	}
	ended := instanceIn(types.InstanceStateNameTerminated)
	ended.StateReason = &types.StateReason{Message: aws.String("Client.InternalError: Client error on launch")}
	if got, want := instanceStatus(ended).Reason, "terminated: Client.InternalError: Client error on launch"; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	if got := instanceStatus(types.Instance{}).Phase; got != resource.Pending {
		t.Errorf("without a state: %s", got)
	}
}

func TestDiffInstance(t *testing.T) {
	var g resource.Graph
	add := func(kind string) resource.Ref {
		return resource.Add(&g, resource.Kind[Role, any]{Traits: resource.Traits{Name: kind}}, "x", Role{})
	}
	spec := Instance{
		ImageID: "ami-new", Type: "t3.micro", UserData: []byte("#cloud-config\n"),
		Subnet: add("subnet"), Profile: add("instance-profile"), Groups: []resource.Ref{add("security-group")},
	}
	ids := resource.ResolveFor(spec, map[resource.Key]string{
		spec.Subnet.Key(): "subnet-1", spec.Profile.Key(): "shop-us-east-1-web", spec.Groups[0].Key(): "sg-1",
	})
	live := func(change func(*types.Instance)) types.Instance {
		i := instanceIn(types.InstanceStateNameRunning)
		i.ImageId, i.InstanceType, i.SubnetId = aws.String("ami-old"), "t3.micro", aws.String("subnet-1")
		i.IamInstanceProfile = &types.IamInstanceProfile{Arn: aws.String("arn:aws:iam::123456789012:instance-profile/shop-us-east-1-web")}
		i.SecurityGroups = []types.GroupIdentifier{{GroupId: aws.String("sg-1")}}
		i.MetadataOptions = &types.InstanceMetadataOptionsResponse{
			HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1), InstanceMetadataTags: "disabled",
		}
		i.Tags = []types.Tag{{Key: aws.String(tagUserData), Value: aws.String(digest(spec.UserData))}}
		change(&i)
		return i
	}
	for name, test := range map[string]struct {
		change func(*types.Instance)
		want   []string
	}{
		"nothing, the image being pinned": {func(*types.Instance) {}, nil},
		"type":                            {func(i *types.Instance) { i.InstanceType = "t3.nano" }, []string{"!instance type: t3.nano → t3.micro"}},
		"subnet":                          {func(i *types.Instance) { i.SubnetId = aws.String("subnet-2") }, []string{"!subnet: subnet-2 → subnet-1"}},
		"no profile":                      {func(i *types.Instance) { i.IamInstanceProfile = nil }, []string{"!instance profile: none → shop-us-east-1-web"}},
		"user data": {func(i *types.Instance) { i.Tags[0].Value = aws.String("0") },
			[]string{"!user data: not what the configuration and this version of platformctl make of it"}},
		"groups": {func(i *types.Instance) {
			i.SecurityGroups = append(i.SecurityGroups, types.GroupIdentifier{GroupId: aws.String("sg-2")})
		}, []string{"security groups: sg-1, sg-2 → sg-1"}},
		"metadata": {func(i *types.Instance) { i.MetadataOptions.HttpTokens = "optional" },
			[]string{"metadata options: endpoint enabled, tokens optional, hop limit 1, tags disabled → " + wantedMetadata}},
		"metadata that answers over hops": {func(i *types.Instance) { i.MetadataOptions.HttpPutResponseHopLimit = aws.Int32(2) },
			[]string{"metadata options: endpoint enabled, tokens required, hop limit 2, tags disabled → " + wantedMetadata}},
		"metadata with tags": {func(i *types.Instance) { i.MetadataOptions.InstanceMetadataTags = "enabled" },
			[]string{"metadata options: endpoint enabled, tokens required, hop limit 1, tags enabled → " + wantedMetadata}},
		"metadata that is off is kept": {func(i *types.Instance) {
			i.MetadataOptions.HttpEndpoint, i.MetadataOptions.HttpTokens = "disabled", "optional"
		}, nil},
		"a packet for another": {func(i *types.Instance) { i.SourceDestCheck = aws.Bool(false) }, []string{"source/destination check: false → true"}},
		"the check on":         {func(i *types.Instance) { i.SourceDestCheck = aws.Bool(true) }, nil},
		"stopped":              {func(i *types.Instance) { i.State.Name = "stopped" }, []string{"state: stopped → running"}},
		"stopping":             {func(i *types.Instance) { i.State.Name = "stopping" }, []string{"state: stopping → running"}},
		"terminated": {func(i *types.Instance) {
			*i = instanceIn(types.InstanceStateNameTerminated) // AWS forgets the rest
		}, nil},
	} {
		t.Run(name, func(t *testing.T) { expect(t, diffInstance(spec, live(test.change), ids), test.want...) })
	}
	if digest([]byte("a")) == digest([]byte("b")) || len(digest(nil)) != 16 {
		t.Error("the digest of the user data doesn't tell user data apart in 16 characters")
	}
	spec.Follow = true
	expect(t, diffInstance(spec, live(func(*types.Instance) {}), ids), "!image: ami-old → ami-new")
}

func TestKeptOfInstance(t *testing.T) {
	for name, test := range map[string]struct {
		live types.Instance
		want []string
	}{
		"as made":            {types.Instance{Monitoring: &types.Monitoring{State: "disabled"}, NetworkInterfaces: make([]types.InstanceNetworkInterface, 1)}, nil},
		"nothing listed":     {types.Instance{}, nil},
		"no metadata":        {types.Instance{MetadataOptions: &types.InstanceMetadataOptionsResponse{HttpEndpoint: "disabled"}}, []string{"metadata endpoint: disabled → enabled"}},
		"monitored":          {types.Instance{Monitoring: &types.Monitoring{State: "enabled"}}, []string{"detailed monitoring: enabled → disabled"}},
		"a second interface": {types.Instance{NetworkInterfaces: make([]types.InstanceNetworkInterface, 2)}, []string{"network interfaces: 2 → 1"}},
	} {
		t.Run(name, func(t *testing.T) { expect(t, keptOfInstance(Instance{}, test.live), test.want...) })
	}
}
