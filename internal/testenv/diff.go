package testenv

import (
	"reflect"

	"github.com/davecgh/go-spew/spew"
	"github.com/rogpeppe/go-internal/diff"
)

// Diff is what differs between two values, as lines with - before what is wanted and +
// before what came; "" where they are equal, by reflect.DeepEqual. go-cmp says it more
// briefly, and has the linker keep every method of the AWS SDK in each test's binary:
// it asks types for their methods by number.
func Diff(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	// Equal values have equal texts.
	dump := spew.ConfigState{Indent: "  ", DisableMethods: true, DisablePointerAddresses: true, DisableCapacities: true, SortKeys: true, SpewKeys: true}
	lines := func(value any) []byte {
		if text, ok := value.(string); ok {
			return []byte(text + "\n")
		}
		return []byte(dump.Sdump(value))
	}
	if text := diff.Diff("want", lines(want), "got", lines(got)); text != nil {
		return string(text)
	}
	return "they look alike and are not deeply equal (nil and empty, or another type)"
}
