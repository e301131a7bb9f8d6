package api

import (
	"slices"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "CreateOrUpdateTags", createTags),
		does(h, "DeleteTags", deleteTags),
		view(h, "DescribeTags", describeTags),
	}
}

type groupTag struct {
	ResourceID   string `query:"ResourceId"`
	ResourceType string `query:"ResourceType"`
	Key          string `query:"Key,required" min:"1" max:"128"`
	Value        string `query:"Value" max:"256"`
	Propagate    bool   `query:"PropagateAtLaunch"`
}

func tagsOf(in []groupTag) (world.Tags, map[string]bool, error) {
	tags, propagate := world.Tags{}, map[string]bool{}
	for _, t := range in {
		if world.Reserved(t.Key) {
			return nil, nil, model.Invalid("Tag keys starting with 'aws:' are reserved for internal use")
		}
		tags[t.Key], propagate[t.Key] = t.Value, t.Propagate
	}
	return tags, propagate, nil
}

type tagsInput struct {
	Tags []groupTag `query:"Tags,required"`
}

func (t groupTag) check() error {
	if t.ResourceType != "" && t.ResourceType != "auto-scaling-group" {
		return model.Invalid("Invalid resource type: %s. The only supported resource type is auto-scaling-group", t.ResourceType)
	}
	return nil
}

func createTags(tx *world.Tx, in *tagsInput) error {
	for _, t := range in.Tags {
		if err := t.check(); err != nil {
			return err
		}
		tags, propagate, err := tagsOf([]groupTag{t})
		if err == nil {
			err = model.Retag(tx, t.ResourceID, tags, propagate, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func deleteTags(tx *world.Tx, in *tagsInput) error {
	for _, t := range in.Tags {
		if err := t.check(); err != nil {
			return err
		}
		if err := model.Retag(tx, t.ResourceID, nil, nil, []string{t.Key}); err != nil {
			return err
		}
	}
	return nil
}

type describeTagsInput struct {
	paging
	Filters []filter `query:"Filters"`
}

type describeTagsOutput struct {
	Tags wire.Members[tagItem] `xml:"Tags"`
	Next string                `xml:"NextToken,omitempty"`
}

func describeTags(tx *world.Tx, _ *wire.Call, in *describeTagsInput) (out *describeTagsOutput, err error) {
	var all []tagItem
	for _, g := range world.Described[model.Group](tx) {
		for _, t := range renderTags(g) {
			wanted := true
			for _, f := range in.Filters {
				value, known := map[string]string{"auto-scaling-group": g.ID, "key": t.Key, "value": t.Value, "propagate-at-launch": strconv.FormatBool(t.Propagate)}[f.Name]
				if !known {
					return nil, model.Invalid("Filter type %s is not correct. Allowed Filter types are: auto-scaling-group key value propagate-at-launch", f.Name)
				}
				wanted = wanted && slices.Contains(f.Values, value)
			}
			if wanted {
				all = append(all, t)
			}
		}
	}
	out = &describeTagsOutput{}
	out.Tags, out.Next, err = page(all, in.paging, 100, func(t tagItem) tagItem { return t })
	return out, err
}
