package compute

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Role is an IAM role that an AWS service may assume.
type Role struct {
	// TrustedService may assume the role, such as "ec2.amazonaws.com".
	TrustedService string
	// Policies are the ARNs of the managed policies that the role has. It has no others:
	// more are detached, inline ones deleted, and a permissions boundary is taken away.
	Policies []string
	// Description is what the console shows. It is set when the role is made.
	Description string
}

// Refs implements resource.Spec: a role is built on nothing.
func (Role) Refs() []resource.Ref { return nil }

// LiveRole is a role as IAM reports it.
type LiveRole struct {
	iamtypes.Role
	// Attached are the ARNs of its managed policies.
	Attached []string
	// Inline are the names of its inline policies.
	Inline []string
}

// The fields of a role that can change.
const (
	fieldTrust    = "trust policy"
	fieldPolicies = "attached policies"
	fieldInline   = "inline policies"
	fieldBoundary = "permissions boundary"
)

// RoleKind is the kind "role". Its ID is the role's name.
func RoleKind() resource.Kind[Role, LiveRole] {
	return resource.Kind[Role, LiveRole]{
		Traits: resource.Traits{
			Name:       "role",
			TagCommand: "iam tag-role --role-name {id} --tags Key={tag},Value={value}",
			Actions: resource.Actions{
				Read:   []string{"iam:GetRole", "iam:ListRoles", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:ListInstanceProfilesForRole"},
				Make:   []string{"iam:CreateRole", "iam:AttachRolePolicy", "iam:TagRole"},
				Change: []string{"iam:UpdateAssumeRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRolePermissionsBoundary"},
				Delete: []string{"iam:ListRolePolicies", "iam:ListInstanceProfilesForRole", "iam:DetachRolePolicy", "iam:DeleteRolePolicy", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteRole"},
				On:     arnOf("role"),
			},
			Compared: roleFields(),
			Unplaceable: unplaceable("role", func(ctx context.Context, c *awsapi.Clients, name string) ([]iamtypes.Tag, error) {
				role, err := getRole(ctx, c, name)
				return role.Tags, err
			}),
			Removal: resource.Removal{Delete: deleteRole, Blockers: roleBlockers, Foreign: foreignRoles, Protected: protectedRoles},
		},
		Reading: resource.Reading[LiveRole]{
			List:      listRoles,
			ListBasic: listBasicRoles,
			ID:        func(r LiveRole) string { return aws.ToString(r.RoleName) },
			Tags:      func(r LiveRole) map[string]string { return awsapi.FromIAM(r.Role.Tags) },
			Status:    func(LiveRole) resource.Status { return resource.Status{Phase: resource.Ready} },
			Since:     func(r LiveRole) time.Time { return aws.ToTime(r.CreateDate) },
		},
		Writing: resource.Writing[Role, LiveRole]{
			Diff:   diffRole,
			Create: createRole,
			AsCreated: func(call resource.Call[Role], name string) LiveRole {
				return LiveRole{Role: iamtypes.Role{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustPolicy(call.Spec.TrustedService))}}
			},
			Update:         updateRole,
			Retag:          retagRole,
			DeleteObserved: deleteObservedRole,
		},
	}
}

func listRoles(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveRole, error) {
	return ofEach(ctx, c, owner, func(ctx context.Context, name string) ([]LiveRole, error) { return readRole(ctx, c, name, true) })
}

// listBasicRoles leaves out the inline policies: IAM refuses to delete a role that has any, and
// Delete asks for them then.
func listBasicRoles(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveRole, error) {
	return ofEach(ctx, c, owner, func(ctx context.Context, name string) ([]LiveRole, error) { return readRole(ctx, c, name, false) })
}

// readRole is the role of a name; none where there is no such role.
func readRole(ctx context.Context, c *awsapi.Clients, name string, inline bool) ([]LiveRole, error) {
	role, err := getRole(ctx, c, name)
	live := LiveRole{Role: role}
	if err == nil {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() (err error) { live.Attached, err = attachedPolicies(ctx, c, name); return err })
		if inline {
			group.Go(func() (err error) { live.Inline, err = inlinePolicies(ctx, c, name); return err })
		}
		err = group.Wait()
	}
	switch {
	case awsapi.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []LiveRole{live}, nil
}

func getRole(ctx context.Context, c *awsapi.Clients, name string) (iamtypes.Role, error) {
	return awsapi.Once(ctx, c, "role "+name, func(ctx context.Context, c *awsapi.Clients) (iamtypes.Role, error) {
		out, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			return iamtypes.Role{}, err
		}
		return *out.Role, nil
	})
}

func attachedPolicies(ctx context.Context, c *awsapi.Clients, role string) ([]string, error) {
	pages := iam.NewListAttachedRolePoliciesPaginator(c.IAM, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	policies, err := awsapi.Collect(ctx, pages, func(page *iam.ListAttachedRolePoliciesOutput) []iamtypes.AttachedPolicy {
		return page.AttachedPolicies
	})
	var arns []string
	for _, policy := range policies {
		arns = append(arns, aws.ToString(policy.PolicyArn))
	}
	return arns, err
}

func inlinePolicies(ctx context.Context, c *awsapi.Clients, role string) ([]string, error) {
	pages := iam.NewListRolePoliciesPaginator(c.IAM, &iam.ListRolePoliciesInput{RoleName: &role})
	return awsapi.Collect(ctx, pages, func(page *iam.ListRolePoliciesOutput) []string { return page.PolicyNames })
}

// boundary is the ARN of a role's permissions boundary, "" where it has none.
func boundary(live LiveRole) string {
	if live.PermissionsBoundary == nil {
		return ""
	}
	return aws.ToString(live.PermissionsBoundary.PermissionsBoundaryArn)
}

func diffRole(spec Role, live LiveRole, _ resource.IDs) []resource.Change {
	changes := slices.Concat(
		resource.CompareSets(fieldPolicies, spec.Policies, live.Attached),
		resource.CompareSets(fieldInline, nil, live.Inline),
	)
	if have := boundary(live); have != "" {
		changes = append(changes, resource.Change{Field: fieldBoundary, Have: have})
	}
	if !sameTrustPolicy(trustPolicy(spec.TrustedService), aws.ToString(live.AssumeRolePolicyDocument)) {
		changes = append(changes, resource.Change{Field: fieldTrust, Want: spec.TrustedService, Have: "another policy"})
	}
	return changes
}

func createRole(ctx context.Context, call resource.Call[Role]) (string, error) {
	if err := checkIdentityName(call.Key); err != nil {
		return "", err
	}
	name := identity(call.Owner)
	_, err := call.Clients.IAM.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName:                 &name,
		Path:                     aws.String(identityPath),
		AssumeRolePolicyDocument: aws.String(trustPolicy(call.Spec.TrustedService)),
		Description:              aws.String(call.Spec.Description),
		Tags:                     awsapi.IAMTags(call.Tags),
	})
	if !awsapi.HasCode(err, codeEntityAlreadyExists) {
		return name, err
	}
	role, getErr := getRole(ctx, call.Clients, name)
	if getErr != nil {
		return "", fmt.Errorf("look at the role %s, whose name is taken: %w", name, getErr)
	}
	if tags := awsapi.FromIAM(role.Tags); !call.Owner.Owns(tags) || tags[awsapi.TagKey] != call.Key.String() {
		return "", foreign("role", name, call.Owner, err)
	}
	call.Unconfirmed()
	return name, nil
}

func updateRole(ctx context.Context, call resource.Call[Role], live LiveRole, changes []resource.Change) error {
	for _, change := range changes {
		switch change.Field {
		case fieldTrust:
			if _, err := call.Clients.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
				RoleName:       &call.ID,
				PolicyDocument: aws.String(trustPolicy(call.Spec.TrustedService)),
			}); err != nil {
				return fmt.Errorf("set the trust policy of role %s: %w", call.ID, err)
			}
		case fieldPolicies:
			for _, arn := range without(call.Spec.Policies, live.Attached) {
				if _, err := call.Clients.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
					RoleName: &call.ID, PolicyArn: &arn,
				}); err != nil {
					return fmt.Errorf("attach %s to role %s: %w", arn, call.ID, err)
				}
			}
			if err := detachPolicies(ctx, call.Clients, call.ID, without(live.Attached, call.Spec.Policies)); err != nil {
				return err
			}
		case fieldInline:
			if err := deleteInline(ctx, call.Clients, call.ID, live.Inline); err != nil {
				return err
			}
		case fieldBoundary:
			_, err := call.Clients.IAM.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &call.ID})
			if err != nil && !awsapi.IsNotFound(err) {
				return fmt.Errorf("take the permissions boundary from role %s: %w", call.ID, err)
			}
		}
	}
	return nil
}

func retagRole(ctx context.Context, c *awsapi.Clients, name string, tags map[string]string) error {
	_, err := c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: &name, Tags: awsapi.IAMTags(tags)})
	return err
}

// deleteRole removes all of its own that keeps a role from being deleted, and then the
// role.
func deleteRole(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	err := emptyRole(ctx, c, record.ID)
	if err == nil {
		_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &record.ID})
	}
	return err
}

// deleteObservedRole is for a role that is in no profile any more.
func deleteObservedRole(ctx context.Context, c *awsapi.Clients, record resource.Record, live LiveRole) error {
	err := detachPolicies(ctx, c, record.ID, live.Attached)
	if err == nil {
		err = deleteInline(ctx, c, record.ID, live.Inline)
	}
	if err == nil {
		_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &record.ID})
	}
	return err
}

func emptyRole(ctx context.Context, c *awsapi.Clients, role string) error {
	arns, err := attachedPolicies(ctx, c, role)
	if err != nil {
		return err
	}
	if err := detachPolicies(ctx, c, role, arns); err != nil {
		return err
	}
	inline, err := inlinePolicies(ctx, c, role)
	if err != nil {
		return err
	}
	if err := deleteInline(ctx, c, role, inline); err != nil {
		return err
	}
	profiles, err := profilesWith(ctx, c, role)
	if err != nil || !slices.Contains(profiles, ownProfile(role)) {
		return err
	}
	return removeRole(ctx, c, ownProfile(role), role)
}

func detachPolicies(ctx context.Context, c *awsapi.Clients, role string, arns []string) error {
	for _, arn := range arns {
		_, err := c.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("detach %s from role %s: %w", arn, role, err)
		}
	}
	return nil
}

func deleteInline(ctx context.Context, c *awsapi.Clients, role string, names []string) error {
	for _, name := range names {
		_, err := c.IAM.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &name})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("delete the inline policy %s of role %s: %w", name, role, err)
		}
	}
	return nil
}

// roleFields declares what is compared of a role.
func roleFields() []resource.Field {
	const who = "it decides what a program on the instances may do"
	return []resource.Field{
		resource.Identity("RoleName", "RoleId", "Arn", "Path", "CreateDate", "RoleLastUsed", "SourceRoleTemplate", "Tags"),
		{Name: fieldTrust, Of: []string{"AssumeRolePolicyDocument"}, How: resource.Repaired, Why: "it decides who may act in the role's name"},
		{Name: fieldPolicies, Of: []string{"Attached"}, How: resource.Repaired, Why: who + "; others are detached"},
		{Name: fieldInline, Of: []string{"Inline"}, How: resource.Repaired, Why: who + ": none, so they are deleted"},
		{Name: fieldBoundary, Of: []string{"PermissionsBoundary"}, How: resource.Repaired, Why: "a platform sets none: Systems Manager may stop working under it"},
		{Name: "description, longest session", Of: []string{"Description", "MaxSessionDuration"}, How: resource.Ignored, Why: "they decide neither who is served nor who gets in"},
	}
}
