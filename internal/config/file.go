package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFileBytes is far more than any configuration needs, and little enough that a wrong file does no harm.
const maxFileBytes = 64 << 10

// readFile reads the configuration file's settings by key. name is the file as the user named it, "" where there is none.
func readFile(options Options, fields []field) (settings map[string]any, name string, problems []Problem) {
	name = options.Path
	if name == "" {
		name = DefaultFile
	}
	path := within(options.Dir, name)
	text, err := readLimited(path, maxFileBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist) && options.Path == "":
		return nil, "", nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, name, []Problem{{Source: name, Message: fmt.Sprintf("there is no such file; `platformctl init -c %s` writes one to start from", name)}}
	case err != nil:
		return nil, name, []Problem{{Source: name, Message: fmt.Sprintf("can't be read: %v", withoutPath(err))}}
	}
	text, wrong := decodeText(text)
	if wrong != "" {
		return nil, name, []Problem{{Source: name, Message: wrong}}
	}
	document := document{origin: origin{source: name, directory: filepath.Dir(path)}, fields: fields, settings: map[string]any{}}
	document.parse(text)
	return document.settings, name, document.problems
}

// document is one YAML file on its way to settings. goccy/go-yaml parses it into nodes that know their line and column, which
// viper's own reader forgets.
type document struct {
	origin   origin
	fields   []field
	settings map[string]any // by key, each a setting
	problems []Problem
}

func (d *document) parse(text []byte) {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, message := d.origin, err.Error()
		var syntax yaml.Error
		if errors.As(err, &syntax) {
			message = syntax.GetMessage()
			if token := syntax.GetToken(); token != nil && token.Position != nil {
				at.line, at.column = token.Position.Line, token.Position.Column
			}
		}
		d.problem(at, "", "is not valid YAML: "+message)
		return
	}
	bodies := slices.DeleteFunc(file.Docs, func(document *ast.DocumentNode) bool { return document.Body == nil })
	switch {
	case len(bodies) > 1:
		d.problem(d.at(bodies[1].Body), "", "holds a second document: one file configures one platform")
	case len(bodies) == 1:
		d.section("", bodies[0].Body)
	}
}

// section walks a mapping of keys under a prefix, which is "" or ends in a dot.
func (d *document) section(prefix string, node ast.Node) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		if node.Type() != ast.NullType { // a section whose keys are all commented out
			d.problem(d.at(node), strings.TrimSuffix(prefix, "."), "must be a section of keys, got "+d.setting(d.at(node), node).got(),
				strings.Join(d.keysUnder(prefix), ", "))
		}
		return
	}
	lines := map[string]int{}
	for pair := mapping.MapRange(); pair.Next(); {
		name, at := pair.Key().GetToken().Value, d.at(pair.Key())
		key := prefix + name
		if first, ok := lines[name]; ok {
			d.problem(at, key, fmt.Sprintf("is given twice, first on line %d", first))
			continue
		}
		lines[name] = at.line
		switch {
		case slices.ContainsFunc(d.fields, func(f field) bool { return f.key == key }):
			d.settings[key] = d.setting(at, pair.Value())
		case slices.ContainsFunc(d.fields, func(f field) bool { return strings.HasPrefix(f.key, key+".") }):
			d.section(key+".", pair.Value())
		default:
			d.unknown(at, prefix, name)
		}
	}
}

// unknown reports a key that doesn't exist, with the key it was most likely meant to be: one of the same section that is
// written like it, else one of the same name elsewhere.
func (d *document) unknown(at origin, prefix, name string) {
	siblings := d.keysUnder(prefix)
	suggestion := nearest(name, siblings)
	if suggestion == "" {
		for _, f := range d.fields {
			if strings.HasSuffix(f.key, "."+name) {
				suggestion = f.key
			}
		}
	}
	problem := at.problem(prefix+name, "unknown key")
	problem.Suggestion, problem.Allowed = suggestion, strings.Join(siblings, ", ")
	d.problems = append(d.problems, problem)
}

// keysUnder lists the names that a section may hold.
func (d *document) keysUnder(prefix string) []string {
	var names []string
	for _, f := range d.fields {
		if rest, ok := strings.CutPrefix(f.key, prefix); ok {
			name, _, _ := strings.Cut(rest, ".")
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// setting turns a node into a setting, whose origin is that of its key.
func (d *document) setting(at origin, node ast.Node) setting {
	s := setting{at: at, form: formOther}
	switch node := node.(type) {
	case *ast.StringNode:
		s.form, s.text = formText, node.Value
	case *ast.LiteralNode:
		s.form, s.text = formText, node.Value.Value
	case *ast.IntegerNode:
		// As it was written: 0042 is 34 to YAML, and what its writer meant is not.
		s.form, s.text = formNumber, node.GetToken().Value
		if value := fmt.Sprint(node.Value); value != s.text {
			s.decimal = value
		}
	case *ast.FloatNode:
		s.form, s.text = formNumber, node.GetToken().Value
	case *ast.SequenceNode:
		s.form = formList
		for _, item := range node.Values {
			s.items = append(s.items, d.setting(d.at(item), item))
		}
	case ast.MapNode:
		s.form = formMapping
		for pair := node.MapRange(); pair.Next(); {
			s.entries = append(s.entries, entry{pair.Key().GetToken().Value, d.setting(d.at(pair.Key()), pair.Value())})
		}
	case *ast.NullNode:
		s.text = nothing
	case *ast.BoolNode:
		s.form, s.text = formTruth, node.GetToken().Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		s.text = "a YAML anchor, alias or tag, which this file can't hold"
	default:
		s.text = node.GetToken().Value
	}
	return s
}

// at returns where a node starts.
func (d *document) at(node ast.Node) origin {
	at := d.origin
	if pair, ok := node.(*ast.MappingNode); ok && len(pair.Values) > 0 {
		node = pair.Values[0].Key // the mapping's own token is its first colon
	}
	if token := node.GetToken(); token != nil && token.Position != nil {
		at.line, at.column = token.Position.Line, token.Position.Column
	}
	return at
}

func (d *document) problem(at origin, key, message string, allowed ...string) {
	problem := at.problem(key, message)
	problem.Allowed = strings.Join(allowed, "")
	d.problems = append(d.problems, problem)
}

// within resolves a path against a directory.
func within(directory, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(directory, path)
}

// readLimited reads a whole file of at most limit bytes.
func readLimited(path string, limit int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(text) > limit {
		return nil, fmt.Errorf("is larger than %d bytes", limit)
	}
	return text, nil
}

// withoutPath drops the path from an error of the file system, because the message names the file already.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
