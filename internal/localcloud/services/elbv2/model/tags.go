package model

import (
	"maps"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// maxTags is how many tags a resource may have.
// Source: Elastic Load Balancing User Guides, "Tag restrictions".
const maxTags = 50

var tagCharacters = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`) })

// Tag is one tag of a request, in its order.
type Tag struct{ Key, Value string }

// mergeTags refuses tags that AWS refuses and merges them into those that are there.
func mergeTags(old world.Tags, tags []Tag) (world.Tags, error) {
	merged, seen := maps.Clone(old), map[string]bool{}
	if merged == nil {
		merged = world.Tags{}
	}
	for _, t := range tags {
		switch {
		case seen[t.Key]:
			return nil, refuse.New("DuplicateTagKeys", "Tag key '%s' was specified more than once", t.Key)
		case t.Key == "":
			return nil, constraint(t.Key, "tags.1.member.key", "Member must have length greater than or equal to 1")
		case utf8.RuneCountInString(t.Key) > 128:
			return nil, constraint(t.Key, "tags.1.member.key", "Member must have length less than or equal to 128")
		case utf8.RuneCountInString(t.Value) > 256:
			return nil, constraint(t.Value, "tags.1.member.value", "Member must have length less than or equal to 256")
		case !tagCharacters().MatchString(t.Key):
			return nil, constraint(t.Key, "tags.1.member.key", `Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`)
		case !tagCharacters().MatchString(t.Value):
			return nil, constraint(t.Value, "tags.1.member.value", `Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, invalid("Tag key '%s' is reserved: keys must not begin with 'aws:'", t.Key)
		}
		seen[t.Key] = true
		merged[t.Key] = t.Value
	}
	if len(merged) > maxTags {
		return nil, refuse.New("TooManyTags", "You've reached the limit on the number of tags per resource: %d", maxTags)
	}
	return merged, nil
}

// retag changes the tags of each of the resources by f, or of none when any refuses.
func retag(tx *world.Tx, arns []string, f func(world.Tags) (world.Tags, error)) error {
	for _, arn := range arns {
		o, err := Find(tx, arn)
		if err != nil {
			return err
		}
		tags, err := f(o.Tags)
		if err != nil {
			return err
		}
		switch kindOf(arn) {
		case "loadbalancer":
			world.Edit(tx, arn, func(o *LoadBalancer) { o.Tags = tags })
		case "targetgroup":
			world.Edit(tx, arn, func(o *TargetGroup) { o.Tags = tags })
		case "listener":
			world.Edit(tx, arn, func(o *Listener) { o.Tags = tags })
		case "listener-rule":
			world.Edit(tx, arn, func(o *Rule) { o.Tags = tags })
		}
	}
	return nil
}

// AddTags adds tags to resources or changes their values.
func AddTags(tx *world.Tx, arns []string, tags []Tag) error {
	return retag(tx, arns, func(old world.Tags) (world.Tags, error) { return mergeTags(old, tags) })
}

// RemoveTags takes tags from resources. Absent ones are fine.
func RemoveTags(tx *world.Tx, arns, keys []string) error {
	return retag(tx, arns, func(old world.Tags) (world.Tags, error) {
		left := maps.Clone(old)
		for _, key := range keys {
			delete(left, key)
		}
		return left, nil
	})
}

// Find returns what all objects have of the resource of that ARN, whatever its kind.
func Find(tx *world.Tx, arn string) (*world.Object, error) {
	switch kindOf(arn) {
	case "loadbalancer":
		o, err := FindLoadBalancer(tx, arn)
		return base(o, err)
	case "targetgroup":
		o, err := FindTargetGroup(tx, arn)
		return base(o, err)
	case "listener":
		o, err := FindListener(tx, arn)
		return base(o, err)
	case "listener-rule":
		o, err := FindRule(tx, arn)
		return base(o, err)
	}
	return nil, invalid("'%s' is not a valid ARN", arn)
}

func base(o interface{ Base() *world.Object }, err error) (*world.Object, error) {
	if err != nil {
		return nil, err
	}
	return o.Base(), nil
}

// kindOf is the kind of resource that an ARN names, such as "listener-rule".
func kindOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "elasticloadbalancing" {
		return ""
	}
	kind, _, _ := strings.Cut(parts[5], "/")
	return kind
}
