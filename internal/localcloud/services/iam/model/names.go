package model

import (
	"encoding/base32"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

var (
	nameCharacters = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]+$`) })
	pathShape      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^/([\x21-\x7e]+/)?$`) })
	tagCharacters  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })
)

// checkName refuses names that IAM refuses. The parameter is such as "roleName", the
// longest such as 64. Source: service model of IAM, roleNameType and its like.
func checkName(parameter, name string, longest int) error {
	switch {
	case name == "":
		return constraint(name, parameter, "Member must have length greater than or equal to 1")
	case utf8.RuneCountInString(name) > longest:
		return refuse.New("ValidationError", "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", name, parameter, longest)
	case !nameCharacters().MatchString(name):
		return refuse.New("ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", parameter)
	}
	return nil
}

// checkPath refuses paths that IAM refuses and makes the default one of an empty one.
func checkPath(path string) (string, error) {
	if path == "" {
		return "/", nil
	}
	if len(path) > 512 {
		return "", constraint(path, "path", "Member must have length less than or equal to 512")
	}
	if !pathShape().MatchString(path) {
		return "", refuse.New("ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return path, nil
}

// Tag is one tag of a request, in its order.
type Tag struct{ Key, Value string }

// mergeTags refuses tags that IAM refuses and merges them into those that are there.
// Source: API reference of TagRole; IAM's tag keys differ in more than case.
func mergeTags(old world.Tags, tags []Tag) (world.Tags, error) {
	merged, lower := world.Tags{}, map[string]bool{}
	for key, value := range old {
		merged[key] = value
	}
	for _, t := range tags {
		switch folded := strings.ToLower(t.Key); {
		case lower[folded]:
			return nil, refuse.New("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		case strings.HasPrefix(folded, "aws:"):
			return nil, refuse.New("InvalidInput", "Tag keys that start with \"aws:\" are reserved and can't be used.")
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || !tagCharacters().MatchString(t.Key):
			return nil, constraint(t.Key, "tags.1.member.key", "Member must have length between 1 and 128 and satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+")
		case utf8.RuneCountInString(t.Value) > 256 || !tagCharacters().MatchString(t.Value):
			return nil, constraint(t.Value, "tags.1.member.value", "Member must have length less than or equal to 256 and satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*")
		default:
			lower[folded] = true
		}
		for key := range merged { // a key that differs in case only is the same key
			if strings.EqualFold(key, t.Key) {
				delete(merged, key)
			}
		}
		merged[t.Key] = t.Value
	}
	if len(merged) > 50 {
		return nil, limitExceeded("TagsPerResource", 50)
	}
	return merged, nil
}

func withoutTags(old world.Tags, keys []string) world.Tags {
	left := world.Tags{}
	for key, value := range old {
		left[key] = value
	}
	for _, gone := range keys {
		for key := range left {
			if strings.EqualFold(key, gone) {
				delete(left, key)
			}
		}
	}
	return left
}

// uniqueID makes an ID as IAM does: four letters that say the kind, then 17 more.
func uniqueID(tx *world.Tx, prefix string) string {
	return prefix + base32.StdEncoding.EncodeToString([]byte(tx.Hex(22)))[:17]
}

func constraint(value, parameter, text string) error {
	return refuse.New("ValidationError", "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, parameter, text)
}

func noSuchEntity(format string, args ...any) *refuse.Error {
	return refuse.WithStatus(refuse.StatusNotFound, "NoSuchEntity", format, args...)
}

func alreadyExists(format string, args ...any) *refuse.Error {
	return refuse.WithStatus(refuse.StatusConflict, "EntityAlreadyExists", format, args...)
}

func deleteConflict(first string) *refuse.Error {
	return refuse.WithStatus(refuse.StatusConflict, "DeleteConflict", "Cannot delete entity, must %s first.", first)
}

func limitExceeded(quota string, limit int) *refuse.Error {
	return refuse.WithStatus(refuse.StatusConflict, "LimitExceeded", "Cannot exceed quota for %s: %d", quota, limit)
}
