package compute

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// TemplateVersion is a version of a launch template. It never changes.
type TemplateVersion struct {
	world.Object // ID: the template's, a slash, the number
	TemplateID   string
	Number       int
	Description  string
	Data         Parameters
}

// The versions that have names.
const (
	DefaultVersion = "$Default"
	LatestVersion  = "$Latest"
)

func templateVersionKind() world.AnyKind {
	return world.Kind[TemplateVersion, *TemplateVersion]{
		Name: "launch-template-version", Untaggable: true,
		Parent: func(v *TemplateVersion) string { return v.TemplateID },
		NotFound: func(ids ...string) error {
			id, number, _ := strings.Cut(ids[0], "/")
			return noVersion(id, number)
		},
	}
}

// NoTemplateVersion is the code of the refusal of a version that a launch template hasn't.
const NoTemplateVersion = "InvalidLaunchTemplateId.VersionNotFound"

func noVersion(id, version string) error {
	return refuse.New(NoTemplateVersion, "Could not find the specified version %s for the launch template with ID %s.", version, id)
}

func versionID(templateID string, number int) string { return fmt.Sprintf("%s/%d", templateID, number) }

// check refuses what no launch template may hold. What could only fail a launch is warned of.
func (v NewVersion) check() error { return CheckUserData(v.Data.UserData) }

// addVersion gives a template its next version.
func addVersion(tx *world.Tx, t *LaunchTemplate, v NewVersion) *TemplateVersion {
	number := t.Numbers + 1
	made := &TemplateVersion{Object: tx.NamedObject(versionID(t.ID, number), nil), TemplateID: t.ID, Number: number, Description: v.Description, Data: v.Data}
	world.Add(tx, made)
	world.Edit(tx, t.ID, func(t *LaunchTemplate) { t.Numbers, t.Latest = number, number })
	return made
}

// CreateVersion makes a version of a launch template. Parameters that aren't given are those of the source version,
// where one is named.
func CreateVersion(tx *world.Tx, id, name, source string, in NewVersion, token string) (*TemplateVersion, error) {
	parameters := []any{id, name, source, in}
	switch made, state := world.LookUpToken(tx, "CreateLaunchTemplateVersion", token, parameters); state {
	case world.TokenMismatch:
		return nil, templateTokenMismatch()
	case world.TokenSame:
		return world.Made[TemplateVersion](tx, made)
	case world.TokenNew:
	}
	t, err := FindLaunchTemplate(tx, id, name)
	if err != nil {
		return nil, err
	}
	if source != "" {
		v, err := t.Version(tx, source)
		if err != nil {
			return nil, err
		}
		in.Data = in.Data.Over(v.Data)
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	if limit := tx.Limit(templateVersions()); len(world.Of[TemplateVersion](tx, t.ID)) >= limit {
		return nil, refuse.New("LaunchTemplateVersionLimitExceeded", "You have reached the maximum number of versions (%d) for the launch template.", limit)
	}
	made := addVersion(tx, t, in)
	world.KeepToken(tx, "CreateLaunchTemplateVersion", token, parameters, made.ID)
	return made, nil
}

// Version finds a version of the template by its number, or by $Default or $Latest. "" is the default one.
func (t *LaunchTemplate) Version(tx *world.Tx, version string) (*TemplateVersion, error) {
	var number int
	switch version {
	case "", DefaultVersion:
		number = t.Default
	case LatestVersion:
		number = t.Latest
	default:
		number, _ = strconv.Atoi(version) // 0 for what is no number, which no version has
	}
	v, err := world.Find[TemplateVersion](tx, versionID(t.ID, number))
	if err != nil && number == 0 {
		return nil, noVersion(t.ID, version)
	}
	return v, err
}

// DeleteVersion deletes a version of a launch template that isn't the default one.
func DeleteVersion(tx *world.Tx, t *LaunchTemplate, version string) (*TemplateVersion, error) {
	v, err := t.Version(tx, version)
	if err != nil {
		return nil, err
	}
	if v.Number == t.Default {
		return nil, refuse.New("OperationNotPermitted", "The default version of a launch template can't be deleted.")
	}
	world.Delete[TemplateVersion](tx, v.ID)
	latest := t.Default
	for _, other := range world.Of[TemplateVersion](tx, t.ID) {
		latest = max(latest, other.Number)
	}
	world.Edit(tx, t.ID, func(t *LaunchTemplate) { t.Latest = latest })
	return v, nil
}

// TemplateRef names a version of a launch template: the template by its ID or its name, the version by its number,
// $Default or $Latest. Without a version it is the default one.
type TemplateRef struct{ ID, Name, Version string }

// ResolveTemplate is what a version of a launch template launches, with the tags by which AWS marks such instances,
// and the version's number. Parameters of the caller's take the place of the template's. It refuses what isn't there
// with AWS's codes of EC2.
func ResolveTemplate(tx *world.Tx, ref TemplateRef, own ...Parameters) (Launch, int, error) {
	t, v, err := FindTemplate(tx, ref)
	if err != nil {
		return Launch{}, 0, err
	}
	p := v.Data
	for _, o := range own {
		p = o.Over(p)
	}
	return p.Launch().marked(t, v), v.Number, nil
}

// FindTemplate finds the template and the version that are named. Where both are there, the ID counts.
func FindTemplate(tx *world.Tx, ref TemplateRef) (*LaunchTemplate, *TemplateVersion, error) {
	if ref.ID != "" {
		ref.Name = ""
	}
	t, err := FindLaunchTemplate(tx, ref.ID, ref.Name)
	if err != nil {
		return nil, nil, err
	}
	v, err := t.Version(tx, ref.Version)
	return t, v, err
}

// Marks of the instances that come of a launch template.
// Source: Amazon EC2 User Guide, "Launch instances using a launch template".
const (
	TemplateIDTag      = "aws:ec2launchtemplate:id"
	TemplateVersionTag = "aws:ec2launchtemplate:version"
)

func (in Launch) marked(t *LaunchTemplate, v *TemplateVersion) Launch {
	tags := world.Tags{TemplateIDTag: t.ID, TemplateVersionTag: strconv.Itoa(v.Number)}
	for key, value := range in.InstanceTags {
		tags[key] = value
	}
	in.InstanceTags = tags
	return in
}
