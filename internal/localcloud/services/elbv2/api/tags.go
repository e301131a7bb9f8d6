package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "AddTags", func(tx *world.Tx, in *addTagsInput) error { return model.AddTags(tx, in.Arns, readTags(in.Tags)) }),
		does(h, "RemoveTags", func(tx *world.Tx, in *removeTagsInput) error { return model.RemoveTags(tx, in.Arns, in.Keys) }),
		view(h, "DescribeTags", describeTags),
	}
}

type addTagsInput struct {
	Arns []string `query:"ResourceArns,required"`
	Tags []tag    `query:"Tags,required" min:"1"`
}

type removeTagsInput struct {
	Arns []string `query:"ResourceArns,required"`
	Keys []string `query:"TagKeys,required" eachmin:"1" eachmax:"128" eachpattern:"^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$"`
}

type describeTagsInput struct {
	Arns []string `query:"ResourceArns,required"`
}

type tagDescription struct {
	Arn  string            `xml:"ResourceArn"`
	Tags wire.Members[tag] `xml:"Tags"`
}

type describeTagsOutput struct {
	Descriptions wire.Members[tagDescription] `xml:"TagDescriptions"`
}

// maxDescribedTags is how many resources one call may ask for.
// Source: API reference of DescribeTags.
const maxDescribedTags = 20

func describeTags(tx *world.Tx, _ *wire.Call, in *describeTagsInput) (*describeTagsOutput, error) {
	if len(in.Arns) > maxDescribedTags {
		return nil, invalid("1 validation error detected: Value '%v' at 'resourceArns' failed to satisfy constraint: Member must have length less than or equal to %d", in.Arns, maxDescribedTags)
	}
	out := &describeTagsOutput{}
	for _, arn := range in.Arns {
		o, err := model.Find(tx, arn)
		if err != nil {
			return nil, err
		}
		description := tagDescription{Arn: arn}
		for _, key := range slices.Sorted(maps.Keys(o.Tags)) {
			description.Tags = append(description.Tags, tag{key, o.Tags[key]})
		}
		out.Descriptions = append(out.Descriptions, description)
	}
	return out, nil
}
