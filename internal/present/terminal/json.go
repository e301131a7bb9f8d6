package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// JSON writes the one document that a command puts on its standard output.
func JSON(w io.Writer, document any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // it is read by programs and people, not by browsers
	err := encoder.Encode(document)
	if err == nil {
		_, err = io.WriteString(w, plainJSON(text.String()))
	}
	if err != nil {
		return fmt.Errorf("write the result as JSON: %w", err)
	}
	return nil
}

// plainJSON writes as \u… what JSON allows in a text and a terminal would obey: JSON itself does so with what is below a space.
func plainJSON(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || !obeyed(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
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
