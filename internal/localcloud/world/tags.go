package world

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Tags are an object's tags.
type Tags map[string]string

// maxTags is how many tags an object may have.
// Source: Amazon EC2 User Guide, "Tag restrictions".
const maxTags = 50

// CheckTags refuses tags that EC2 refuses: too many, reserved or too long keys, too
// long values.
func CheckTags(tags Tags) error {
	if len(tags) > maxTags {
		return refuse.New("TagLimitExceeded", "The maximum number of tags for a resource has been reached.")
	}
	for key, value := range tags {
		switch {
		case key == "":
			return refuse.InvalidParameterValue("Tag keys must be non-empty")
		case Reserved(key):
			return ReservedKey()
		case utf8.RuneCountInString(key) > 128:
			return refuse.InvalidParameterValue("Tag key exceeds the maximum length of 128 characters")
		case utf8.RuneCountInString(value) > 256:
			return refuse.InvalidParameterValue("Tag value exceeds the maximum length of 256 characters")
		}
	}
	return nil
}

// Reserved reports whether only AWS itself may give and take tags of that key.
func Reserved(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

// ReservedKey is the refusal of a call that does.
func ReservedKey() error {
	return refuse.InvalidParameterValue("Tag keys starting with 'aws:' are reserved for internal use")
}

// split parts what users gave from what AWS gave.
func split(tags Tags) (users, aws Tags) {
	users, aws = Tags{}, Tags{}
	for key, value := range tags {
		if Reserved(key) {
			aws[key] = value
		} else {
			users[key] = value
		}
	}
	return users, aws
}

// Tagged is an object with its kind, for DescribeTags.
type Tagged struct {
	Kind string // resource type, such as "vpc"
	*Object
}

// ByTag lists all taggable objects of the transaction's region that have tags, as the
// server knows them that answers the call.
func ByTag(tx *Tx) []Tagged {
	var list []Tagged
	for _, t := range tx.w.tables {
		if t.untaggable() {
			continue
		}
		for _, o := range t.basesSeen(tx) {
			if len(o.Tags) > 0 {
				list = append(list, Tagged{t.name(), o})
			}
		}
	}
	slices.SortFunc(list, func(a, b Tagged) int { return int(a.Serial - b.Serial) })
	return list
}

// ByPrefix finds the object of an ID whose prefix says what it is, as it is. The kind is the resource type, such as
// "vpc", "" where no kind has the prefix; the object is nil where there is none of that ID.
func ByPrefix(tx *Tx, id string) (kind string, o *Object) {
	prefix, _, _ := strings.Cut(id, "-")
	for _, t := range tx.w.tables {
		if t.prefix() != "" && t.prefix() == prefix {
			return t.name(), t.base(tx.region, id)
		}
	}
	return "", nil
}

// Retag changes the tags of the object of that ID, whatever its kind. The function gets
// a copy that it may change and returns the new tags; AWS's own are left out of both, and stay. An ID that no object has is
// refused in the words of the kind that its prefix stands for.
func Retag(tx *Tx, id string, f func(Tags) Tags) error {
	prefix, _, _ := strings.Cut(id, "-")
	for _, t := range tx.w.tables {
		if t.untaggable() || t.prefix() == "" || t.prefix() != prefix {
			continue
		}
		var err error
		if !t.known(tx, id) || !t.retag(tx, id, func(old Tags) Tags {
			users, aws := split(old)
			tags := f(users)
			if err = CheckTags(tags); err != nil || len(aws) == 0 {
				return tags
			}
			maps.Copy(aws, tags)
			return aws
		}) {
			return t.missing(id)
		}
		return err
	}
	return refuse.New("InvalidID", "The ID '%s' is not valid", id)
}
