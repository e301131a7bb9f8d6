package model

import (
	"strings"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Role is an IAM role with its policies.
type Role struct {
	world.Object       // ID: the name in lower case, because names differ in more than case
	Name               string
	RoleID             string // AROA…
	Path               string
	TrustPolicy        string // JSON as it was given
	Description        string
	MaxSessionDuration int               // seconds
	Inline             map[string]string `json:",omitempty"` // name → JSON
	Attached           []string          `json:",omitempty"` // ARNs of managed policies, in order of attachment
	Boundary           string            `json:",omitempty"` // ARN of the managed policy that is its permissions boundary
}

// ARN is the role's Amazon Resource Name.
func (r *Role) ARN() string { return arn("role", r.Path, r.Name) }

func roleKind() world.AnyKind {
	return world.Kind[Role, *Role]{
		Traits: world.Traits{Noun: "role"},
		Name:   "iam-role", Untaggable: true, NotFound: func(names ...string) error {
			return noSuchEntity("The role with name %s cannot be found.", names[0])
		}}
}

// Quotas of IAM. Source: IAM User Guide, "IAM and AWS STS quotas".
const (
	maxRoles           = 1000
	maxAttached        = 10
	maxInlineBytes     = 10240 // all of a role's inline policies, without white space
	maxTrustBytes      = 2048
	maxDescription     = 1000
	defaultMaxSession  = 3600 // seconds
	longestMaxSession  = 43200
	maxRoleName        = 64
	maxInlineName      = 128
	maxPolicyDocuments = 131072
)

// NewRole is what CreateRole is given.
type NewRole struct {
	Name, Path, TrustPolicy, Description string
	MaxSessionDuration                   *int // seconds
	Tags                                 []Tag
}

// CreateRole makes a role.
func CreateRole(tx *world.Tx, in NewRole) (*Role, error) {
	tx = tx.In("")
	if err := checkName("roleName", in.Name, maxRoleName); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	if err := checkSettings(in.Description, in.MaxSessionDuration); err != nil {
		return nil, err
	}
	if err := checkTrust(tx, in.TrustPolicy); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	id := strings.ToLower(in.Name)
	if _, there := world.Get[Role](tx, id); there {
		return nil, alreadyExists("Role with name %s already exists.", in.Name)
	}
	if len(world.All[Role](tx)) >= maxRoles {
		return nil, limitExceeded("RolesPerAccount", maxRoles)
	}
	r := &Role{Object: tx.NamedObject(id, tags), Name: in.Name, RoleID: uniqueID(tx, "AROA"), Path: path,
		TrustPolicy: in.TrustPolicy, Description: in.Description, MaxSessionDuration: defaultMaxSession}
	if in.MaxSessionDuration != nil {
		r.MaxSessionDuration = *in.MaxSessionDuration
	}
	world.Add(tx, r)
	return r, nil
}

// FindRole returns the role of that name, as the server knows it that answers the call.
func FindRole(tx *world.Tx, name string) (*Role, error) {
	tx = tx.In("")
	if err := checkName("roleName", name, maxRoleName); err != nil {
		return nil, err
	}
	r, ok := world.LookUp[Role](tx, strings.ToLower(name))
	if !ok || r.Name != name {
		return nil, world.Missing[Role](tx, name)
	}
	return r, nil
}

// editRole changes the role of that name.
func editRole(tx *world.Tx, name string, f func(*Role)) error {
	r, err := FindRole(tx, name)
	if err == nil {
		world.Edit(tx.In(""), r.ID, f)
	}
	return err
}

// UpdateRole changes a role's description and longest session, where given.
func UpdateRole(tx *world.Tx, name string, description *string, maxSession *int) error {
	text := ""
	if description != nil {
		text = *description
	}
	if err := checkSettings(text, maxSession); err != nil {
		return err
	}
	return editRole(tx, name, func(r *Role) {
		if description != nil {
			r.Description = *description
		}
		if maxSession != nil {
			r.MaxSessionDuration = *maxSession
		}
	})
}

// SetTrustPolicy replaces a role's trust policy.
func SetTrustPolicy(tx *world.Tx, name, document string) error {
	if err := checkTrust(tx, document); err != nil {
		return err
	}
	return editRole(tx, name, func(r *Role) { r.TrustPolicy = document })
}

// DeleteRole deletes a role that has no policies and is in no instance profile.
func DeleteRole(tx *world.Tx, name string) error {
	r, err := FindRole(tx, name)
	switch {
	case err != nil:
		return err
	case len(ProfilesOf(tx, r.Name)) > 0:
		return deleteConflict("remove roles from instance profile")
	case len(r.Attached) > 0:
		return deleteConflict("detach all policies")
	case len(r.Inline) > 0:
		return deleteConflict("delete policies")
	}
	world.Delete[Role](tx.In(""), r.ID)
	return nil
}

// TagRole adds tags to a role or changes their values.
func TagRole(tx *world.Tx, name string, tags []Tag) error {
	r, err := FindRole(tx, name)
	if err != nil {
		return err
	}
	merged, err := mergeTags(r.Tags, tags)
	if err != nil {
		return err
	}
	return editRole(tx, name, func(r *Role) { r.Tags = merged })
}

// UntagRole takes tags from a role. Absent ones are fine.
func UntagRole(tx *world.Tx, name string, keys []string) error {
	return editRole(tx, name, func(r *Role) { r.Tags = withoutTags(r.Tags, keys) })
}

func checkSettings(description string, maxSession *int) error {
	if utf8.RuneCountInString(description) > maxDescription {
		return constraint(description, "description", "Member must have length less than or equal to 1000")
	}
	if maxSession == nil {
		return nil
	}
	if *maxSession < defaultMaxSession {
		return refuse.New("ValidationError", "1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to %d", *maxSession, defaultMaxSession)
	}
	if *maxSession > longestMaxSession {
		return refuse.New("ValidationError", "1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value less than or equal to %d", *maxSession, longestMaxSession)
	}
	return nil
}

func checkTrust(tx *world.Tx, document string) error {
	if err := checkTrustPolicy(tx, document); err != nil {
		return err
	}
	if size := withoutSpace(document); size > maxTrustBytes {
		return limitExceeded("ACLSizePerRole", maxTrustBytes)
	}
	return nil
}
