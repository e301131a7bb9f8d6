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
		change(h, "TagResource", service.Does(wire.Empty{}, tagResource)),
		change(h, "UntagResource", service.Does(wire.Empty{}, untagResource)),
		view(h, "ListTagsForResource", listTags),
	}
}

type tag struct {
	Key   string `query:"Key,required" min:"1" max:"128"`
	Value string `query:"Value,required" min:"0" max:"256"`
}

// mostTags is how many tags an alarm may have.
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

// find is the alarm that a resource's ARN names.
func (r resource) find(tx *world.Tx) (*model.Alarm, error) {
	name, ok := strings.CutPrefix(r.ARN, model.ARN(tx, ""))
	if a, there := world.Get[model.Alarm](tx, name); ok && there {
		return a, nil
	}
	return nil, refuse.WithStatus(refuse.StatusNotFound, "ResourceNotFoundException", "%s", "Unknown")
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
		return refuse.InvalidParameterValue("The alarm would have %d tags; it can have %d at most", len(after), mostTags)
	}
	world.Edit(tx, a.ID, func(a *model.Alarm) { a.Tags = after })
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
	world.Edit(tx, a.ID, func(a *model.Alarm) {
		for _, key := range in.Keys {
			delete(a.Tags, key)
		}
	})
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
