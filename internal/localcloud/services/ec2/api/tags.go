package api

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func tagOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.Do(h, "CreateTags", createTags),
		requests.Do(h, "DeleteTags", deleteTags),
		requests.View(h, "DescribeTags", describeTags),
	}
}

type createTagsInput struct {
	Resources []string       `query:"ResourceId,required" missing:"resourceIdSet"`
	Tags      []requests.Tag `query:"Tag,required" missing:"tagSet"`
}

func createTags(tx *world.Tx, in *createTagsInput) error {
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
			return err
		}
	}
	return nil
}

type deleteTagsInput struct {
	Resources []string    `query:"ResourceId,required" missing:"resourceIdSet"`
	Tags      []deleteTag `query:"Tag"`
}

// deleteTag is a tag to delete: with a value only where it has that value.
type deleteTag struct {
	Key   string  `query:"Key,required"`
	Value *string `query:"Value"`
}

func deleteTags(tx *world.Tx, in *deleteTagsInput) error {
	for _, t := range in.Tags {
		if world.Reserved(t.Key) {
			return world.ReservedKey()
		}
	}
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
			return err
		}
	}
	return nil
}

type describeTagsInput struct {
	requests.Paging
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
		for _, t := range requests.TagSet(o.Tags) {
			all = append(all, &oneTag{world.Object{Serial: number, Tags: world.Tags{t.Key: t.Value}}, tagItem{o.ID, o.Kind, t.Key, t.Value}})
			number++
		}
	}
	found, next, err := requests.SelectObjects(all, in.Paging, requests.Fields[*oneTag]{
		"key":           func(t *oneTag) []string { return requests.One(t.item.Key) },
		"value":         func(t *oneTag) []string { return requests.One(t.item.Value) },
		"resource-id":   func(t *oneTag) []string { return requests.One(t.item.ResourceID) },
		"resource-type": func(t *oneTag) []string { return requests.One(t.item.ResourceType) },
	})
	out := &describeTagsOutput{NextToken: next}
	for _, t := range found {
		out.Tags = append(out.Tags, t.item)
	}
	return out, err
}

// lacksTag reports whether an object has no tag that passes the filters by tag: of the
// many tags of a region, those of most objects needn't be looked at one by one.
func lacksTag(tags world.Tags, filters []requests.Filter) bool {
	return slices.ContainsFunc(filters, func(f requests.Filter) bool {
		key, byTag := strings.CutPrefix(f.Name, "tag:")
		value, has := tags[key]
		return byTag && (!has || !requests.MatchesAny(requests.One(value), f.Values))
	})
}
