package scrub

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSON is a document of JSON with replacements in its strings and names. Numbers stay: a time in seconds can look like an
// account. What is no JSON is treated as text.
func (s *Scrubber) JSON(text string) string {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return s.Text(text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.learnFrom(text)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s.value(value)); err != nil {
		return s.opaque(text) // what was decoded can be encoded, so it doesn't come to this
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (s *Scrubber) value(value any) any {
	switch value := value.(type) {
	case map[string]any:
		scrubbed := make(map[string]any, len(value))
		for name, member := range value {
			if token, ok := member.(string); ok && token != "" && strings.EqualFold(name, "NextToken") {
				scrubbed[name] = s.opaque(token)
				continue
			}
			scrubbed[s.text(name)] = s.value(member)
		}
		return scrubbed
	case []any:
		scrubbed := make([]any, len(value))
		for i, element := range value {
			scrubbed[i] = s.value(element)
		}
		return scrubbed
	case string:
		return s.text(value)
	default:
		return value
	}
}
