package terminal

import (
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes the one document that a command puts on its standard output.
func JSON(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // it is read by programs and people, not by browsers
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("write the result as JSON: %w", err)
	}
	return nil
}

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
