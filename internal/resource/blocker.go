package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Blocker is one thing that prevents a deletion.
type Blocker struct {
	// Type is what AWS calls such a thing, such as "network interface".
	Type string
	ID   string
	// Name is its name, mostly that of its Name tag; "" where it has none.
	Name string
	// Platform is the platform that its tags name; "" where they name none.
	Platform string
	// Account is the AWS account that it is of, and Requester the service of AWS
	// that made it for somebody; "" where AWS doesn't tell.
	Account, Requester string
	// Component is the handle of the part of the object that blocks, where that is
	// deleted by itself: the rules of a security group.
	Component string
	// Notes tell a person more of it, such as which instance it is attached to.
	Notes []string
	// Transient says that it goes by itself, or with another one that is named.
	Transient bool
	// Protection is what keeps one of the owner's own objects from being deleted or
	// stopped, such as "termination protection"; "" of what is in the way of others.
	Protection string
	// Configured says that this tool has set the protection, as the configuration asked.
	Configured bool
	// Lift is the command, or the step for a person, that ends the protection, or that puts back a tag: see Untagged.
	Lift string
}

// Untagged says that it is one of the owner's own objects, by the state's record, whose tags don't say so any more.
func (b Blocker) Untagged() bool { return b.Protection == "" && b.Lift != "" }

// Handle is the handle of an object of the kind that Type names: a name alone won't do, since a role and
// an instance profile can share one.
func (b Blocker) Handle() string {
	return Handle(strings.ToLower(strings.ReplaceAll(b.Type, " ", "-")), b.ID)
}

// String is its type, its ID and, in parentheses, what tells whose it is.
func (b Blocker) String() string {
	notes := slices.Clone(b.Notes)
	switch {
	case b.Platform != "":
		notes = append(notes, strings.TrimSpace(b.Name+" of "+b.Owner()))
	case b.Requester != "":
		notes = append(notes, b.Name, "of "+b.Requester)
	default:
		notes = append(notes, b.Name, notOurs)
	}
	return onOneLine(b.Type + " " + b.ID + " (" + strings.Join(present(notes), ", ") + ")")
}

// notOurs is said of what carries no tags of this tool.
const notOurs = "not made by platformctl"

// FindUntagged names those of some missing objects that are there without the owner's tags, each with the tags that it has; get
// reads an object's tags by its ID, and a NotFound means that it is gone.
func FindUntagged(ctx context.Context, noun string, ids []string, get func(ctx context.Context, id string) (tags map[string]string, err error)) ([]Blocker, error) {
	var blockers []Blocker
	for _, id := range ids {
		tags, err := get(ctx, id)
		if awsapi.IsNotFound(err) {
			continue
		}
		if err != nil {
			return blockers, fmt.Errorf("look whose %s %s is: %w", noun, id, err)
		}
		blockers = append(blockers, Blocker{Type: noun, ID: id, Name: tags[awsapi.TagName], Platform: tags[awsapi.TagPlatform]})
	}
	return blockers, nil
}

// Owner says whose it is, as far as AWS tells.
func (b Blocker) Owner() string {
	switch {
	case b.Platform != "":
		return "platform " + b.Platform
	case b.Requester != "":
		return b.Requester
	case b.Account != "":
		return "account " + b.Account
	}
	return notOurs
}

// Note is all notes in one text.
func (b Blocker) Note() string { return strings.Join(present(b.Notes), ", ") }

// Sentence names several.
func Sentence(blockers []Blocker) string {
	texts := make([]string, len(blockers))
	for i, b := range blockers {
		texts[i] = b.String()
	}
	return strings.Join(texts, ", ")
}

func present(texts []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == "" })
}

// DeletionSet is what a teardown is about to delete.
type DeletionSet struct {
	// Objects are the owner's, by their tags.
	Objects []Object
	// Missing are records of objects that no list returned: they are gone, or
	// somebody took their tags away.
	Missing []Record
}

// IDs are those of a kind's objects, of the missing ones too.
func (s DeletionSet) IDs(kind string) []string {
	ids := s.MissingIDs(kind)
	for _, object := range s.Objects {
		if object.Key.Kind == kind {
			ids = append(ids, object.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// MissingIDs are those of a kind's missing objects.
func (s DeletionSet) MissingIDs(kind string) []string {
	var ids []string
	for _, record := range s.Missing {
		if record.Key.Kind == kind && record.ID != "" {
			ids = append(ids, record.ID)
		}
	}
	return ids
}
