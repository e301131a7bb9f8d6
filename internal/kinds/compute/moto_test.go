package compute_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

const (
	ssmPolicy   = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
	otherPolicy = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
	otherTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

func TestConformance_OnMoto(t *testing.T) {
	endpoint := kindtest.Moto(t)
	t.Run("conform", func(t *testing.T) { conform(t, endpoint, "instance") })
	t.Run("a name that is taken", func(t *testing.T) { nameTaken(t, endpoint) })
}

func TestConformance_LocalCloud(t *testing.T) {
	endpoint := localcloudtest.Start(t).Endpoint
	t.Run("conform", func(t *testing.T) { conform(t, endpoint) })
	t.Run("a name that is taken", func(t *testing.T) { nameTaken(t, endpoint) })
}

// conform takes the kinds through their life. IgnoresTokens are those whose client tokens the endpoint ignores.
func conform(t *testing.T, endpoint string, ignoring ...string) {
	p := kindtest.New(t, endpoint, "shop")
	p.IgnoresTokens = ignoring
	network := p.MakeNetwork(t)
	image, err := compute.LatestImage(t.Context(), p.Clients, compute.ImageParameter("t3.micro"))
	if err != nil {
		t.Fatal(err)
	}

	g := &resource.Graph{}
	subnet := p.Existing(g, "subnet", "private-a", network.Subnets[0])
	group := p.Existing(g, "security-group", "web", network.Group)
	role := resource.Add(g, compute.RoleKind(), compute.IdentityName, compute.Role{
		TrustedService: "ec2.amazonaws.com", Policies: []string{ssmPolicy}, Description: "instances of shop",
	})
	profile := resource.Add(g, compute.InstanceProfileKind(), compute.IdentityName, compute.InstanceProfile{Role: role})
	instance := resource.Add(g, compute.InstanceKind(), "web-1", compute.Instance{
		ImageID: image, Type: "t3.micro", Subnet: subnet, Groups: []resource.Ref{group}, Profile: profile,
		UserData: []byte("#cloud-config\n"),
	})

	p.Conform(t, g, func(t *testing.T) {
		id := p.IDs[instance.Key()]
		t.Run("as it was asked for", func(t *testing.T) { isAsAskedFor(t, p, id) })
		t.Run("calls", func(t *testing.T) { countCalls(t, p) })

		drift := func(name, field string, act func() error, node resource.Ref) {
			t.Run(name, func(t *testing.T) {
				if err := act(); err != nil {
					t.Fatal(err)
				}
				expectDrift(t, p, g.Node(node.Key()), field)
			})
		}
		drift("stopped", "state", func() error {
			if _, err := p.Clients.EC2.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{id}}); err != nil {
				return err
			}
			const tick, patience = 20 * time.Millisecond, 30 * time.Second
			stopped := ec2.NewInstanceStoppedWaiter(p.Clients.EC2, func(o *ec2.InstanceStoppedWaiterOptions) { o.MinDelay, o.MaxDelay = tick, tick })
			return stopped.Wait(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}}, patience)
		}, instance)
		drift("in another group", "security groups", func() error {
			_, err := p.Clients.EC2.ModifyInstanceAttribute(t.Context(), &ec2.ModifyInstanceAttributeInput{
				InstanceId: &id, Groups: []string{network.OtherGroup},
			})
			return err
		}, instance)
		drift("metadata without a token", "metadata options", func() error {
			_, err := p.Clients.EC2.ModifyInstanceMetadataOptions(t.Context(), &ec2.ModifyInstanceMetadataOptionsInput{
				InstanceId: &id, HttpTokens: types.HttpTokensStateOptional,
			})
			return err
		}, instance)
		drift("packets for others let through", "source/destination check", func() error {
			_, err := p.Clients.EC2.ModifyInstanceAttribute(t.Context(), &ec2.ModifyInstanceAttributeInput{
				InstanceId: &id, SourceDestCheck: &types.AttributeBooleanValue{Value: aws.Bool(false)},
			})
			return err
		}, instance)
		drift("an inline policy", "inline policies", func() error {
			_, err := p.Clients.IAM.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
				RoleName: aws.String(p.IDs[role.Key()]), PolicyName: aws.String("by-hand"),
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
			})
			return err
		}, role)
		drift("a permissions boundary", "permissions boundary", func() error {
			_, err := p.Clients.IAM.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{
				RoleName: aws.String(p.IDs[role.Key()]), PermissionsBoundary: aws.String(otherPolicy),
			})
			return err
		}, role)
		t.Run("a metadata service that is off stays off", func(t *testing.T) {
			off := &ec2.ModifyInstanceMetadataOptionsInput{InstanceId: &id, HttpEndpoint: types.InstanceMetadataEndpointStateDisabled}
			if _, err := p.Clients.EC2.ModifyInstanceMetadataOptions(t.Context(), off); err != nil {
				t.Fatal(err)
			}
			if changes := p.Diff(t, g.Node(instance.Key())); len(changes) > 0 {
				t.Errorf("drift: %v", changes)
			}
		})
		drift("one policy more, one less", "attached policies", func() error {
			name := p.IDs[role.Key()]
			if _, err := p.Clients.IAM.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(ssmPolicy)}); err != nil {
				return err
			}
			_, err := p.Clients.IAM.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: aws.String(otherPolicy)})
			return err
		}, role)
		drift("trusting another service", "trust policy", func() error {
			_, err := p.Clients.IAM.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
				RoleName:       aws.String(p.IDs[role.Key()]),
				PolicyDocument: aws.String(otherTrust),
			})
			return err
		}, role)
		drift("a profile without its role", "role", func() error {
			_, err := p.Clients.IAM.RemoveRoleFromInstanceProfile(t.Context(), &iam.RemoveRoleFromInstanceProfileInput{
				InstanceProfileName: aws.String(p.IDs[profile.Key()]), RoleName: aws.String(p.IDs[role.Key()]),
			})
			return err
		}, profile)

		t.Run("a role in a profile of somebody else's", func(t *testing.T) { inForeignProfile(t, p, g.Node(role.Key())) })
		t.Run("a role with an inline policy is deleted all the same", func(t *testing.T) {
			// The deletion that follows meets it.
			_, err := p.Clients.IAM.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
				RoleName: aws.String(p.IDs[role.Key()]), PolicyName: aws.String("by-hand"),
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		t.Run("status checks", func(t *testing.T) {
			impaired, err := awsapi.ImpairedChecks(t.Context(), p.Clients, id)
			if err != nil || impaired != "" {
				t.Errorf("of a healthy instance: %q, %v", impaired, err)
			}
			if _, err := awsapi.ImpairedChecks(t.Context(), p.Clients, "i-0123456789abcdef0"); !awsapi.IsNotFound(err) {
				t.Errorf("of an instance that isn't there: %v", err)
			}
		})
		t.Run("console", func(t *testing.T) {
			if _, err := awsapi.ConsoleOutput(t.Context(), p.Clients, id); err != nil {
				t.Error(err)
			}
			if _, err := awsapi.ConsoleOutput(t.Context(), p.Clients, "i-0123456789abcdef0"); !awsapi.IsNotFound(err) {
				t.Errorf("the console of an instance that isn't there: %v", err)
			}
		})
	})
}

// expectDrift expects exactly one changed field, and that an update restores it.
func expectDrift(t *testing.T, p *kindtest.Platform, node *resource.Node, field string) {
	t.Helper()
	changes := p.Diff(t, node)
	if len(changes) != 1 || changes[0].Field != field || changes[0].Replace {
		t.Fatalf("changes: %v, want one of %q", changes, field)
	}
	p.Settle(t, node)
}

// isAsAskedFor checks what no Diff compares.
func isAsAskedFor(t *testing.T, p *kindtest.Platform, id string) {
	out, err := p.Clients.EC2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	instance := out.Reservations[0].Instances[0]
	if instance.PublicIpAddress != nil {
		t.Errorf("it has the public address %s", *instance.PublicIpAddress)
	}
	if len(instance.BlockDeviceMappings) != 1 {
		t.Fatalf("its volumes: %+v", instance.BlockDeviceMappings)
	}
	volumes, err := p.Clients.EC2.DescribeVolumes(t.Context(), &ec2.DescribeVolumesInput{
		VolumeIds: []string{*instance.BlockDeviceMappings[0].Ebs.VolumeId},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := volumes.Volumes[0]
	if !aws.ToBool(v.Encrypted) || v.VolumeType != types.VolumeTypeGp3 || aws.ToInt32(v.Size) != 8 { // as the image has it
		t.Errorf("its root volume: encrypted %v, type %s, %d GiB", aws.ToBool(v.Encrypted), v.VolumeType, aws.ToInt32(v.Size))
	}
	if !p.Owner.Owns(awsapi.FromEC2(v.Tags)) {
		t.Errorf("its root volume has the tags %v", awsapi.FromEC2(v.Tags))
	}
}

// countCalls pins what one look at all kinds costs.
func countCalls(t *testing.T, p *kindtest.Platform) {
	for want, kinds := range map[int][]resource.Handler{
		5: compute.Kinds(), // two of them for the role's policies, attached and inline
		4: resource.WithBasicLists(compute.Kinds()),
	} {
		before := p.Clients.Ledger.Calls()
		snapshot := p.Clients.Snapshot()
		for _, kind := range kinds {
			if _, err := kind.Observe(t.Context(), snapshot, p.Owner); err != nil {
				t.Fatal(err)
			}
		}
		if calls := p.Clients.Ledger.Calls() - before; calls != want {
			t.Errorf("looking at all kinds took %d calls, want %d: %v", calls, want, p.Clients.Ledger.ByOperation())
		}
	}
}

// inForeignProfile puts the role into a profile of somebody else's, which neither is taken for ours nor loses the role
// to a deletion.
func inForeignProfile(t *testing.T, p *kindtest.Platform, node *resource.Node) {
	name, foreign := p.IDs[node.Key], "somebody-elses"
	objects, err := node.Handler.ObserveBasic(t.Context(), p.Clients.Snapshot(), p.Owner)
	if err != nil || len(objects) != 1 {
		t.Fatalf("list: %v, %v", objects, err)
	}
	protected := func() []resource.Blocker {
		t.Helper()
		blockers, err := node.Handler.Protected(t.Context(), p.Clients, objects)
		if err != nil {
			t.Fatal(err)
		}
		return blockers
	}
	if got := protected(); len(got) > 0 {
		t.Errorf("in its own profile alone it is protected: %v", got)
	}
	if _, err := p.Clients.IAM.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &foreign}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Clients.IAM.AddRoleToInstanceProfile(t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &foreign, RoleName: &name}); err != nil {
		t.Fatal(err)
	}
	want := p.Clients.Command("iam remove-role-from-instance-profile --instance-profile-name " + foreign + " --role-name " + name)
	if got := protected(); len(got) != 1 || got[0].ID != name || got[0].Protection != "in the instance profile "+foreign || got[0].Lift != want {
		t.Errorf("in somebody else's profile, too: %v, want that profile and %s", got, want)
	}
	if got, err := node.Handler.Blockers(t.Context(), p.Clients, name); err != nil || len(got) != 1 || got[0].ID != foreign {
		t.Errorf("what is in the way: %v, %v, want %s", got, err, foreign)
	}
	if _, err := p.Clients.IAM.RemoveRoleFromInstanceProfile(t.Context(), &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &foreign, RoleName: &name}); err != nil {
		t.Errorf("it was taken out: %v", err)
	}
	if _, err := p.Clients.IAM.DeleteInstanceProfile(t.Context(), &iam.DeleteInstanceProfileInput{InstanceProfileName: &foreign}); err != nil {
		t.Error(err)
	}
}

// TestDeleteRole_LeavesForeignProfile deletes a role that somebody else's profile has: it stays there.
func TestDeleteRole_LeavesForeignProfile(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	g := &resource.Graph{}
	role := resource.Add(g, compute.RoleKind(), compute.IdentityName, compute.Role{TrustedService: "ec2.amazonaws.com"})
	node := g.Node(role.Key())
	p.Make(t, node)
	name, foreign := p.IDs[node.Key], "somebody-elses"
	if _, err := p.Clients.IAM.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &foreign}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Clients.IAM.AddRoleToInstanceProfile(t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &foreign, RoleName: &name}); err != nil {
		t.Fatal(err)
	}
	if err := node.Handler.Delete(t.Context(), p.Clients, resource.Record{Key: node.Key, ID: name}); !awsapi.HasCode(err, "DeleteConflict") {
		t.Errorf("delete a role that somebody else's profile has: %v, want IAM's DeleteConflict", err)
	}
	out, err := p.Clients.IAM.GetInstanceProfile(t.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: &foreign})
	if err != nil || len(out.InstanceProfile.Roles) != 1 {
		t.Errorf("somebody else's profile: %+v, %v, want one with the role", out, err)
	}
}

func nameTaken(t *testing.T, endpoint string) {
	p := kindtest.New(t, endpoint, "mall")
	const name = "mall-us-east-1-web"
	_, err := p.Clients.IAM.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(otherTrust),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Clients.IAM.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	g := &resource.Graph{}
	role := resource.Add(g, compute.RoleKind(), compute.IdentityName, compute.Role{TrustedService: "ec2.amazonaws.com"})
	resource.Add(g, compute.InstanceProfileKind(), compute.IdentityName, compute.InstanceProfile{Role: role})
	for _, node := range g.Nodes() {
		if _, err := node.Handler.Create(t.Context(), p.Request(node)); !awsapi.HasCode(err, "EntityAlreadyExists") {
			t.Errorf("create %s where somebody else's has the name: %v", node.Key, err)
		}
		objects, err := node.Handler.Observe(t.Context(), p.Clients, p.Owner)
		if err != nil || len(objects) > 0 {
			t.Errorf("list %s: %v, %v, want nothing", node.Key, objects, err)
		}
	}
}

func TestCreate_RefusesSecondIdentity(t *testing.T) {
	g := &resource.Graph{}
	role := resource.Add(g, compute.RoleKind(), "another", compute.Role{})
	resource.Add(g, compute.InstanceProfileKind(), "another", compute.InstanceProfile{Role: role})
	for _, node := range g.Nodes() {
		request := resource.Request{Node: node, Owner: awsapi.Owner{Platform: "shop", Region: "us-east-1"}}
		if _, err := node.Handler.Create(t.Context(), request); err == nil {
			t.Errorf("%s was made, though no list would find it", node.Key)
		}
	}
}

func TestKinds_FollowDependencies(t *testing.T) {
	var names []string
	for _, kind := range compute.Kinds() {
		names = append(names, kind.Name)
	}
	if want := []string{"role", "instance-profile", "instance"}; !slices.Equal(names, want) {
		t.Errorf("kinds %v, want %v", names, want)
	}
}
