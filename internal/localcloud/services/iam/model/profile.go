package model

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// InstanceProfile is the container by which an instance gets a role.
type InstanceProfile struct {
	world.Object // ID: the name in lower case
	Name         string
	ProfileID    string // AIPA…
	Path         string
	Role         string    // name; empty: none
	RoleSince    time.Time // when the role was added
}

// ARN is the profile's Amazon Resource Name.
func (p *InstanceProfile) ARN() string { return arn("instance-profile", p.Path, p.Name) }

func profileKind() world.AnyKind {
	return world.Kind[InstanceProfile, *InstanceProfile]{
		Traits: world.Traits{Noun: "instance profile", Steps: []world.Step{propagationStep()}},
		Name:   "iam-instance-profile", Untaggable: true, NotFound: func(names ...string) error {
			return noSuchEntity("Instance Profile %s cannot be found.", names[0])
		}}
}

const (
	maxProfileName = 128
	maxProfiles    = 1000
)

// CreateProfile makes an instance profile without a role.
func CreateProfile(tx *world.Tx, name, path string, tags []Tag) (*InstanceProfile, error) {
	tx = tx.In("")
	if err := checkName("instanceProfileName", name, maxProfileName); err != nil {
		return nil, err
	}
	path, err := checkPath(path)
	if err != nil {
		return nil, err
	}
	merged, err := mergeTags(nil, tags)
	if err != nil {
		return nil, err
	}
	id := strings.ToLower(name)
	if _, there := world.Get[InstanceProfile](tx, id); there {
		return nil, alreadyExists("Instance Profile %s already exists.", name)
	}
	if len(world.All[InstanceProfile](tx)) >= maxProfiles {
		return nil, limitExceeded("InstanceProfilesPerAccount", maxProfiles)
	}
	p := &InstanceProfile{Object: tx.NamedObject(id, merged), Name: name, ProfileID: uniqueID(tx, "AIPA"), Path: path}
	world.Add(tx, p)
	return p, nil
}

// FindProfile returns the instance profile of that name, as the server knows it that
// answers the call.
func FindProfile(tx *world.Tx, name string) (*InstanceProfile, error) {
	tx = tx.In("")
	if err := checkName("instanceProfileName", name, maxProfileName); err != nil {
		return nil, err
	}
	p, ok := world.LookUp[InstanceProfile](tx, strings.ToLower(name))
	if !ok || p.Name != name {
		return nil, world.Missing[InstanceProfile](tx, name)
	}
	return p, nil
}

// ProfilesOf lists the instance profiles that hold the role of that name.
func ProfilesOf(tx *world.Tx, role string) []*InstanceProfile {
	return world.Where(tx.In(""), func(p *InstanceProfile) bool { return p.Role == role })
}

func editProfile(tx *world.Tx, name string, f func(*InstanceProfile)) error {
	p, err := FindProfile(tx, name)
	if err == nil {
		world.Edit(tx.In(""), p.ID, f)
	}
	return err
}

// AddRole puts a role into an instance profile, which holds one at most.
// Source: API reference of AddRoleToInstanceProfile.
func AddRole(tx *world.Tx, profile, role string) error {
	p, err := FindProfile(tx, profile)
	if err != nil {
		return err
	}
	r, err := FindRole(tx, role)
	if err != nil {
		return err
	}
	if p.Role != "" {
		return limitExceeded("InstanceSessionsPerInstanceProfile", 1)
	}
	return editProfile(tx, profile, func(p *InstanceProfile) { p.Role, p.RoleSince = r.Name, tx.Now() })
}

// RemoveRole takes a role out of an instance profile.
func RemoveRole(tx *world.Tx, profile, role string) error {
	p, err := FindProfile(tx, profile)
	if err != nil {
		return err
	}
	if _, err := FindRole(tx, role); err != nil {
		return err
	}
	if p.Role != role {
		return noSuchEntity("Role %s in Instance Profile %s cannot be found.", role, profile)
	}
	return editProfile(tx, profile, func(p *InstanceProfile) { p.Role, p.RoleSince = "", time.Time{} })
}

// DeleteProfile deletes an instance profile that holds no role.
func DeleteProfile(tx *world.Tx, name string) error {
	p, err := FindProfile(tx, name)
	if err != nil {
		return err
	}
	if p.Role != "" {
		return deleteConflict("remove roles from instance profile")
	}
	world.Delete[InstanceProfile](tx.In(""), p.ID)
	return nil
}

// TagProfile adds tags to an instance profile or changes their values.
func TagProfile(tx *world.Tx, name string, tags []Tag) error {
	p, err := FindProfile(tx, name)
	if err != nil {
		return err
	}
	merged, err := mergeTags(p.Tags, tags)
	if err != nil {
		return err
	}
	return editProfile(tx, name, func(p *InstanceProfile) { p.Tags = merged })
}

// UntagProfile takes tags from an instance profile. Absent ones are fine.
func UntagProfile(tx *world.Tx, name string, keys []string) error {
	return editProfile(tx, name, func(p *InstanceProfile) { p.Tags = withoutTags(p.Tags, keys) })
}

// underPath keeps what lies under a path, sorted by name.
func underPath[P interface{ pathAndName() (string, string) }](all []P, prefix string) []P {
	kept := slices.DeleteFunc(all, func(o P) bool { path, _ := o.pathAndName(); return !strings.HasPrefix(path, prefix) })
	slices.SortFunc(kept, func(a, b P) int {
		_, x := a.pathAndName()
		_, y := b.pathAndName()
		return strings.Compare(x, y)
	})
	return kept
}

func (r *Role) pathAndName() (string, string)            { return r.Path, r.Name }
func (p *InstanceProfile) pathAndName() (string, string) { return p.Path, p.Name }

// Roles lists the roles whose path begins with prefix, sorted by name.
func Roles(tx *world.Tx, prefix string) []*Role {
	return underPath(world.Described[Role](tx.In("")), prefix)
}

// Profiles lists the instance profiles whose path begins with prefix, sorted by name.
func Profiles(tx *world.Tx, prefix string) []*InstanceProfile {
	return underPath(world.Described[InstanceProfile](tx.In("")), prefix)
}
