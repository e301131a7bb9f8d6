package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "TagResource", tagResource),
		change(h, "UntagResource", untagResource),
		view(h, "ListTagsForResource", listTagsForResource),
	}
}

type tag struct {
	Key   string `query:"Key,required" min:"1" max:"128" xml:"Key"`
	Value string `query:"Value,required" max:"256" xml:"Value"`
}

func tagsOf(list []tag) (world.Tags, error) {
	tags := world.Tags{}
	for _, t := range list {
		if _, twice := tags[t.Key]; twice {
			return nil, model.Invalid("Duplicated keys are not allowed.")
		}
		if world.Reserved(t.Key) {
			return nil, model.Invalid("Tags Reason: Tag keys starting with 'aws:' are reserved")
		}
		tags[t.Key] = t.Value
	}
	return tags, nil
}

type resourceInput struct {
	ResourceARN string `query:"ResourceArn,required" min:"1" max:"1011"`
}

type tagResourceInput struct {
	resourceInput
	Tags []tag `query:"Tags,required"`
}

func tagResource(tx *world.Tx, _ *wire.Call, in *tagResourceInput) (*struct{}, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, model.Tag(tx, in.ResourceARN, tags, nil)
}

type untagResourceInput struct {
	resourceInput
	TagKeys []string `query:"TagKeys,required" eachmin:"1" eachmax:"128"`
}

func untagResource(tx *world.Tx, _ *wire.Call, in *untagResourceInput) (*struct{}, error) {
	return &struct{}{}, model.Tag(tx, in.ResourceARN, nil, in.TagKeys)
}

type tagsOutput struct {
	Tags wire.Members[tag] `xml:"Tags"`
}

func listTagsForResource(tx *world.Tx, _ *wire.Call, in *resourceInput) (*tagsOutput, error) {
	t, err := model.Tagged(tx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		out.Tags = append(out.Tags, tag{key, t.Tags[key]})
	}
	return out, nil
}
