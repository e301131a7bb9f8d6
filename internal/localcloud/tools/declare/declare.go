package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/format"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// declaration is what is written of a service's operations.
type declaration struct {
	model
	structs bytes.Buffer
	done    map[string]bool // types that are written
}

// declare writes a Go file with the operations, their handlers, which refuse, and the
// structs of their requests and replies.
func declare(m model, packageName string, operations []string) ([]byte, error) {
	d := &declaration{model: m, done: map[string]bool{}}
	var table, handlers bytes.Buffer
	for _, name := range operations {
		o, ok := m.Operations[name]
		if !ok {
			return nil, fmt.Errorf("the model has no operation %q", name)
		}
		handler := lowerFirst(name)
		d.structure(handler+"Input", o.Input, request)
		output := "wire.Empty"
		if o.Output != nil {
			output = handler + "Output"
			d.structure(output, o.Output, reply)
		}
		fmt.Fprintf(&table, "wire.Op(service, %q, %s)%s,\n", name, handler, d.route(o))
		fmt.Fprintf(&handlers, "func %s(*wire.Call, *%[1]sInput) (*%s, error) {\nreturn nil, refuse.NotSimulated(%q)\n}\n\n", handler, output, "operation "+name+" is not simulated")
	}
	var file bytes.Buffer
	fmt.Fprintf(&file, "package %s\n\nimport (\n", packageName)
	for _, imported := range []struct{ use, path string }{{"xml.Name", "encoding/xml"}, {"time.Time", "time"}} {
		if bytes.Contains(d.structs.Bytes(), []byte(imported.use)) {
			fmt.Fprintf(&file, "%q\n", imported.path)
		}
	}
	const wirePackage = "github.com/platformctl/platformctl/internal/localcloud/wire"
	fmt.Fprintf(&file, "\n%q\n%q\n)\n\nfunc operations(service wire.Service) []wire.Operation {\nreturn []wire.Operation{\n%s}\n}\n\n%s%s",
		wirePackage, wirePackage+"/refuse", &table, &handlers, &d.structs)
	return format.Source(file.Bytes())
}

// route is the route of an operation whose protocol has them.
func (d *declaration) route(o operation) string {
	switch {
	case !d.speaks("rest-xml"):
		return ""
	case o.HTTP.ResponseCode == 0 || o.HTTP.ResponseCode == 200:
		return fmt.Sprintf(".At(%q)", o.HTTP.Method+" "+o.HTTP.RequestURI)
	}
	return fmt.Sprintf(".At(%q, %d)", o.HTTP.Method+" "+o.HTTP.RequestURI, o.HTTP.ResponseCode)
}

// direction is whose structs are written.
type direction bool

const (
	request direction = false
	reply   direction = true
)

// structure writes a struct, and after it those of its fields.
func (d *declaration) structure(name string, of *member, to direction) {
	if d.done[name] {
		return
	}
	d.done[name] = true
	if of == nil || len(d.Shapes[of.Shape].Members) == 0 {
		fmt.Fprintf(&d.structs, "type %s struct{}\n\n", name)
		return
	}
	s := d.Shapes[of.Shape]
	members := slices.SortedFunc(maps.Keys(s.Members), func(a, b string) int {
		if first := slices.Contains(s.Required, a); first != slices.Contains(s.Required, b) {
			return map[bool]int{true: -1, false: 1}[first]
		}
		return strings.Compare(a, b)
	})
	fmt.Fprintf(&d.structs, "type %s struct {\n", name)
	if root := cmp.Or(of.LocationName, s.Name); root != "" && to == reply && d.speaks("rest-xml") && strings.HasSuffix(name, "Output") {
		fmt.Fprintf(&d.structs, "XMLName xml.Name `xml:%q`\n", root)
	}
	var within []string // shapes of structures
	for _, field := range members {
		if field == "DryRun" && d.Metadata.Protocol == "ec2" {
			continue // package wire does it
		}
		m, required := s.Members[field], slices.Contains(s.Required, field)
		typeName, below := d.typeOf(m.Shape, to, required)
		if below != "" {
			within = append(within, below)
		}
		tag := d.requestTag(field, m, required, s.Payload == field)
		if to == reply {
			tag = d.replyTag(field, m, s.Payload == field)
		}
		fmt.Fprintf(&d.structs, "%s %s %s\n", goName(field), typeName, tag)
	}
	d.structs.WriteString("}\n\n")
	for _, shape := range within {
		d.structure(structName(shape, to), &member{Shape: shape}, to)
	}
}

// typeOf is the Go type of a shape, and the shape of the structure that it holds, if any.
func (d *declaration) typeOf(name string, to direction, required bool) (typeName, structure string) {
	pointer := "*"
	if required {
		pointer = ""
	}
	s := d.Shapes[name]
	switch s.Type {
	case "boolean":
		return pointer + "bool", ""
	case "integer":
		return pointer + "int", ""
	case "long":
		return pointer + "int64", ""
	case "float", "double":
		return pointer + "float64", ""
	case "timestamp":
		if to == reply {
			return pointer + "wire.Time", ""
		}
		return pointer + "time.Time", ""
	case "blob":
		return "[]byte", ""
	case "list":
		element, structure := d.typeOf(s.Member.Shape, to, true)
		switch {
		case to == reply && d.speaks("ec2"):
			return "wire.Items[" + element + "]", structure
		case to == reply && d.speaks("query"):
			return "wire.Members[" + element + "]", structure
		}
		return "[]" + element, structure
	case "map":
		element, structure := d.typeOf(s.Value.Shape, to, true)
		return "map[string]" + element, structure
	case "structure":
		if to == reply && !required {
			return "*" + structName(name, to), name
		}
		return structName(name, to), name
	}
	return "string", ""
}

// requestTag is the tag of a request's field: its name, place and constraints.
func (d *declaration) requestTag(field string, m member, required, payload bool) string {
	var tags []string
	add := func(key, value string) { tags = append(tags, key+":"+strconv.Quote(value)) }
	name := d.name(field, m)
	switch {
	case d.Metadata.Protocol == "ec2":
		name = cmp.Or(m.QueryName, upperFirst(name))
	case m.Location != "":
		name = field // the other name is of its place
	}
	if required {
		name += ",required"
	}
	add("query", name)
	if place := place(m, payload); place != "" {
		add("rest", place)
	}
	s := d.Shapes[m.Shape]
	if s.Type == "list" && d.speaks("rest-xml") && m.Location == "" {
		if item := s.Member.LocationName; s.Flattened || m.Flattened {
			add("item", "-")
		} else if item != "" && item != "member" {
			add("item", item)
		}
	}
	tags = append(tags, constraints("", s)...)
	if s.Type == "list" {
		if each := d.Shapes[s.Member.Shape]; each.Type == "string" {
			tags = append(tags, constraints("each", each)...)
		}
	}
	return quote(tags)
}

// constraints are the tags of a shape's constraints, but for patterns that Go's regular
// expressions haven't got.
func constraints(prefix string, s shape) (tags []string) {
	add := func(key, value string) {
		tag := prefix + key + ":" + strconv.Quote(value)
		if _, err := wire.ConstraintOf(reflect.StructField{Tag: reflect.StructTag(tag)}); err == nil {
			tags = append(tags, tag)
		}
	}
	if s.Type == "structure" || s.Type == "blob" {
		return nil
	}
	if s.Min != nil {
		add("min", strconv.FormatFloat(*s.Min, 'f', -1, 64))
	}
	if s.Max != nil {
		add("max", strconv.FormatFloat(*s.Max, 'f', -1, 64))
	}
	if s.Pattern != "" {
		add("pattern", s.Pattern)
	}
	if len(s.Enum) > 0 {
		add("enum", strings.Join(s.Enum, "|"))
	}
	return tags
}

// replyTag is the tag of a reply's field, for each form that the service's protocols have.
func (d *declaration) replyTag(field string, m member, payload bool) string {
	var tags []string
	name := d.name(field, m)
	if d.speaks("ec2", "query", "rest-xml") {
		s, element := d.Shapes[m.Shape], name
		if s.Type == "list" && d.speaks("rest-xml") && !s.Flattened && !m.Flattened {
			element += ">" + cmp.Or(s.Member.LocationName, "member")
		}
		if m.Location != "" || payload {
			element = "-"
		}
		if !strings.Contains(element, ">") && element != "-" && (s.Type == "string" || s.Type == "map") {
			element += ",omitempty"
		}
		tags = append(tags, fmt.Sprintf("xml:%q", element))
	}
	if d.speaks("json", "smithy-rpc-v2-cbor") {
		tags = append(tags, fmt.Sprintf("json:%q", name+",omitempty"))
	}
	if place := place(m, payload); place != "" {
		tags = append(tags, fmt.Sprintf("rest:%q", place))
	}
	return quote(tags)
}

// name is a member's on the wire.
func (d *declaration) name(field string, m member) string { return cmp.Or(m.LocationName, field) }

// place is where a member is, if not in the document.
func place(m member, payload bool) string {
	switch m.Location {
	case "uri":
		return "path " + m.LocationName
	case "querystring":
		return "query " + m.LocationName
	case "header", "headers":
		return m.Location + " " + m.LocationName
	}
	if payload {
		return strings.TrimSpace("body " + m.LocationName)
	}
	return ""
}

// structName is the Go name of a structure.
func structName(shape string, to direction) string {
	if to == reply {
		return lowerFirst(shape) + "Item"
	}
	return lowerFirst(shape)
}

// goName is a member's name with initials as Go writes them.
func goName(name string) string {
	word := regexp.MustCompile(`(Id|Arn|Url|Uri|Ip|Dns|Http|Ttl|Acl)(s?)([A-Z]|$)`)
	for range 2 { // neighbours overlap
		name = word.ReplaceAllStringFunc(name, func(found string) string {
			m := word.FindStringSubmatch(found)
			return strings.ToUpper(m[1]) + m[2] + m[3]
		})
	}
	return upperFirst(name)
}

// quote writes tags, in backquotes where it can.
func quote(tags []string) string {
	text := strings.Join(tags, " ")
	if strings.Contains(text, "`") {
		return strconv.Quote(text)
	}
	return "`" + text + "`"
}

func lowerFirst(s string) string {
	end := max(1, strings.IndexFunc(s, unicode.IsLower)-1) // VPCId is two words
	return strings.ToLower(s[:end]) + s[end:]
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
