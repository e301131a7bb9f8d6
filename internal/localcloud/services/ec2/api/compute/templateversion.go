package compute

import (
	"errors"
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func templateVersionOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateLaunchTemplateVersion", createLaunchTemplateVersion),
		requests.View(h, "DescribeLaunchTemplateVersions", describeLaunchTemplateVersions),
		requests.Change(h, "DeleteLaunchTemplateVersions", deleteLaunchTemplateVersions),
		requests.View(h, "GetLaunchTemplateData", getLaunchTemplateData),
	}
}

type templateVersionItem struct {
	ID          string           `xml:"launchTemplateId"`
	Name        string           `xml:"launchTemplateName"`
	Number      int              `xml:"versionNumber"`
	Description string           `xml:"versionDescription,omitempty"`
	Created     string           `xml:"createTime"`
	CreatedBy   string           `xml:"createdBy"`
	Default     bool             `xml:"defaultVersion"`
	Data        templateDataItem `xml:"launchTemplateData"`
	Managed     bool             `xml:"operator>managed"`
}

// renderVersion writes a version, with the image's ID for an alias where that is asked for.
func renderVersion(tx *world.Tx, t *compute.LaunchTemplate, v *compute.TemplateVersion, resolve bool) (templateVersionItem, error) {
	item := templateVersionItem{ID: t.ID, Name: t.Name, Number: v.Number, Description: v.Description, Created: wire.Timestamp(v.Created),
		CreatedBy: service.UserARN(), Default: v.Number == t.Default, Data: renderTemplateData(v.Data)}
	if resolve && v.Data.ImageID != "" {
		image, err := compute.ResolveImage(tx.Region(), v.Data.ImageID)
		if err != nil {
			return item, err
		}
		item.Data.ImageID = image.ID
	}
	return item, nil
}

type createLaunchTemplateVersionInput struct {
	templateRef
	Source       string           `query:"SourceVersion"`
	Description  string           `query:"VersionDescription" max:"255"`
	Data         launchParameters `query:"LaunchTemplateData,required"`
	ClientToken  string           `query:"ClientToken" max:"128"`
	ResolveAlias bool             `query:"ResolveAlias"`
}

type createLaunchTemplateVersionOutput struct {
	Version templateVersionItem `xml:"launchTemplateVersion"`
	Warning *warningItem        `xml:"warning"`
}

func createLaunchTemplateVersion(tx *world.Tx, c *wire.Call, in *createLaunchTemplateVersionInput) (*createLaunchTemplateVersionOutput, error) {
	data, err := in.Data.parameters()
	if err != nil {
		return nil, err
	}
	v, err := compute.CreateVersion(tx, in.ID, in.Name, in.Source, compute.NewVersion{Description: in.Description, Data: data}, in.ClientToken)
	if err != nil {
		return nil, err
	}
	t, err := world.Made[compute.LaunchTemplate](tx, v.TemplateID)
	if err != nil {
		return nil, err
	}
	c.Resource = t.ID
	w, err := warning(tx, v.Data)
	if err != nil {
		return nil, err
	}
	item, err := renderVersion(tx, t, v, in.ResolveAlias)
	return &createLaunchTemplateVersionOutput{item, w}, err
}

type describeLaunchTemplateVersionsInput struct {
	templateRef
	Versions     []string          `query:"LaunchTemplateVersion"`
	Min          string            `query:"MinVersion"`
	Max          string            `query:"MaxVersion"`
	Filters      []requests.Filter `query:"Filter"`
	MaxResults   *int              `query:"MaxResults"`
	NextToken    string            `query:"NextToken"`
	ResolveAlias bool              `query:"ResolveAlias"`
}

type describeLaunchTemplateVersionsOutput struct {
	Versions  wire.Items[templateVersionItem] `xml:"launchTemplateVersionSet"`
	NextToken string                          `xml:"nextToken,omitempty"`
}

// describeLaunchTemplateVersions lists the versions of one template, the newest first, or the default and latest ones
// of all.
func describeLaunchTemplateVersions(tx *world.Tx, _ *wire.Call, in *describeLaunchTemplateVersionsInput) (*describeLaunchTemplateVersionsOutput, error) {
	if in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > 200) {
		return nil, refuse.InvalidParameterValue("Value (%d) for parameter MaxResults is invalid. Expecting a value between 1 and 200.", *in.MaxResults)
	}
	templates := map[string]*compute.LaunchTemplate{}
	var found []*compute.TemplateVersion
	var err error
	if in.ID == "" && in.Name == "" {
		found, err = in.named(tx, templates)
	} else {
		found, err = in.of(tx, templates)
	}
	if err != nil {
		return nil, err
	}
	kept, err := requests.Kept(found, in.Filters, versionFields(templates))
	if err != nil {
		return nil, err
	}
	kept, next, err := requests.PageOf(kept, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &describeLaunchTemplateVersionsOutput{NextToken: next}
	for _, v := range kept {
		item, err := renderVersion(tx, templates[v.TemplateID], v, in.ResolveAlias)
		if err != nil {
			return nil, err
		}
		out.Versions = append(out.Versions, item)
	}
	return out, nil
}

// whichVersions are AWS's words for a call that names neither a template nor versions that each template has. Source: a
// public test, verified on AWS.
const whichVersions = "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, " +
	"‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch " +
	"template data for a specific launch template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ " +
	"specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers."

// named are the versions of all templates that the call names by $Latest and $Default.
func (in *describeLaunchTemplateVersionsInput) named(tx *world.Tx, templates map[string]*compute.LaunchTemplate) (found []*compute.TemplateVersion, err error) {
	byNumber := func(version string) bool {
		return version != compute.LatestVersion && version != compute.DefaultVersion
	}
	switch {
	case slices.ContainsFunc(in.Versions, byNumber):
		return nil, refuse.New("InvalidParameterValue", whichVersions)
	case len(in.Versions) == 0 || in.Min != "" || in.Max != "":
		return nil, refuse.New("MissingParameter", whichVersions)
	}
	for _, t := range world.Described[compute.LaunchTemplate](tx) {
		templates[t.ID] = t
		for _, version := range in.Versions {
			v, err := t.Version(tx, version)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(found, v) {
				found = append(found, v)
			}
		}
	}
	return found, nil
}

// of are the versions of the one template that the call names.
func (in *describeLaunchTemplateVersionsInput) of(tx *world.Tx, templates map[string]*compute.LaunchTemplate) (found []*compute.TemplateVersion, err error) {
	t, err := compute.FindLaunchTemplate(tx, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	templates[t.ID] = t
	if len(in.Versions) > 0 {
		if in.Min != "" || in.Max != "" {
			return nil, refuse.InvalidParameterCombination("The parameter versions can't be used together with minVersion or maxVersion")
		}
		for _, version := range in.Versions {
			v, err := t.Version(tx, version)
			if err != nil {
				return nil, err
			}
			found = append(found, v)
		}
		return found, nil
	}
	least, most := 1, t.Numbers
	for number, text := range map[*int]string{&least: in.Min, &most: in.Max} {
		if text == "" {
			continue
		}
		if *number, err = strconv.Atoi(text); err != nil {
			return nil, refuse.InvalidParameterValue("Value (%s) for a version number is invalid.", text)
		}
	}
	for _, v := range slices.Backward(world.Described[compute.TemplateVersion](tx)) {
		if v.TemplateID == t.ID && v.Number >= least && v.Number <= most {
			found = append(found, v)
		}
	}
	return found, nil
}

func versionFields(templates map[string]*compute.LaunchTemplate) requests.Fields[*compute.TemplateVersion] {
	all := requests.Fields[*compute.TemplateVersion]{
		"create-time":   func(v *compute.TemplateVersion) []string { return requests.One(wire.Timestamp(v.Created)) },
		"image-id":      func(v *compute.TemplateVersion) []string { return requests.Some(v.Data.ImageID) },
		"instance-type": func(v *compute.TemplateVersion) []string { return requests.Some(v.Data.Type) },
		"is-default-version": func(v *compute.TemplateVersion) []string {
			return requests.YesNo(templates[v.TemplateID].Default == v.Number)
		},
		"ebs-optimized": func(v *compute.TemplateVersion) []string {
			if v.Data.EBSOptimized == nil {
				return nil
			}
			return requests.YesNo(*v.Data.EBSOptimized)
		},
		"iam-instance-profile": func(v *compute.TemplateVersion) []string {
			if v.Data.Profile == nil {
				return nil
			}
			return requests.Some(v.Data.Profile.ARN)
		},
		"http-tokens":   ofMetadata(func(m compute.MetadataOptions) string { return m.Tokens }),
		"http-endpoint": ofMetadata(func(m compute.MetadataOptions) string { return m.Endpoint }),
	}
	for _, absent := range []string{"host-resource-group-arn", "kernel-id", "license-configuration-arn", "network-card-index", "ram-disk-id"} {
		all[absent] = requests.Never[*compute.TemplateVersion]
	}
	return all
}

func ofMetadata(value func(compute.MetadataOptions) string) func(*compute.TemplateVersion) []string {
	return func(v *compute.TemplateVersion) []string {
		if v.Data.Metadata == nil {
			return nil
		}
		return requests.Some(value(*v.Data.Metadata))
	}
}

type deleteLaunchTemplateVersionsInput struct {
	templateRef
	Versions []string `query:"LaunchTemplateVersion,required" max:"200"`
}

type deleteLaunchTemplateVersionsOutput struct {
	Deleted wire.Items[deletedVersionItem] `xml:"successfullyDeletedLaunchTemplateVersionSet"`
	Kept    wire.Items[keptVersionItem]    `xml:"unsuccessfullyDeletedLaunchTemplateVersionSet"`
}

type deletedVersionItem struct {
	ID     string `xml:"launchTemplateId"`
	Name   string `xml:"launchTemplateName"`
	Number int    `xml:"versionNumber"`
}

type keptVersionItem struct {
	deletedVersionItem
	Error errorItem `xml:"responseError"`
}

func deleteLaunchTemplateVersions(tx *world.Tx, _ *wire.Call, in *deleteLaunchTemplateVersionsInput) (*deleteLaunchTemplateVersionsOutput, error) {
	t, err := compute.FindLaunchTemplate(tx, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	out := &deleteLaunchTemplateVersionsOutput{}
	for _, version := range in.Versions {
		v, err := compute.DeleteVersion(tx, t, version)
		refusal, refused := errors.AsType[*refuse.Error](err)
		switch {
		case refused:
			number, _ := strconv.Atoi(version) // 0 for a name
			code := "unexpectedError"
			if refusal.Code == compute.NoTemplateVersion {
				code = "launchTemplateVersionDoesNotExist"
			}
			out.Kept = append(out.Kept, keptVersionItem{deletedVersionItem{t.ID, t.Name, number}, errorItem{code, refusal.Message}})
		case err != nil:
			return nil, err
		default:
			out.Deleted = append(out.Deleted, deletedVersionItem{t.ID, t.Name, v.Number})
		}
	}
	return out, nil
}
