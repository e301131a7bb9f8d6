package model

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// mostTags is how many tags a key may have.
// Source: KMS Developer Guide, "Tags in AWS KMS".
const mostTags = 50

func checkTags(before, added world.Tags) error {
	for _, key := range slices.Sorted(maps.Keys(added)) {
		if world.Reserved(key) {
			return refuse.New("TagException", "aws: prefixed tag key names are not allowed for external use.")
		}
	}
	after := maps.Clone(before)
	if after == nil {
		after = world.Tags{}
	}
	if maps.Copy(after, added); len(after) > mostTags {
		return refuse.New("LimitExceededException", "A key can have %d tags at most", mostTags)
	}
	return nil
}

// Tag gives a key tags.
func (k *Key) Tag(tx *world.Tx, tags world.Tags) error {
	if err := k.usable(tx); err != nil {
		return err
	}
	if err := checkTags(k.Tags, tags); err != nil {
		return err
	}
	world.Edit(tx, k.ID, func(k *Key) {
		if k.Tags == nil {
			k.Tags = world.Tags{}
		}
		maps.Copy(k.Tags, tags)
	})
	return nil
}

// Untag takes the tags of those keys.
func (k *Key) Untag(tx *world.Tx, keys []string) error {
	if err := k.usable(tx); err != nil {
		return err
	}
	world.Edit(tx, k.ID, func(k *Key) {
		for _, key := range keys {
			delete(k.Tags, key)
		}
	})
	return nil
}
