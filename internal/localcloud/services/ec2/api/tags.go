package api

import (
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type tag struct {
	Key   string `query:"Key" xml:"key"`
	Value string `query:"Value" xml:"value"`
}

// tagSpecification says how to tag what a create call makes.
type tagSpecification struct {
	ResourceType string `query:"ResourceType,required"`
	Tags         []tag  `query:"Tag"`
}

// tagsFor takes the tags of a resource type out of a create call's specifications and
// refuses types that the call doesn't make.
func tagsFor(specifications []tagSpecification, resourceType string, alsoAllowed ...string) (world.Tags, error) {
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

// tagSet writes tags in the order of their keys.
func tagSet(tags world.Tags) wire.Items[tag] {
	var list wire.Items[tag]
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{key, tags[key]})
	}
	return list
}

func (h *handlers) tagOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateTags", createTags),
		change(h, "DeleteTags", deleteTags),
		view(h, "DescribeTags", describeTags),
	}
}

type createTagsInput struct {
	Resources []string `query:"ResourceId,required"`
	Tags      []tag    `query:"Tag,required"`
}

func createTags(tx *world.Tx, _ *wire.Call, in *createTagsInput) (*wire.Return, error) {
	for _, id := range in.Resources {
		err := world.Retag(tx, id, func(tags world.Tags) world.Tags {
			if tags == nil {
				tags = world.Tags{}
			}
			for _, t := range in.Tags {
				tags[t.Key] = t.Value
			}
			return tags
		})
		if err != nil {
			return nil, err
		}
	}
	return wire.Done(), nil
}

type deleteTagsInput struct {
	Resources []string    `query:"ResourceId,required"`
	Tags      []deleteTag `query:"Tag"`
}

// deleteTag is a tag to delete: with a value only where it has that value.
type deleteTag struct {
	Key   string  `query:"Key,required"`
	Value *string `query:"Value"`
}

func deleteTags(tx *world.Tx, _ *wire.Call, in *deleteTagsInput) (*wire.Return, error) {
	for _, id := range in.Resources {
		err := world.Retag(tx, id, func(tags world.Tags) world.Tags {
			if len(in.Tags) == 0 { // all of them
				return nil
			}
			for _, t := range in.Tags {
				if t.Value == nil || tags[t.Key] == *t.Value {
					delete(tags, t.Key)
				}
			}
			return tags
		})
		if err != nil {
			return nil, err
		}
	}
	return wire.Done(), nil
}

type describeTagsInput struct {
	paging
}

type describeTagsOutput struct {
	Tags      wire.Items[tagItem] `xml:"tagSet"`
	NextToken string              `xml:"nextToken,omitempty"`
}

type tagItem struct {
	ResourceID   string `xml:"resourceId"`
	ResourceType string `xml:"resourceType"`
	Key          string `xml:"key"`
	Value        string `xml:"value"`
}

// oneTag makes of each tag an object of its own, so that filters and pages apply.
type oneTag struct {
	world.Object
	item tagItem
}

func describeTags(tx *world.Tx, _ *wire.Call, in *describeTagsInput) (*describeTagsOutput, error) {
	var all []*oneTag
	number := int64(0) // a page ends between two tags of all, so each has one
	for _, o := range world.ByTag(tx) {
		if lacksTag(o.Tags, in.Filters) {
			number += int64(len(o.Tags))
			continue
		}
		for _, t := range tagSet(o.Tags) {
			all = append(all, &oneTag{world.Object{Serial: number, Tags: world.Tags{t.Key: t.Value}}, tagItem{o.ID, o.Kind, t.Key, t.Value}})
			number++
		}
	}
	found, next, err := selectObjects(all, in.paging, fields[*oneTag]{
		"key":           func(t *oneTag) []string { return one(t.item.Key) },
		"value":         func(t *oneTag) []string { return one(t.item.Value) },
		"resource-id":   func(t *oneTag) []string { return one(t.item.ResourceID) },
		"resource-type": func(t *oneTag) []string { return one(t.item.ResourceType) },
	})
	out := &describeTagsOutput{NextToken: next}
	for _, t := range found {
		out.Tags = append(out.Tags, t.item)
	}
	return out, err
}

// lacksTag reports whether an object has no tag that passes the filters by tag: of the
// many tags of a region, those of most objects needn't be looked at one by one.
func lacksTag(tags world.Tags, filters []filter) bool {
	return slices.ContainsFunc(filters, func(f filter) bool {
		key, byTag := strings.CutPrefix(f.Name, "tag:")
		value, has := tags[key]
		return byTag && (!has || !matchesAny(one(value), f.Values))
	})
}
