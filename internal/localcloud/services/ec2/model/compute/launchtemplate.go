package compute

import (
	"regexp"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// LaunchTemplate has the parameters of launches under a name, in versions.
type LaunchTemplate struct {
	world.Object
	Name    string
	Default int // the number of the default version
	Latest  int // the highest number that a version has
	Numbers int // how many were given out: none is used twice
}

// launchTemplates is how many launch templates a region may have, and templateVersions how many versions each.
// Source: Amazon EC2 User Guide, "Restrictions" of launch templates.
func launchTemplates() world.Quota {
	return world.Quota{Key: "launch_templates", Service: "ec2", ServiceName: VCPUs().ServiceName, Code: "L-FB451C26", Name: "Launch templates", Default: 5000}
}

func templateVersions() world.Quota {
	return world.Quota{Key: "launch_template_versions", Service: "ec2", ServiceName: VCPUs().ServiceName, Code: "L-142B4294", Name: "Launch template versions", Default: 10000}
}

func launchTemplateKind() world.AnyKind {
	return world.Kind[LaunchTemplate, *LaunchTemplate]{
		Traits: world.Traits{Noun: "launch template", Quotas: []world.Quota{launchTemplates(), templateVersions()}},
		Name:   "launch-template", Prefix: "lt",
		NotFound: func(ids ...string) error {
			if len(ids) == 1 {
				return refuse.New("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", ids[0])
			}
			return refuse.New("InvalidLaunchTemplateId.NotFound", "At least one of the launch templates specified in the request does not exist.")
		},
		Malformed: func(id string) error { return refuse.Malformed("InvalidLaunchTemplateId.Malformed", id, "lt") },
	}
}

// templateName is what a template's name looks like.
var templateName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9().\-/_]{3,128}$`) })

// NewVersion says what a version of a launch template is to be.
type NewVersion struct {
	Description string
	Data        Parameters
}

// CreateLaunchTemplate makes a launch template with its first version.
func CreateLaunchTemplate(tx *world.Tx, name string, first NewVersion, token string, tags world.Tags) (*LaunchTemplate, error) {
	parameters := []any{name, first, tags}
	switch id, state := world.LookUpToken(tx, "CreateLaunchTemplate", token, parameters); state {
	case world.TokenMismatch:
		return nil, templateTokenMismatch()
	case world.TokenSame:
		return world.Made[LaunchTemplate](tx, id)
	case world.TokenNew:
	}
	if !templateName().MatchString(name) {
		return nil, refuse.New("InvalidLaunchTemplateName.MalformedException", "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.")
	}
	all := world.All[LaunchTemplate](tx)
	for _, t := range all {
		if t.Name == name {
			return nil, refuse.New("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
		}
	}
	if limit := tx.Limit(launchTemplates()); len(all) >= limit {
		return nil, refuse.New("LaunchTemplateLimitExceeded", "You have reached the maximum number of launch templates (%d) for this Region.", limit)
	}
	if err := first.check(); err != nil {
		return nil, err
	}
	t := &LaunchTemplate{Object: tx.NewObject("lt", tags), Name: name, Default: 1}
	world.Add(tx, t)
	addVersion(tx, t, first)
	world.KeepToken(tx, "CreateLaunchTemplate", token, parameters, t.ID)
	return world.Made[LaunchTemplate](tx, t.ID)
}

func templateTokenMismatch() error {
	return refuse.New("IdempotentParameterMismatch", "The client token that you provided was used with other parameters.")
}

// FindLaunchTemplate finds a launch template by its ID or its name, of which exactly one is given.
func FindLaunchTemplate(tx *world.Tx, id, name string) (*LaunchTemplate, error) {
	switch {
	case id != "" && name != "":
		return nil, TemplateNamedTwice()
	case id == "" && name == "":
		return nil, refuse.New("MissingParameter", "The request must contain the parameter launch template ID or launch template name")
	case id != "":
		return world.Find[LaunchTemplate](tx, id)
	}
	for _, t := range world.All[LaunchTemplate](tx) {
		if t.Name == name {
			if _, err := world.Find[LaunchTemplate](tx, t.ID); err == nil { // the server knows of it
				return t, nil
			}
		}
	}
	return nil, refuse.New(NoTemplateName, "The specified launch template, with template name %s, does not exist.", name)
}

// TemplateNamedTwice is the refusal of a launch template by its ID and its name.
func TemplateNamedTwice() error {
	return refuse.InvalidParameterCombination("The parameters launchTemplateId and launchTemplateName can't be used together")
}

// NoTemplateName is the code of the refusal of names that no launch template has.
const NoTemplateName = "InvalidLaunchTemplateName.NotFoundException"

// SetDefaultVersion makes a version the default one. Source of the words: a public test, verified on AWS.
func SetDefaultVersion(tx *world.Tx, id, name, version string) (*LaunchTemplate, error) {
	if id != "" && name != "" {
		return nil, refuse.InvalidParameterCombination("Either provide launch template ID or launch template name to modify the template.")
	}
	t, err := FindLaunchTemplate(tx, id, name)
	if err != nil {
		return nil, err
	}
	v, err := t.Version(tx, version)
	if refuse.Is(err, NoTemplateVersion) {
		return nil, refuse.New(NoTemplateVersion, "The launch template version %s is not found for the specified launch template.", version)
	} else if err != nil {
		return nil, err
	}
	world.Edit(tx, t.ID, func(t *LaunchTemplate) { t.Default = v.Number })
	return world.Made[LaunchTemplate](tx, t.ID)
}

// DeleteLaunchTemplate deletes a launch template with all its versions, in use or not.
// Source: Amazon EC2 User Guide, "Delete a launch template".
func DeleteLaunchTemplate(tx *world.Tx, id, name string) (*LaunchTemplate, error) {
	t, err := FindLaunchTemplate(tx, id, name)
	if err != nil {
		return nil, err
	}
	for _, v := range world.Of[TemplateVersion](tx, t.ID) {
		world.Delete[TemplateVersion](tx, v.ID)
	}
	world.Delete[LaunchTemplate](tx, t.ID)
	return t, nil
}
