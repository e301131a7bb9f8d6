package wire

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// markerPrefix tells markers from other base64.
const markerPrefix = "place "

// Marker makes the marker (or token) with which a caller asks for a list's next page.
// It hides the place in the list where that page begins: callers hand a marker back as
// it is.
func Marker(place string) string {
	return base64.RawStdEncoding.EncodeToString([]byte(markerPrefix + place))
}

// ReadMarker returns the place that a marker hides; ok is false for what isn't one.
func ReadMarker(marker string) (place string, ok bool) {
	text, err := base64.RawStdEncoding.DecodeString(marker)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(text), markerPrefix)
}

// Page cuts out of a list the page that a marker asks for, the first one for "", and returns
// the marker of the next: "" on the last. It has at most size elements, or as many as usual
// where size is nil. A marker is the number of the elements before its page; ok is false for
// what isn't one.
func Page[T any](list []T, marker string, size *int, usual int) (page []T, next string, ok bool) {
	from := 0
	if marker != "" {
		place, _ := ReadMarker(marker)
		var err error
		if from, err = strconv.Atoi(place); err != nil || from < 0 {
			return nil, "", false
		}
	}
	if size != nil {
		usual = *size
	}
	from = min(from, len(list))
	to := min(from+usual, len(list))
	if to < len(list) {
		next = Marker(strconv.Itoa(to))
	}
	return list[from:to], next, true
}
