// Package webserver is the web server of an instance on a machine without nginx.
// It interprets the instance's own nginx.conf for the part of the language that
// serves static pages (see directives.go) and refuses everything else in nginx's
// manner: an emergency line, and no start.
//
// It knows nothing of instances; package guest gives it a root directory.
package webserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	nginxconfig "github.com/tufanbarisyildirim/gonginx/config"
	"github.com/tufanbarisyildirim/gonginx/parser"
)

// Emergency is a configuration error as nginx would report it.
type Emergency struct {
	Message string
	File    string // as the instance sees it
	Line    int
}

func (e *Emergency) Error() string {
	if e.File == "" {
		return "[emerg] " + e.Message
	}
	return fmt.Sprintf("[emerg] %s in %s:%d", e.Message, e.File, e.Line)
}

// directive is one statement of the configuration, includes resolved.
type directive struct {
	name     string
	args     []string
	file     string
	line     int
	block    bool
	children []directive
}

func (d directive) emerg(format string, args ...any) error {
	return &Emergency{Message: fmt.Sprintf(format, args...), File: d.file, Line: d.line}
}

// parseFile reads one file of the instance; name is absolute inside root.
func parseFile(root, name string, depth int) ([]directive, error) {
	if depth > 10 {
		return nil, &Emergency{Message: "too many nested includes", File: name, Line: 1}
	}
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &Emergency{Message: fmt.Sprintf("open() %q failed (2: No such file or directory)", name)}
		}
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	tree, err := parser.NewStringParser(string(text), parser.WithSkipValidDirectivesErr(), parser.WithSkipComments()).Parse()
	if err != nil {
		return nil, &Emergency{Message: err.Error(), File: name, Line: strings.Count(string(text), "\n") + 1}
	}
	return convert(root, name, tree.GetDirectives(), depth)
}

func convert(root, file string, parsed []nginxconfig.IDirective, depth int) ([]directive, error) {
	var out []directive
	for _, p := range parsed {
		d := directive{name: p.GetName(), file: file, line: p.GetLine()}
		for _, a := range p.GetParameters() {
			d.args = append(d.args, unquote(a.GetValue()))
		}
		if d.name == "include" {
			included, err := include(root, d, depth)
			if err != nil {
				return nil, err
			}
			out = append(out, included...)
			continue
		}
		if b := p.GetBlock(); b != nil {
			d.block = true
			var err error
			if d.children, err = convert(root, file, b.GetDirectives(), depth); err != nil {
				return nil, err
			}
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b directive) int { // the parser puts servers first
		if a.file != b.file {
			return 0
		}
		return a.line - b.line
	})
	return out, nil
}

func include(root string, d directive, depth int) ([]directive, error) {
	if len(d.args) != 1 {
		return nil, d.emerg("invalid number of arguments in %q directive", d.name)
	}
	pattern := d.args[0]
	if !path.IsAbs(pattern) {
		pattern = path.Join("/etc/nginx", pattern)
	}
	if !strings.ContainsAny(pattern, "*?[") {
		out, err := parseFile(root, pattern, depth+1)
		var e *Emergency
		if errors.As(err, &e) && e.File == "" { // the file itself couldn't be opened
			return nil, d.emerg("%s", e.Message)
		}
		return out, err
	}
	matches, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		return nil, d.emerg("invalid pattern %q", pattern)
	}
	var out []directive
	for _, match := range matches {
		rel, err := filepath.Rel(root, match)
		if err != nil {
			return nil, fmt.Errorf("include %s: %w", match, err)
		}
		more, err := parseFile(root, "/"+filepath.ToSlash(rel), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

var unescape = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`, `\t`, "\t", `\r`, "\r", `\n`, "\n")

// unquote undoes nginx's quoting of one argument.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s = s[1 : len(s)-1]
	}
	return unescape.Replace(s)
}
