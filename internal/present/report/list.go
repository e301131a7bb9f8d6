package report

import "encoding/json"

// List is a slice that is [] in JSON where it is empty, never null, so that
// scripts can always iterate over it.
type List[T any] []T

// MarshalJSON writes the array.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(l))
}
