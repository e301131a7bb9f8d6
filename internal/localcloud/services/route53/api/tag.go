package api

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "ChangeTagsForResource", changeTagsForResource).At("POST /2013-04-01/tags/{ResourceType}/{ResourceId}"),
		view(h, "ListTagsForResource", listTagsForResource).At("GET /2013-04-01/tags/{ResourceType}/{ResourceId}"),
		view(h, "ListTagsForResources", listTagsForResources).At("POST /2013-04-01/tags/{ResourceType}"),
	}
}

type taggedInput struct {
	Type string `query:"ResourceType,required" rest:"path ResourceType" enum:"healthcheck|hostedzone"`
	ID   string `query:"ResourceId,required" rest:"path ResourceId" max:"64"`
}

// longestID is that of the IDs that tags go by, which have no prefix: AWS's model allows 64 characters, AWS itself doesn't.
// Source: moto, tests/test_route53/test_route53_hosted_zone_ids.py, which its authors ran on AWS.
const longestID = 32

// zone is the hosted zone that tags are about. There are no health checks.
func (in taggedInput) zone(tx *world.Tx) (*model.Zone, error) {
	switch {
	case len(in.ID) > longestID:
		return nil, invalidInput(fmt.Sprintf("1 validation error detected: Value '%s' at 'resourceId' failed to satisfy constraint: Member must have length less than or equal to %d", in.ID, longestID))
	case in.Type == "healthcheck":
		return nil, refuse.WithStatus(refuse.StatusNotFound, "NoSuchHealthCheck", "No health check exists with the specified ID %s", in.ID)
	case strings.Contains(in.ID, "/"):
		return nil, refuse.WithStatus(refuse.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: %s", in.ID)
	}
	return model.FindZone(tx, in.ID)
}

type changeTagsForResourceInput struct {
	taggedInput
	AddTags       []tagInBody `query:"AddTags" min:"1" max:"10" item:"Tag"`
	RemoveTagKeys []string    `query:"RemoveTagKeys" min:"1" max:"10" eachmax:"128" item:"Key"`
}

type tagInBody struct {
	Key   string `query:"Key" max:"128"`
	Value string `query:"Value" max:"256"`
}

func changeTagsForResource(tx *world.Tx, _ *wire.Call, in *changeTagsForResourceInput) (*wire.Empty, error) {
	z, err := in.zone(tx)
	if err != nil {
		return nil, err
	}
	if len(in.AddTags)+len(in.RemoveTagKeys) == 0 {
		return nil, invalidInput("AddTags or RemoveTagKeys must be specified")
	}
	tags := world.Tags{}
	for _, t := range in.AddTags {
		if t.Key == "" {
			return nil, invalidInput("A tag must have a key")
		}
		tags[t.Key] = t.Value
	}
	return &wire.Empty{}, model.TagZone(tx, z.ID, tags, in.RemoveTagKeys)
}

type tagSet struct {
	ResourceType string
	ResourceID   string `xml:"ResourceId"`
	Tags         tagItems
}

type tagItems struct{ Tag []tagItem }

type tagItem struct{ Key, Value string }

func renderTags(z *model.Zone) tagSet {
	set := tagSet{ResourceType: "hostedzone", ResourceID: z.ID}
	for _, key := range slices.Sorted(maps.Keys(z.Tags)) {
		set.Tags.Tag = append(set.Tags.Tag, tagItem{key, z.Tags[key]})
	}
	return set
}

type listTagsForResourceOutput struct{ ResourceTagSet tagSet }

func listTagsForResource(tx *world.Tx, _ *wire.Call, in *taggedInput) (*listTagsForResourceOutput, error) {
	z, err := in.zone(tx)
	if err != nil {
		return nil, err
	}
	return &listTagsForResourceOutput{renderTags(z)}, nil
}

type listTagsForResourcesInput struct {
	Type string   `query:"ResourceType,required" rest:"path ResourceType" enum:"healthcheck|hostedzone"`
	IDs  []string `query:"ResourceIds,required" min:"1" max:"10" eachmax:"64" item:"ResourceId"`
}

type listTagsForResourcesOutput struct{ ResourceTagSets tagSets }

type tagSets struct{ ResourceTagSet []tagSet }

func listTagsForResources(tx *world.Tx, _ *wire.Call, in *listTagsForResourcesInput) (*listTagsForResourcesOutput, error) {
	out := &listTagsForResourcesOutput{}
	for _, id := range in.IDs {
		z, err := taggedInput{in.Type, id}.zone(tx)
		if err != nil {
			return nil, err
		}
		out.ResourceTagSets.ResourceTagSet = append(out.ResourceTagSets.ResourceTagSet, renderTags(z))
	}
	return out, nil
}
