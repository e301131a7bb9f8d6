package model

import (
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// mostTags is how many tags a certificate may have.
// Source: ACM User Guide, "Tag restrictions".
const mostTags = 50

// CheckTags refuses tags that can't be added to others.
func CheckTags(before, added world.Tags) error {
	after := maps.Clone(before)
	if after == nil {
		after = world.Tags{}
	}
	for _, key := range slices.Sorted(maps.Keys(added)) {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return refuse.New("InvalidTagException", "Invalid Tag Key: %q. AWS internal tags cannot be changed with this API.", key)
		}
		after[key] = added[key]
	}
	if len(after) > mostTags {
		return refuse.New("TooManyTagsException", "The certificate would have %d tags; it can have %d at most.", len(after), mostTags)
	}
	return nil
}

// AddTags gives a certificate tags.
func AddTags(tx *world.Tx, arn string, tags world.Tags) error {
	c, err := Find(tx, arn)
	if err != nil {
		return err
	}
	if err := CheckTags(c.Tags, tags); err != nil {
		return err
	}
	world.Edit(tx, arn, func(c *Certificate) {
		if c.Tags == nil {
			c.Tags = world.Tags{}
		}
		maps.Copy(c.Tags, tags)
	})
	return nil
}

// RemovedTag is a tag to remove.
type RemovedTag struct {
	Key   string
	Value *string // nil: whatever it is
}

// RemoveTags takes tags off a certificate, those that it has.
func RemoveTags(tx *world.Tx, arn string, tags []RemovedTag) error {
	if _, err := Find(tx, arn); err != nil {
		return err
	}
	world.Edit(tx, arn, func(c *Certificate) {
		for _, t := range tags {
			if t.Value == nil || c.Tags[t.Key] == *t.Value {
				delete(c.Tags, t.Key)
			}
		}
	})
	return nil
}
