package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// protection is one way in which an instance can be protected.
type protection struct {
	attribute types.InstanceAttributeName
	// name is what people call it, and off the flag of the AWS CLI that ends it.
	name, off string
	on        func(*ec2.DescribeInstanceAttributeOutput) *types.AttributeBooleanValue
}

func termination() protection {
	return protection{types.InstanceAttributeNameDisableApiTermination, "termination protection", "--no-disable-api-termination",
		func(out *ec2.DescribeInstanceAttributeOutput) *types.AttributeBooleanValue {
			return out.DisableApiTermination
		}}
}

func stopping() protection {
	return protection{types.InstanceAttributeNameDisableApiStop, "stop protection", "--no-disable-api-stop",
		func(out *ec2.DescribeInstanceAttributeOutput) *types.AttributeBooleanValue { return out.DisableApiStop }}
}

// attributesAtOnce is how many attributes are asked for at the same time.
const attributesAtOnce = 8

// protectedInstances names those that AWS refuses to terminate: stop protection keeps an
// instance from being terminated, too.
// Source: Amazon EC2 User Guide, "Enable stop protection for your EC2 instances".
func protectedInstances(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	ids := make([]string, len(objects))
	for i, object := range objects {
		ids[i] = object.ID
	}
	blockers, err := protectedBy(ctx, c, ids, termination(), stopping())
	names := map[string]string{}
	for _, object := range objects {
		names[object.ID] = object.Tags[awsapi.TagName]
	}
	for i := range blockers {
		blockers[i].Name = names[blockers[i].ID]
	}
	return blockers, err
}

// StopProtected names those of some instances that AWS refuses to stop.
func StopProtected(ctx context.Context, c *awsapi.Clients, ids []string) ([]resource.Blocker, error) {
	return protectedBy(ctx, c, ids, stopping())
}

// protectedBy asks for each attribute of each instance: no list of AWS has them.
func protectedBy(ctx context.Context, c *awsapi.Clients, ids []string, protections ...protection) ([]resource.Blocker, error) {
	answers := make([]bool, len(ids)*len(protections)) // each question writes its own
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(attributesAtOnce)
	for i, id := range ids {
		for j, p := range protections {
			group.Go(func() error {
				out, err := c.EC2.DescribeInstanceAttribute(together, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: p.attribute})
				if awsapi.IsNotFound(err) {
					return nil
				}
				if err != nil {
					return err
				}
				value := p.on(out)
				answers[i*len(protections)+j] = value != nil && aws.ToBool(value.Value)
				return nil
			})
		}
	}
	err := group.Wait()
	var blockers []resource.Blocker
	for i, id := range ids {
		for j, p := range protections {
			if answers[i*len(protections)+j] {
				blockers = append(blockers, resource.Blocker{
					Type: "instance", ID: id, Protection: p.name,
					Lift: c.Command("ec2 modify-instance-attribute --instance-id " + id + " " + p.off),
				})
			}
		}
	}
	return blockers, err
}

// ownProfile is the instance profile of a platform's role: both have its identity for a name.
func ownProfile(role string) string { return role }

// profilesWith are the names of the instance profiles that a role is in.
func profilesWith(ctx context.Context, c *awsapi.Clients, role string) ([]string, error) {
	pages := iam.NewListInstanceProfilesForRolePaginator(c.IAM, &iam.ListInstanceProfilesForRoleInput{RoleName: &role})
	return awsapi.Collect(ctx, pages, func(page *iam.ListInstanceProfilesForRoleOutput) []string {
		names := make([]string, len(page.InstanceProfiles))
		for i, profile := range page.InstanceProfiles {
			names[i] = aws.ToString(profile.InstanceProfileName)
		}
		return names
	})
}

// roleBlockers are the instance profiles of others that a role is in: IAM doesn't delete it
// before it is taken out of them.
func roleBlockers(ctx context.Context, c *awsapi.Clients, role string) ([]resource.Blocker, error) {
	profiles, err := profilesWith(ctx, c, role)
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	var blockers []resource.Blocker
	for _, profile := range without(profiles, []string{ownProfile(role)}) {
		blockers = append(blockers, resource.Blocker{
			Type: "instance profile", ID: profile, Notes: []string{"it has the role"},
			Lift: c.Command("iam remove-role-from-instance-profile --instance-profile-name " + profile + " --role-name " + role),
		})
	}
	return blockers, err
}

// protectedRoles names those that somebody else's instance profile has: who put the role there
// takes it out.
func protectedRoles(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	var blockers []resource.Blocker
	for _, object := range objects {
		profiles, err := roleBlockers(ctx, c, object.ID)
		if err != nil {
			return nil, err
		}
		for _, profile := range profiles {
			blockers = append(blockers, resource.Blocker{
				Type: "role", ID: object.ID, Protection: "in the instance profile " + profile.ID, Lift: profile.Lift,
			})
		}
	}
	return blockers, nil
}

// dryRunTerminate asks whether the caller may terminate an instance.
func dryRunTerminate(ctx context.Context, c *awsapi.Clients, object resource.Object) error {
	_, err := c.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{object.ID}, DryRun: aws.Bool(true)})
	return err
}
