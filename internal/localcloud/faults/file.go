package faults

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/platformctl/platformctl/internal/localcloud/service"
)

// Parse reads a configuration from YAML or JSON text and checks it, given all services
// that there are. What is wrong is an *Error that names the source, lines and columns.
func Parse(source string, text []byte, services []service.Service) (Config, error) {
	d := document{source: source, quotas: quotaKeys(services)}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return Config{}, d.failed(err)
	}
	d.file = file
	for i, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case i > 0:
			d.add(Problem{Message: "holds a second document"}, doc.Body)
		default:
			d.keys("", doc.Body, reflect.TypeFor[Config]())
		}
	}
	var c Config
	if len(d.problems) == 0 {
		if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil && len(file.Docs) > 0 && file.Docs[0].Body != nil {
			return Config{}, d.failed(err)
		}
		for _, p := range c.Check(services) {
			d.add(p, d.at(p.Path))
		}
	}
	if len(d.problems) > 0 {
		return Config{}, &Error{source, d.problems}
	}
	return c, nil
}

// document is a text on its way to a configuration.
type document struct {
	source   string
	quotas   []string // keys
	file     *ast.File
	problems []Problem
}

// add notes a problem at a node, which may be nil.
func (d *document) add(p Problem, at ast.Node) {
	if at != nil && at.GetToken() != nil && at.GetToken().Position != nil {
		p.Line, p.Column = at.GetToken().Position.Line, at.GetToken().Position.Column
	}
	d.problems = append(d.problems, p)
}

// failed makes what the YAML reader says into an Error.
func (d *document) failed(err error) error {
	p := Problem{Message: err.Error()}
	var known yaml.Error
	if errors.As(err, &known) {
		p.Message = known.GetMessage()
		if token := known.GetToken(); token != nil && token.Position != nil {
			p.Line, p.Column = token.Position.Line, token.Position.Column
		}
	}
	return &Error{d.source, append(d.problems, p)}
}

// at finds the node of a path, or of the nearest thing around it that is in the text.
func (d *document) at(path string) ast.Node {
	for path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if node, err := p.FilterFile(d.file); err == nil {
				return node
			}
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return nil
}

// keys checks the names of a node's keys, and the form of its values, against the type
// that they are for.
func (d *document) keys(path string, node ast.Node, t reflect.Type) {
	switch {
	case t == reflect.TypeFor[Duration]():
		var value Duration
		if err := value.UnmarshalText([]byte(node.GetToken().Value)); err != nil {
			message, allowed, _ := strings.Cut(err.Error(), "; allowed: ")
			d.add(Problem{Path: path, Message: message, Allowed: allowed}, node)
		}
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		d.scalar(path, node, "a whole number", ast.IntegerType)
	case t.Kind() == reflect.Float64:
		d.scalar(path, node, "a number from 0 to 1", ast.IntegerType, ast.FloatType)
	case t.Kind() == reflect.Bool:
		d.scalar(path, node, "true or false", ast.BoolType)
	case t.Kind() == reflect.String:
		d.scalar(path, node, "a text", ast.StringType)
	case t.Kind() == reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			d.add(Problem{Path: path, Message: "is no list", Allowed: "a list, such as [a, b]"}, node)
			return
		}
		for i, element := range list.Values {
			d.keys(fmt.Sprintf("%s[%d]", path, i), element, t.Elem())
		}
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		mapping, ok := node.(ast.MapNode)
		if !ok {
			d.add(Problem{Path: path, Message: "is no section of keys", Allowed: strings.Join(d.names(t), ", ")}, node)
			return
		}
		for values := mapping.MapRange(); values.Next(); {
			d.key(path, values.KeyValue(), t)
		}
	}
}

func (d *document) scalar(path string, node ast.Node, allowed string, types ...ast.NodeType) {
	if !slices.Contains(types, node.Type()) {
		d.add(Problem{Path: path, Message: fmt.Sprintf("can't be %s", node), Allowed: allowed}, node)
	}
}

func (d *document) key(path string, pair *ast.MappingValueNode, t reflect.Type) {
	name := pair.Key.GetToken().Value
	if !slices.Contains(d.names(t), name) {
		d.add(Problem{Path: path, Message: fmt.Sprintf("there is no key %q", name), Allowed: strings.Join(d.names(t), ", ")}, pair.Key)
		return
	}
	var of reflect.Type // of the value
	if t.Kind() == reflect.Map {
		of = t.Elem()
	} else {
		of = t.Field(slices.Index(d.names(t), name)).Type
	}
	if path != "" {
		name = path + "." + name
	}
	if pair.Value.Type() == ast.NullType {
		d.add(Problem{Path: name, Message: "has no value"}, pair.Key)
		return
	}
	d.keys(name, pair.Value, of)
}

// names lists the keys of a section: those of the quotas, or a struct's fields.
func (d *document) names(t reflect.Type) (all []string) {
	if t.Kind() == reflect.Map {
		return d.quotas
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		all = append(all, name)
	}
	return all
}
