package wire

import (
	"encoding/base64"
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
