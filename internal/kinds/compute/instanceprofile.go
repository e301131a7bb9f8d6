package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// InstanceProfile hands a role to instances.
type InstanceProfile struct {
	// Role is the one role in the profile; IAM allows no second.
	Role resource.Ref
}

// Refs implements resource.Spec.
func (p InstanceProfile) Refs() []resource.Ref { return []resource.Ref{p.Role} }

// InstanceProfileKind is the kind "instance-profile". Its ID is the profile's
// name.
func InstanceProfileKind() resource.Kind[InstanceProfile, iamtypes.InstanceProfile] {
	return resource.Kind[InstanceProfile, iamtypes.InstanceProfile]{
		Traits: resource.Traits{
			Name:       "instance-profile",
			TagCommand: "iam tag-instance-profile --instance-profile-name {id} --tags Key={tag},Value={value}",
			Actions: resource.Actions{
				Read:   []string{"iam:GetInstanceProfile"},
				Make:   []string{"iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:TagInstanceProfile"},
				Change: []string{"iam:RemoveRoleFromInstanceProfile"},
				Delete: []string{"iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"},
				On:     arnOf("instance-profile"),
			},
			Compared: []resource.Field{
				resource.Identity("InstanceProfileName", "InstanceProfileId", "Arn", "Path", "CreateDate", "Tags"),
				{Name: "role", Of: []string{"Roles"}, How: resource.Repaired, Why: "it decides what a program on the instances may do"},
			},
			Unplaceable: unplaceable("instance profile", func(ctx context.Context, c *awsapi.Clients, name string) ([]iamtypes.Tag, error) {
				profile, err := getInstanceProfile(ctx, c, name)
				return profile.Tags, err
			}),
			Removal: resource.Removal{Delete: deleteInstanceProfile, Foreign: foreignProfiles},
		},
		Reading: resource.Reading[iamtypes.InstanceProfile]{
			List:   listInstanceProfiles,
			ID:     func(p iamtypes.InstanceProfile) string { return aws.ToString(p.InstanceProfileName) },
			Tags:   func(p iamtypes.InstanceProfile) map[string]string { return awsapi.FromIAM(p.Tags) },
			Status: func(iamtypes.InstanceProfile) resource.Status { return resource.Status{Phase: resource.Ready} },
			Since:  func(p iamtypes.InstanceProfile) time.Time { return aws.ToTime(p.CreateDate) },
		},
		Writing: resource.Writing[InstanceProfile, iamtypes.InstanceProfile]{
			Diff:   diffInstanceProfile,
			Create: createInstanceProfile,
			AsCreated: func(_ resource.Call[InstanceProfile], name string) iamtypes.InstanceProfile {
				return iamtypes.InstanceProfile{InstanceProfileName: &name}
			},
			Update:         updateInstanceProfile,
			Retag:          retagInstanceProfile,
			DeleteObserved: deleteObservedInstanceProfile,
		},
	}
}

func listInstanceProfiles(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]iamtypes.InstanceProfile, error) {
	return ofEach(ctx, c, owner, func(ctx context.Context, name string) ([]iamtypes.InstanceProfile, error) {
		profile, err := getInstanceProfile(ctx, c, name)
		switch {
		case awsapi.IsNotFound(err):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return []iamtypes.InstanceProfile{profile}, nil
	})
}

func getInstanceProfile(ctx context.Context, c *awsapi.Clients, name string) (iamtypes.InstanceProfile, error) {
	return awsapi.Once(ctx, c, "instance profile "+name, func(ctx context.Context, c *awsapi.Clients) (iamtypes.InstanceProfile, error) {
		out, err := c.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
		if err != nil {
			return iamtypes.InstanceProfile{}, err
		}
		return *out.InstanceProfile, nil
	})
}

func roleNames(profile iamtypes.InstanceProfile) []string {
	var names []string
	for _, role := range profile.Roles {
		names = append(names, aws.ToString(role.RoleName))
	}
	return names
}

func diffInstanceProfile(spec InstanceProfile, live iamtypes.InstanceProfile, ids resource.IDs) []resource.Change {
	return resource.CompareSets("role", []string{ids.Of(spec.Role)}, roleNames(live))
}

func createInstanceProfile(ctx context.Context, call resource.Call[InstanceProfile]) (string, error) {
	if err := checkIdentityName(call.Key); err != nil {
		return "", err
	}
	name := identity(call.Owner)
	_, err := call.Clients.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{
		InstanceProfileName: &name,
		Path:                aws.String(identityPath),
		Tags:                awsapi.IAMTags(call.Tags),
	})
	if !awsapi.HasCode(err, codeEntityAlreadyExists) {
		return name, err
	}
	profile, getErr := getInstanceProfile(ctx, call.Clients, name)
	if getErr != nil {
		return "", fmt.Errorf("look at the instance profile %s, whose name is taken: %w", name, getErr)
	}
	if tags := awsapi.FromIAM(profile.Tags); !call.Owner.Owns(tags) || tags[awsapi.TagKey] != call.Key.String() {
		return "", foreign("instance profile", name, call.Owner, err)
	}
	call.Unconfirmed()
	return name, nil
}

// codeLimitExceeded is how IAM refuses a second role in a profile.
// Source: IAM API Reference, AddRoleToInstanceProfile.
const codeLimitExceeded = "LimitExceeded"

// updateInstanceProfile makes the role the profile's only one. A profile holds one
// role at most, so that another one goes first. Adding is also refused
// where the role is there already, by a call whose reply was lost, and where another
// is that AWS didn't show.
func updateInstanceProfile(ctx context.Context, call resource.Call[InstanceProfile], live iamtypes.InstanceProfile, _ []resource.Change) error {
	want, have := call.IDs.Of(call.Spec.Role), roleNames(live)
	for refused := false; ; refused = true {
		for _, role := range without(have, []string{want}) {
			if err := removeRole(ctx, call.Clients, call.ID, role); err != nil {
				return err
			}
		}
		if slices.Contains(have, want) {
			return nil
		}
		_, err := call.Clients.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{
			InstanceProfileName: &call.ID, RoleName: &want,
		})
		if err == nil {
			return nil
		}
		err = fmt.Errorf("add role %s to instance profile %s: %w", want, call.ID, err)
		if awsapi.Code(err) != codeLimitExceeded {
			return err
		}
		now, getErr := getInstanceProfile(ctx, call.Clients, call.ID)
		if have = roleNames(now); getErr != nil || len(have) == 0 || refused && !slices.Contains(have, want) {
			return &awsapi.Unseen{Err: err}
		}
	}
}

func retagInstanceProfile(ctx context.Context, c *awsapi.Clients, name string, tags map[string]string) error {
	_, err := c.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: &name, Tags: awsapi.IAMTags(tags)})
	return err
}

func deleteInstanceProfile(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	profile, err := getInstanceProfile(ctx, c, record.ID)
	if err != nil {
		return err
	}
	return deleteObservedInstanceProfile(ctx, c, record, profile)
}

// deleteObservedInstanceProfile takes out the role first, as IAM demands.
func deleteObservedInstanceProfile(ctx context.Context, c *awsapi.Clients, record resource.Record, profile iamtypes.InstanceProfile) error {
	for _, role := range roleNames(profile) {
		if err := removeRole(ctx, c, record.ID, role); err != nil {
			return err
		}
	}
	_, err := c.IAM.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &record.ID})
	return err
}

func removeRole(ctx context.Context, c *awsapi.Clients, profile, role string) error {
	_, err := c.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: &profile, RoleName: &role,
	})
	if err != nil && !awsapi.IsNotFound(err) {
		return fmt.Errorf("remove role %s from instance profile %s: %w", role, profile, err)
	}
	return nil
}

// profileName is the name at the end of an instance profile's ARN.
func profileName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
