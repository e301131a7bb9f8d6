package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "AddTagsToCertificate", service.Does(wire.Empty{}, addTags)),
		change(h, "RemoveTagsFromCertificate", service.Does(wire.Empty{}, removeTags)),
		view(h, "ListTagsForCertificate", listTags),
	}
}

type tag struct {
	Key   string  `query:"Key,required" min:"1" max:"128" pattern:"[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*"`
	Value *string `query:"Value" max:"256" pattern:"[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@]*"`
}

func tagsOf(list []tag) world.Tags {
	tags := world.Tags{}
	for _, t := range list {
		tags[t.Key] = ""
		if t.Value != nil {
			tags[t.Key] = *t.Value
		}
	}
	return tags
}

type tagsInput struct {
	certificateARN
	Tags []tag `query:"Tags,required" min:"1" max:"50"`
}

func addTags(tx *world.Tx, in *tagsInput) error {
	return model.AddTags(tx, in.CertificateARN, tagsOf(in.Tags))
}

func removeTags(tx *world.Tx, in *tagsInput) error {
	var removed []model.RemovedTag
	for _, t := range in.Tags {
		removed = append(removed, model.RemovedTag(t))
	}
	return model.RemoveTags(tx, in.CertificateARN, removed)
}

type listTagsOutput struct {
	Tags []shownTag
}

type shownTag struct{ Key, Value string }

func listTags(tx *world.Tx, _ *wire.Call, in *certificateARN) (*listTagsOutput, error) {
	c, err := model.Find(tx, in.CertificateARN)
	if err != nil {
		return nil, err
	}
	out := &listTagsOutput{Tags: []shownTag{}}
	for _, key := range slices.Sorted(maps.Keys(c.Tags)) {
		out.Tags = append(out.Tags, shownTag{key, c.Tags[key]})
	}
	return out, nil
}
