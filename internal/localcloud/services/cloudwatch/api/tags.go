package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "TagResource", service.Does(struct{}{}, tagResource)),
		change(h, "UntagResource", service.Does(struct{}{}, untagResource)),
		view(h, "ListTagsForResource", listTags),
	}
}

type tag struct {
	Key   string `query:"Key,required" min:"1" max:"128"`
	Value string `query:"Value,required" min:"0" max:"256"`
}

// mostTags is how many tags an alarm or a dashboard may have.
// Source: API reference of PutMetricAlarm.
const mostTags = 50

func tagsOf(list []tag) (world.Tags, error) {
	tags := world.Tags{}
	for _, t := range list {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") {
			return nil, refuse.InvalidParameterValue("The tag key %s begins with aws:, which is reserved", t.Key)
		}
		tags[t.Key] = t.Value
	}
	if len(tags) > mostTags {
		return nil, refuse.InvalidParameterValue("There are more than %d tags", mostTags)
	}
	return tags, nil
}

type resource struct {
	ARN string `query:"ResourceARN,required" min:"1" max:"1024"`
}

// tagged is what has tags: an alarm or a dashboard.
type tagged struct {
	*world.Object
	set func(world.Tags)
}

// find is the alarm or the dashboard that a resource's ARN names.
func (r resource) find(tx *world.Tx) (tagged, error) {
	if name, is := strings.CutPrefix(r.ARN, model.ARN(tx, "")); is {
		if a, there := world.Get[model.Alarm](tx, name); there {
			return tagged{a.Base(), func(tags world.Tags) { world.Edit(tx, name, func(a *model.Alarm) { a.Tags = tags }) }}, nil
		}
	}
	if name, is := strings.CutPrefix(r.ARN, model.DashboardARN(tx, "")); is {
		if d, there := world.Get[model.Dashboard](tx.In(""), name); there {
			return tagged{d.Base(), func(tags world.Tags) { world.Edit(tx.In(""), name, func(d *model.Dashboard) { d.Tags = tags }) }}, nil
		}
	}
	return tagged{}, refuse.WithStatus(refuse.StatusNotFound, "ResourceNotFoundException", "%s", "Unknown")
}

type tagResourceInput struct {
	resource
	Tags []tag `query:"Tags,required"`
}

func tagResource(tx *world.Tx, in *tagResourceInput) error {
	a, err := in.find(tx)
	if err != nil {
		return err
	}
	added, err := tagsOf(in.Tags)
	if err != nil {
		return err
	}
	after := maps.Clone(a.Tags)
	if after == nil {
		after = world.Tags{}
	}
	maps.Copy(after, added)
	if len(after) > mostTags {
		return refuse.InvalidParameterValue("It would have %d tags; it can have %d at most", len(after), mostTags)
	}
	a.set(after)
	return nil
}

type untagResourceInput struct {
	resource
	Keys []string `query:"TagKeys,required" eachmin:"1" eachmax:"128"`
}

func untagResource(tx *world.Tx, in *untagResourceInput) error {
	a, err := in.find(tx)
	if err != nil {
		return err
	}
	after := maps.Clone(a.Tags)
	for _, key := range in.Keys {
		delete(after, key)
	}
	a.set(after)
	return nil
}

type listTagsOutput struct{ Tags wire.Members[shownTag] }

type shownTag struct{ Key, Value string }

// listTags gives none for what isn't there.
// Source: recorded replies of AWS.
func listTags(tx *world.Tx, _ *wire.Call, in *resource) (*listTagsOutput, error) {
	out := &listTagsOutput{wire.Members[shownTag]{}}
	if a, err := in.find(tx); err == nil {
		for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
			out.Tags = append(out.Tags, shownTag{key, a.Tags[key]})
		}
	}
	return out, nil
}
