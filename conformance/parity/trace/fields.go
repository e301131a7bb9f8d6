package trace

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Field is a value of a reply or of a request. Its path has the names from the outermost to its own, with slashes
// between them, without the element that wraps a whole reply: "vpcSet/item/vpcId". A list of JSON adds "[]".
type Field struct{ Path, Value string }

// Fields are those of a body in XML or JSON, in their order. An empty body has none.
func Fields(body string) ([]Field, error) {
	switch text := strings.TrimSpace(body); {
	case text == "":
		return nil, nil
	case text[0] == '<':
		return xmlFields(text)
	default:
		return jsonFields(text)
	}
}

// Parameters are those of a request: of a form, or of JSON with the same paths as Fields has. Action and Version, which
// say what is asked and not of what, are left out.
func Parameters(body string) (map[string]string, error) {
	all := map[string]string{}
	if text := strings.TrimSpace(body); strings.HasPrefix(text, "{") {
		fields, err := jsonFields(text)
		counts := map[string]int{}
		for _, f := range fields {
			path := f.Path
			if counts[path]++; counts[path] > 1 {
				path = fmt.Sprintf("%s.%d", path, counts[path])
			}
			all[path] = f.Value
		}
		return all, err
	}
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, fmt.Errorf("read a request's parameters: %w", err)
	}
	for name, values := range form {
		if name != "Action" && name != "Version" {
			all[name] = strings.Join(values, ",")
		}
	}
	return all, nil
}

func xmlFields(text string) (fields []Field, err error) {
	var path []string
	var value bytes.Buffer
	leaf := false // the element that is open has no element in it
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a reply: %w", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			path, leaf = append(path, token.Name.Local), true
			value.Reset()
		case xml.CharData:
			value.Write(token)
		case xml.EndElement:
			if leaf && len(path) > 1 {
				fields = append(fields, Field{strings.Join(path[1:], "/"), strings.TrimSpace(value.String())})
			}
			path, leaf = path[:len(path)-1], false
		}
	}
}

func jsonFields(text string) ([]Field, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read a body in JSON: %w", err)
	}
	return flatten(nil, "", value), nil
}

func flatten(fields []Field, path string, value any) []Field {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			fields = flatten(fields, strings.TrimPrefix(path+"/"+name, "/"), value[name])
		}
		if len(value) == 0 && path != "" {
			fields = append(fields, Field{path, ""})
		}
	case []any:
		for _, element := range value {
			fields = flatten(fields, path+"[]", element)
		}
		if len(value) == 0 {
			fields = append(fields, Field{path, ""})
		}
	case nil:
		fields = append(fields, Field{path, ""})
	default:
		fields = append(fields, Field{path, fmt.Sprint(value)})
	}
	return fields
}

// CodeOf is the code of a refusal, in any of AWS's protocols; "" where the reply has none. header is the reply's
// X-Amzn-Errortype.
func CodeOf(body, header string) string {
	code := header
	if fields, err := Fields(body); err == nil {
		for _, f := range fields {
			if f.Path == "__type" || f.Path == "Error/Code" || strings.HasSuffix(f.Path, "/Error/Code") {
				code = f.Value
				break
			}
		}
	}
	code, _, _ = strings.Cut(code, ":") // as in "NoSuchThing:http://…"
	return code[strings.LastIndex(code, "#")+1:]
}
