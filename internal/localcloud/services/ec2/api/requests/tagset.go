package requests

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Tag is a tag in requests and replies.
type Tag struct {
	Key   string `query:"Key" xml:"key"`
	Value string `query:"Value" xml:"value"`
}

// TagSpecification says how to tag what a create call makes.
type TagSpecification struct {
	ResourceType string `query:"ResourceType,required"`
	Tags         []Tag  `query:"Tag"`
}

// TagsFor takes the tags of a resource type out of a create call's specifications and
// refuses types that the call doesn't make.
func TagsFor(specifications []TagSpecification, resourceType string, alsoAllowed ...string) (world.Tags, error) {
	var tags world.Tags
	for _, s := range specifications {
		if s.ResourceType != resourceType {
			if !slices.Contains(alsoAllowed, s.ResourceType) {
				return nil, refuse.InvalidParameterValue("'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
			}
			continue
		}
		for _, t := range s.Tags {
			if _, twice := tags[t.Key]; twice {
				return nil, refuse.InvalidParameterValue("Duplicate tag key '%s' specified.", t.Key)
			}
			if tags == nil {
				tags = world.Tags{}
			}
			tags[t.Key] = t.Value
		}
	}
	return tags, world.CheckTags(tags)
}

// TagSet writes tags in the order of their keys.
func TagSet(tags world.Tags) wire.Items[Tag] {
	var list wire.Items[Tag]
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, Tag{key, tags[key]})
	}
	return list
}
