// Package webserver is the web server of an instance on a machine without nginx. It interprets the instance's own
// nginx.conf for the part of the language that serves static pages (see directives.go) and refuses everything else in
// nginx's manner: an emergency line, and no start.
//
// It knows nothing of instances; package guest gives it a root directory.
package webserver

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"
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

// The most levels of blocks, and of files that include others.
const (
	mostBlocks   = 20
	mostIncludes = 10
)

// parser reads one file. The library's own parser isn't used: it reads a file that is included twice once, for the place
// of the first, and leaves its goroutine behind at an error.
type parser struct {
	root     *os.Root // of the instance: nothing outside of it is read
	file     string
	includes int // levels above this file
	tokens   []crossplane.NgxToken
}

// parseFile reads one file of the instance; name is absolute inside root.
func parseFile(root *os.Root, name string, includes int) ([]directive, error) {
	if includes > mostIncludes {
		return nil, &Emergency{Message: "too many nested includes", File: name, Line: 1}
	}
	text, err := root.ReadFile(inside(name))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &Emergency{Message: fmt.Sprintf("open() %q failed (2: No such file or directory)", name)}
		}
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	p := &parser{root: root, file: name, includes: includes}
	for t := range crossplane.Lex(bytes.NewReader(text)) {
		if t.IsQuoted || !strings.HasPrefix(t.Value, "#") {
			p.tokens = append(p.tokens, t)
		}
	}
	return p.block(0)
}

// inside is a path of the instance as its root takes it.
func inside(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// block reads directives up to the block's or the file's end.
func (p *parser) block(depth int) (out []directive, err error) {
	for len(p.tokens) > 0 {
		t, special, err := p.next()
		if err != nil {
			return nil, err
		}
		if special == "}" {
			return out, nil
		}
		d := directive{name: t.Value, file: p.file, line: t.Line}
		if special != "" {
			return nil, d.emerg("unexpected %q", special)
		}
		for special == "" {
			if len(p.tokens) == 0 {
				return nil, d.emerg(`unexpected end of file, expecting ";" or "}"`)
			}
			if t, special, err = p.next(); err != nil {
				return nil, err
			}
			if special == "" {
				d.args = append(d.args, unescape.Replace(t.Value))
			}
		}
		switch d.block = special == "{"; {
		case special == "}" || d.block && depth == mostBlocks:
			return nil, (directive{file: p.file, line: t.Line}).emerg("unexpected %q", special)
		case d.block:
			if d.children, err = p.block(depth + 1); err != nil {
				return nil, err
			}
		case d.name == "include":
			included, err := p.include(d)
			if err != nil {
				return nil, err
			}
			out = append(out, included...)
			continue
		}
		out = append(out, d)
	}
	return out, nil
}

// next takes a token. special is its text where it is a brace or a semicolon.
func (p *parser) next() (t crossplane.NgxToken, special string, err error) {
	t, p.tokens = p.tokens[0], p.tokens[1:]
	if t.Error != nil {
		e := &Emergency{Message: t.Error.Error(), File: p.file, Line: t.Line}
		var refused *crossplane.ParseError
		if errors.As(t.Error, &refused) {
			e.Message, e.Line = refused.What, *refused.Line
		}
		return t, "", e
	}
	if !t.IsQuoted && (t.Value == "{" || t.Value == "}" || t.Value == ";") {
		special = t.Value
	}
	return t, special, nil
}

func (p *parser) include(d directive) ([]directive, error) {
	if len(d.args) != 1 {
		return nil, d.emerg("invalid number of arguments in %q directive", d.name)
	}
	pattern := d.args[0]
	if !path.IsAbs(pattern) {
		pattern = path.Join("/etc/nginx", pattern)
	}
	if !strings.ContainsAny(pattern, "*?[") {
		out, err := parseFile(p.root, pattern, p.includes+1)
		var e *Emergency
		if errors.As(err, &e) && e.File == "" { // the file itself couldn't be opened
			return nil, d.emerg("%s", e.Message)
		}
		return out, err
	}
	matches, err := fs.Glob(p.root.FS(), inside(pattern))
	if err != nil {
		return nil, d.emerg("invalid pattern %q", pattern)
	}
	var out []directive
	for _, match := range matches {
		more, err := parseFile(p.root, "/"+match, p.includes+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// unescape undoes nginx's escapes in an argument.
var unescape = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`, `\t`, "\t", `\r`, "\r", `\n`, "\n")
