package compute

import (
	"errors"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func launchTemplateOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Change(h, "CreateLaunchTemplate", createLaunchTemplate),
		requests.View(h, "DescribeLaunchTemplates", describeLaunchTemplates),
		requests.Change(h, "ModifyLaunchTemplate", modifyLaunchTemplate),
		requests.Change(h, "DeleteLaunchTemplate", deleteLaunchTemplate),
	}
}

type launchTemplateItem struct {
	ID        string                   `xml:"launchTemplateId"`
	Name      string                   `xml:"launchTemplateName"`
	Created   string                   `xml:"createTime"`
	CreatedBy string                   `xml:"createdBy"`
	Default   int                      `xml:"defaultVersionNumber"`
	Latest    int                      `xml:"latestVersionNumber"`
	Tags      wire.Items[requests.Tag] `xml:"tagSet,omitempty"`
	Managed   bool                     `xml:"operator>managed"`
}

func renderLaunchTemplate(t *compute.LaunchTemplate) launchTemplateItem {
	return launchTemplateItem{ID: t.ID, Name: t.Name, Created: wire.Timestamp(t.Created), CreatedBy: service.UserARN(),
		Default: t.Default, Latest: t.Latest, Tags: requests.TagSet(t.Tags)}
}

type launchTemplateOutput struct {
	Template launchTemplateItem `xml:"launchTemplate"`
}

// warningItem is what a launch would be refused for.
type warningItem struct {
	Errors wire.Items[errorItem] `xml:"errorSet"`
}

type errorItem struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

// warning is nil where there is nothing to warn of. What isn't simulated is refused.
func warning(tx *world.Tx, p compute.Parameters) (*warningItem, error) {
	var w *warningItem
	for _, err := range p.Wrong(tx) {
		refusal, ok := errors.AsType[*refuse.Error](err)
		if !ok || refusal.Status == refuse.StatusNotSimulated {
			return nil, err
		}
		if w == nil {
			w = &warningItem{}
		}
		w.Errors = append(w.Errors, errorItem{refusal.Code, refusal.Message})
	}
	return w, nil
}

type createLaunchTemplateInput struct {
	Name        string                      `query:"LaunchTemplateName,required"`
	Description string                      `query:"VersionDescription" max:"255"`
	Data        launchParameters            `query:"LaunchTemplateData,required"`
	ClientToken string                      `query:"ClientToken" max:"128"`
	Tags        []requests.TagSpecification `query:"TagSpecification"`
}

type createLaunchTemplateOutput struct {
	Template launchTemplateItem `xml:"launchTemplate"`
	Warning  *warningItem       `xml:"warning"`
}

func createLaunchTemplate(tx *world.Tx, c *wire.Call, in *createLaunchTemplateInput) (*createLaunchTemplateOutput, error) {
	data, err := in.Data.parameters()
	if err != nil {
		return nil, err
	}
	t, err := requests.Create(c, in.Tags, "launch-template", func(tags world.Tags) (*compute.LaunchTemplate, error) {
		return compute.CreateLaunchTemplate(tx, in.Name, compute.NewVersion{Description: in.Description, Data: data}, in.ClientToken, tags)
	})
	if err != nil {
		return nil, err
	}
	w, err := warning(tx, data)
	return &createLaunchTemplateOutput{renderLaunchTemplate(t), w}, err
}

type describeLaunchTemplatesInput struct {
	IDs        []string          `query:"LaunchTemplateId"`
	Names      []string          `query:"LaunchTemplateName"`
	Filters    []requests.Filter `query:"Filter"`
	MaxResults *int              `query:"MaxResults" min:"1" max:"200"`
	NextToken  string            `query:"NextToken"`
}

type describeLaunchTemplatesOutput struct {
	Templates wire.Items[launchTemplateItem] `xml:"launchTemplates"`
	NextToken string                         `xml:"nextToken,omitempty"`
}

func describeLaunchTemplates(tx *world.Tx, _ *wire.Call, in *describeLaunchTemplatesInput) (*describeLaunchTemplatesOutput, error) {
	found, err := requests.FindOrAll[compute.LaunchTemplate](tx, in.IDs)
	if err != nil {
		return nil, err
	}
	if len(in.Names) > 0 {
		if found, err = named(found, in.Names); err != nil {
			return nil, err
		}
	}
	found, next, err := requests.SelectObjects(found, requests.Paging{Filters: in.Filters, MaxResults: in.MaxResults, NextToken: in.NextToken},
		requests.Fields[*compute.LaunchTemplate]{
			"launch-template-name": func(t *compute.LaunchTemplate) []string { return requests.One(t.Name) },
			"create-time":          func(t *compute.LaunchTemplate) []string { return requests.One(wire.Timestamp(t.Created)) },
		})
	out := &describeLaunchTemplatesOutput{NextToken: next}
	for _, t := range found {
		out.Templates = append(out.Templates, renderLaunchTemplate(t))
	}
	return out, err
}

// named are the templates of those names, all of which must be there.
func named(all []*compute.LaunchTemplate, names []string) (found []*compute.LaunchTemplate, _ error) {
	there := map[string]bool{}
	for _, name := range names {
		there[name] = false
	}
	for _, t := range all {
		if _, wanted := there[t.Name]; wanted {
			there[t.Name] = true
			found = append(found, t)
		}
	}
	for _, is := range there {
		if !is {
			return nil, refuse.New(compute.NoTemplateName, "At least one of the launch templates specified in the request does not exist.")
		}
	}
	return found, nil
}

// templateRef names a launch template in a request, by one of the two.
type templateRef struct {
	ID   string `query:"LaunchTemplateId"`
	Name string `query:"LaunchTemplateName"`
}

type modifyLaunchTemplateInput struct {
	templateRef
	Default     string `query:"SetDefaultVersion"`
	ClientToken string `query:"ClientToken" max:"128"` // the same call again changes nothing
}

func modifyLaunchTemplate(tx *world.Tx, _ *wire.Call, in *modifyLaunchTemplateInput) (*launchTemplateOutput, error) {
	t, err := compute.SetDefaultVersion(tx, in.ID, in.Name, in.Default)
	if err != nil {
		return nil, err
	}
	return &launchTemplateOutput{renderLaunchTemplate(t)}, nil
}

type deleteLaunchTemplateInput struct{ templateRef }

func deleteLaunchTemplate(tx *world.Tx, _ *wire.Call, in *deleteLaunchTemplateInput) (*launchTemplateOutput, error) {
	t, err := compute.DeleteLaunchTemplate(tx, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	return &launchTemplateOutput{renderLaunchTemplate(t)}, nil
}
