package requests

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Filter is one of a describe call's filters: the object matches when any of its
// values matches any of the filter's.
type Filter struct {
	Name   string   `query:"Name,required"`
	Values []string `query:"Value"`
}

// Paging is what most describe calls share.
type Paging struct {
	Filters    []Filter `query:"Filter"`
	MaxResults *int     `query:"MaxResults" min:"5" max:"1000"`
	NextToken  string   `query:"NextToken"`
}

// Fields are the filters of a kind of object: for each name, the object's values.
type Fields[P any] map[string]func(o P) []string

// described are pointers to objects of the world.
type described interface{ Base() *world.Object }

// maxFilterValues is how many values a filter may have.
// Source: API reference of the describe operations.
const maxFilterValues = 200

// SelectObjects applies filters and page to the objects. It returns the token of the
// next page, empty on the last one.
func SelectObjects[P described](objects []P, in Paging, known Fields[P]) ([]P, string, error) {
	kept, err := applyFilters(objects, in.Filters, known)
	if err != nil {
		return nil, "", err
	}
	return page(kept, in.MaxResults, in.NextToken)
}

// Kept are the objects that fit all filters.
func Kept[P described](objects []P, filters []Filter, known Fields[P]) ([]P, error) {
	return applyFilters(objects, filters, known)
}

func applyFilters[P described](objects []P, filters []Filter, known Fields[P]) ([]P, error) {
	for _, f := range filters {
		if len(f.Values) > maxFilterValues {
			return nil, refuse.New("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		values, ok := known[f.Name]
		if key, isTag := strings.CutPrefix(f.Name, "tag:"); isTag {
			values, ok = func(o P) []string {
				if value, has := o.Base().Tags[key]; has {
					return []string{value}
				}
				return nil
			}, true
		} else if f.Name == "tag-key" {
			values, ok = func(o P) []string { return slices.Collect(maps.Keys(o.Base().Tags)) }, true
		}
		if !ok {
			return nil, unknownFilterError{f.Name}
		}
		objects = slices.DeleteFunc(objects, func(o P) bool { return !MatchesAny(values(o), f.Values) })
	}
	return objects, nil
}

// MatchesAny says whether one of the values meets one of a filter's patterns, in which * and ? stand for any text and any character.
func MatchesAny(values, patterns []string) bool {
	return slices.ContainsFunc(values, func(value string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(value, pattern) })
	})
}

// matches knows EC2's wildcards: * for any characters and ? for one.
func matches(value, pattern string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return value == pattern
	}
	// path.Match's * stops at a slash and it knows classes; both are made plain.
	escaped := strings.NewReplacer("[", `\[`, "/", "\x00").Replace(pattern)
	ok, err := path.Match(escaped, strings.ReplaceAll(value, "/", "\x00"))
	return err == nil && ok
}

// page cuts one page out of the objects, which are in order of creation.
func page[P described](objects []P, maxResults *int, token string) ([]P, string, error) {
	if token != "" {
		place, _ := wire.ReadMarker(token)
		after, err := strconv.ParseInt(place, 10, 64)
		if err != nil {
			return nil, "", invalidToken()
		}
		objects = slices.DeleteFunc(objects, func(o P) bool { return o.Base().Serial <= after })
	}
	if maxResults == nil || len(objects) <= *maxResults {
		return objects, "", nil
	}
	objects = objects[:*maxResults]
	return objects, wire.Marker(strconv.FormatInt(objects[len(objects)-1].Base().Serial, 10)), nil
}

// object is a pointer to a struct that embeds world.Object.
type object[T any] interface {
	*T
	Base() *world.Object
}

// List answers a describe call: the objects of the IDs, or all when there are none,
// filtered, cut into pages and rendered.
func List[T any, P object[T], Item any](tx *world.Tx, ids []string, in Paging, known Fields[P], render func(P) Item) (wire.Items[Item], string, error) {
	found, err := FindOrAll[T, P](tx, ids)
	if err != nil {
		return nil, "", err
	}
	found, next, err := SelectObjects(found, in, known)
	if err != nil {
		return nil, "", err
	}
	items := make(wire.Items[Item], len(found))
	for i, o := range found {
		items[i] = render(o)
	}
	return items, next, nil
}

// describeInput and describeOutput are what the describe operations of most kinds of object
// take and give; each has its own names of the IDs and of the list.
type describeInput struct {
	IDs []string
	Paging
}

type describeOutput[Item any] struct {
	Items     wire.Items[Item]
	NextToken string `xml:"nextToken,omitempty"`
}

// Describe makes the operation that describes objects of a kind, such as DescribeVpcs with
// IDs in VpcId and its list in vpcSet.
func Describe[T any, P object[T], Item any](h *Handlers, name, ids, list string, known func(*world.Tx) Fields[P], render func(*world.Tx, P) Item) wire.Operation {
	return View(h, name, func(tx *world.Tx, _ *wire.Call, in *describeInput) (*describeOutput[Item], error) {
		items, next, err := List(tx, in.IDs, in.Paging, known(tx), func(o P) Item { return render(tx, o) })
		return &describeOutput[Item]{items, next}, err
	}).Named("IDs", reflect.StructTag(`query:"`+ids+`"`), "Items", reflect.StructTag(`xml:"`+list+`"`))
}

// Create makes an object with the tags that a call specifies for its kind. The call is then
// about that object.
func Create[P described](c *wire.Call, specified []TagSpecification, kind string, create func(world.Tags) (P, error)) (P, error) {
	tags, err := TagsFor(specified, kind)
	if err != nil {
		return *new(P), err
	}
	made, err := create(tags)
	if err == nil {
		c.Resource = made.Base().ID
	}
	return made, err
}

// FindOrAll are the objects of the IDs, or all when there are none. One that isn't
// visible yet is refused like an absent one.
func FindOrAll[T any, P object[T]](tx *world.Tx, ids []string) ([]P, error) {
	if len(ids) == 0 {
		return world.Described[T, P](tx), nil
	}
	return world.FindAll[T, P](tx, ids)
}

// One is the value of a field that has one.
func One(value string) []string { return []string{value} }

// YesNo is a boolean as filters spell it: true or false.
func YesNo(b bool) []string { return []string{strconv.FormatBool(b)} }

// Some is the value unless it is empty.
func Some(value string) []string {
	if value == "" {
		return nil
	}
	return One(value)
}

// Never are the values of a filter by what no such object has here.
func Never[P any](P) []string { return nil }

// No is the value of a filter by what is false of all such objects here.
func No[P any](P) []string { return YesNo(false) }

// FitsAll applies filters to something that isn't an object of the world: for each
// filter its value, empty where it has none.
func FitsAll(filters []Filter, values map[string]string) (bool, error) {
	fits := true
	for _, f := range filters {
		value, ok := values[f.Name]
		if !ok {
			return false, unknownFilterError{f.Name}
		}
		fits = fits && MatchesAny(Some(value), f.Values)
	}
	return fits, nil
}

// Choose keeps those of AWS's own things that have one of the IDs, or all when there are
// none, and fit all filters by their values.
func Choose[T any](known []T, ids []string, id func(T) string, filters []Filter, values func(T) map[string]string) (kept []T, _ error) {
	for _, v := range known {
		fits, err := FitsAll(filters, values(v))
		if err != nil {
			return nil, err
		}
		if fits && (len(ids) == 0 || slices.Contains(ids, id(v))) {
			kept = append(kept, v)
		}
	}
	return kept, nil
}

// PageOf returns the page of values that a request asks for, and the token of the next; maxResults and token are the request's.
func PageOf[T any](values []T, maxResults *int, token string) ([]T, string, error) {
	values, next, ok := wire.Page(values, token, maxResults, len(values))
	if !ok {
		return nil, "", invalidToken()
	}
	return values, next, nil
}

func invalidToken() error {
	return refuse.InvalidParameterValue("Unable to parse pagination token")
}
