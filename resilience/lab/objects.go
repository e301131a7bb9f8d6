package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Object is something that is in the world and not in a new account's.
type Object struct {
	Kind, ID string
	Tags     map[string]string
}

// Key is the key of an object of the platform. It is "" for what is another's, and for what has no key of its own and
// can bear that of another object, such as the volume of an instance or the rules of a group.
func (o Object) Key() string {
	key := o.Tags[awsapi.TagKey]
	kind := strings.ToLower(strings.ReplaceAll(o.Kind, " ", "-"))
	if o.Tags[awsapi.TagPlatform] != Platform || !strings.HasPrefix(key, kind+"/") {
		return ""
	}
	return key
}

// Objects lists all that is in the world, in all regions, but for what AWS makes by itself, what it only still lists
// though it has ended, targets that drain, and strangers. Faults hide nothing from it.
func (s *Site) Objects() ([]Object, error) {
	all, err := s.Everything()
	if err != nil {
		return nil, fmt.Errorf("list the world's objects: %w", err)
	}
	return slices.DeleteFunc(all, func(o Object) bool { return s.Strangers[o.ID] }), nil
}

// objectsOf is the same of a world, with strangers.
func objectsOf(w *world.World) (all []Object, err error) {
	err = w.View("", func(tx *world.Tx) error {
		for _, item := range world.Inventory(tx) {
			all = append(all, Object{item.Noun, item.ID, maps.Clone(item.Tags)})
		}
		return nil
	})
	return all, err
}

// Compare counts objects by kind, and says where there are more or fewer than there must be.
func Compare(objects []Object, census map[string]int) (surplus, missing []string) {
	have := map[string][]string{}
	for _, o := range objects {
		have[o.Kind] = append(have[o.Kind], o.ID)
	}
	kinds := slices.Concat(slices.Collect(maps.Keys(have)), slices.Collect(maps.Keys(census)))
	slices.Sort(kinds)
	for _, kind := range slices.Compact(kinds) {
		text := fmt.Sprintf("%d × %s instead of %d (%s)", len(have[kind]), kind, census[kind], strings.Join(have[kind], ", "))
		switch {
		case len(have[kind]) > census[kind]:
			surplus = append(surplus, text)
		case len(have[kind]) < census[kind]:
			missing = append(missing, text)
		}
	}
	return surplus, missing
}
