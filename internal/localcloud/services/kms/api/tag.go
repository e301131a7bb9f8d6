package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		onKey(h, "TagResource", func(tx *world.Tx, k *model.Key, in tagResourceInput) error {
			tags, err := tagsOf(in.Tags)
			if err != nil {
				return err
			}
			return k.Tag(tx, tags)
		}),
		onKey(h, "UntagResource", func(tx *world.Tx, k *model.Key, in untagResourceInput) error { return k.Untag(tx, in.Keys) }),
		view(h, "ListResourceTags", listResourceTags),
	}
}

type tag struct {
	Key   string `query:"TagKey,required" min:"1" max:"128" json:"TagKey"`
	Value string `query:"TagValue,required" max:"256" json:"TagValue"`
}

func tagsOf(list []tag) (world.Tags, error) {
	tags := world.Tags{}
	for _, t := range list {
		if _, twice := tags[t.Key]; twice {
			return nil, refuse.New("TagException", "Duplicate tag keys")
		}
		tags[t.Key] = t.Value
	}
	return tags, nil
}

type tagResourceInput struct {
	keyIn
	Tags []tag `query:"Tags,required"`
}

type untagResourceInput struct {
	keyIn
	Keys []string `query:"TagKeys,required" eachmin:"1" eachmax:"128"`
}

type listResourceTagsInput struct {
	keyIn
	listing
}

type listResourceTagsOutput struct {
	listed
	Tags []tag
}

func listResourceTags(tx *world.Tx, c *wire.Call, in *listResourceTagsInput) (*listResourceTagsOutput, error) {
	k, err := allowed(tx, c, in.KeyID, model.FindKey)
	if err != nil {
		return nil, err
	}
	all := []tag{}
	for _, key := range slices.Sorted(maps.Keys(k.Tags)) {
		all = append(all, tag{key, k.Tags[key]})
	}
	tags, more, err := page(all, in.listing, 50)
	return &listResourceTagsOutput{more, tags}, err
}
