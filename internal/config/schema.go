package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// SchemaURL is where the schema is published: docs/platform.schema.json of the repository's main branch. The first line of
// the file that `platformctl init` writes points editors at it.
const SchemaURL = "https://raw.githubusercontent.com/platformctl/platformctl/HEAD/docs/platform.schema.json"

// schema is a JSON Schema, as far as the configuration needs one. It is draft 7, which every editor knows.
//
// It may let pass what Load refuses (no schema can compare two values, or read the page's file), but it never refuses what
// Load accepts: an editor that is wrong is worse than none.
type schema struct {
	Schema      string `json:"$schema,omitempty"`
	ID          string `json:"$id,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Default     any    `json:"default,omitempty"`
	Examples    []any  `json:"examples,omitempty"`

	Type  any       `json:"type,omitempty"` // a name, or a list of names
	Enum  []any     `json:"enum,omitempty"`
	AnyOf []*schema `json:"anyOf,omitempty"`
	Not   *schema   `json:"not,omitempty"`

	Minimum          *float64 `json:"minimum,omitempty"`
	ExclusiveMinimum *float64 `json:"exclusiveMinimum,omitempty"`
	Maximum          *float64 `json:"maximum,omitempty"`

	MinLength int    `json:"minLength,omitempty"`
	MaxLength int    `json:"maxLength,omitempty"`
	Pattern   string `json:"pattern,omitempty"`

	Items       *schema `json:"items,omitempty"`
	MinItems    int     `json:"minItems,omitempty"`
	MaxItems    int     `json:"maxItems,omitempty"`
	UniqueItems bool    `json:"uniqueItems,omitempty"`

	Properties           map[string]*schema `json:"properties,omitempty"`
	PropertyNames        *schema            `json:"propertyNames,omitempty"`
	MaxProperties        int                `json:"maxProperties,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // false, or a schema
}

// The names of JSON's types.
const (
	typeText    = "string"
	typeInteger = "integer"
	typeNumber  = "number"
	typeList    = "array"
	typeMapping = "object"
	typeNothing = "null"
	typeTruth   = "boolean"
)

// as gives a field the schema of its values. One without a schema may hold anything, as far as editors know.
func (f field) as(s schema) field {
	f.schema = s
	return f
}

// Schema returns the configuration's JSON Schema. The rules are those of fields; descriptions and defaults are the template's.
func Schema() []byte {
	keys := templateKeys()
	var values map[string]any
	if err := yaml.Unmarshal([]byte(template), &values); err != nil {
		panic(err) // the template is part of the program
	}
	root := section()
	root.Schema, root.ID = "http://json-schema.org/draft-07/schema#", SchemaURL
	root.Title = "platform.yaml"
	root.Description = "A platform as platformctl builds it. Every key can be left out, and then has its default."
	for _, f := range fields() {
		parent, defaults, path := root, values, ""
		names := strings.Split(f.key, ".")
		for _, name := range names[:len(names)-1] {
			path += name
			if parent.Properties[name] == nil {
				parent.Properties[name] = section()
				parent.Properties[name].Description = keys[path].comment
			}
			parent = parent.Properties[name]
			defaults, _ = defaults[name].(map[string]any)
			path += "."
		}
		of, name := f.schema, names[len(names)-1]
		of.Description = strings.TrimPrefix(keys[f.key].comment+"\n\nAllowed: "+f.allowed+".", "\n\n")
		of.Default = defaults[name]
		parent.Properties[name] = &of
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(root); err != nil {
		panic(err) // a value above has no JSON form, and so every test fails
	}
	return text.Bytes()
}

// section is the schema of a mapping of keys. One whose keys are all commented out is null in YAML.
func section() *schema {
	return &schema{Type: []string{typeMapping, typeNothing}, Properties: map[string]*schema{}, AdditionalProperties: false}
}

// matching is the schema of a text that a regular expression describes.
func matching(pattern string, examples ...any) schema {
	return schema{Type: typeText, Pattern: pattern, Examples: examples}
}

// bound is a bound of a number.
func bound(n float64) *float64 { return &n }

// between is the schema of a whole number.
func between(least, most int) schema {
	return schema{Type: typeInteger, Minimum: bound(float64(least)), Maximum: bound(float64(most))}
}

// durationPattern is a regular expression of what time.ParseDuration reads. Whole seconds, which is how nearly everybody
// writes them, must be in range; what is written in other units is left to Load.
func durationPattern(least, most int) string {
	const number, units = `(?:[0-9]+\.?[0-9]*|\.[0-9]+)`, `(?:h|ms?|[uµμ]s|ns)`
	forms := []string{
		`\+?0*(?:` + digits(least, most) + `)s`,
		`[+-]?` + number + units,
		`[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)s`,
		`[+-]?(?:` + number + `(?:s|` + units + `)){2,}`,
	}
	if least == 0 {
		forms = append(forms, `[+-]?0+s?`)
	}
	return "^(?:" + strings.Join(forms, "|") + ")$"
}

// digits is a regular expression of the whole numbers from least to most.
func digits(least, most int) string {
	var ranges []string
	for low := least; low <= most; {
		// As many of the last digits as may be any, and then as many values as possible of the digit before them.
		free, size := 0, 1
		for low > 0 && low%(size*10) == 0 && low+size*10-1 <= most {
			free, size = free+1, size*10
		}
		digit := low / size % 10
		last := digit
		for last < 9 && low+(last-digit+2)*size-1 <= most {
			last++
		}
		text := ""
		if before := low / size / 10; before > 0 {
			text = fmt.Sprint(before)
		}
		if last == digit {
			text += fmt.Sprint(digit)
		} else {
			text += fmt.Sprintf("[%d-%d]", digit, last)
		}
		ranges = append(ranges, text+strings.Repeat("[0-9]", free))
		low += (last - digit + 1) * size
	}
	return strings.Join(ranges, "|")
}
