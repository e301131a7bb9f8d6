// Package nginxconf reads an instance's nginx.conf, with all that it includes, as directives. It opens nothing outside
// of the instance's files. What a directive means is the business of those that serve: webserver and nginx.
package nginxconf

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

// Directive is one statement of the configuration, includes resolved.
type Directive struct {
	Name     string
	Args     []string // without nginx's quotes and escapes
	File     string   // as the instance sees it
	Line     int
	Block    bool
	Children []Directive // of a block
}

// Emerg is an *Emergency at the directive's place.
func (d Directive) Emerg(format string, args ...any) error {
	return &Emergency{Message: fmt.Sprintf(format, args...), File: d.File, Line: d.Line}
}

// Known reports whether nginx itself has a directive of that name.
func Known(name string) bool {
	_, ok := crossplane.MatchOssLatest(name)
	return ok
}

// The most levels of blocks, and of files that include others; the most files, and the size of each in bytes.
const (
	mostBlocks   = 20
	mostIncludes = 10
	mostFiles    = 500
	mostBytes    = 1 << 20
)

// tooLong is the size in bytes from which nginx refuses a word. Source: NGX_CONF_BUFFER in its ngx_conf_file.c.
const tooLong = 4096

// parser reads one file. The library's own parser isn't used: it reads a file that is included twice once, for the place
// of the first, and leaves its goroutine behind at an error.
type parser struct {
	root     *os.Root // of the instance: nothing outside of it is read
	file     string
	includes int  // levels above this file
	files    *int // that may still be read
	tokens   []crossplane.NgxToken
}

// Parse reads the file name (absolute, such as /etc/nginx/nginx.conf) of the instance whose files root has, and what it
// includes. The error is an *Emergency where nginx would refuse the text, too.
func Parse(root *os.Root, name string) ([]Directive, error) {
	files := mostFiles
	return parseFile(root, name, 0, &files)
}

// parseFile reads one file of the instance; name is absolute inside root.
func parseFile(root *os.Root, name string, includes int, files *int) ([]Directive, error) {
	if *files--; includes > mostIncludes || *files < 0 {
		return nil, &Emergency{Message: "too many nested includes", File: name, Line: 1}
	}
	text, err := read(root, name)
	if err != nil {
		return nil, err
	}
	p := &parser{root: root, file: name, includes: includes, files: files}
	for t := range crossplane.Lex(bytes.NewReader(text)) {
		if t.IsQuoted || !strings.HasPrefix(t.Value, "#") {
			p.tokens = append(p.tokens, t)
		}
	}
	return p.block(0)
}

// read returns the text of a file. A link that leads out of the instance leads to no file.
func read(root *os.Root, name string) ([]byte, error) {
	info, err := root.Stat(inside(name))
	if err != nil {
		return nil, &Emergency{Message: fmt.Sprintf("open() %q failed (2: No such file or directory)", name)}
	}
	if !info.Mode().IsRegular() || info.Size() > mostBytes {
		return nil, &Emergency{Message: fmt.Sprintf("read() %q failed: it is no file of at most %d bytes", name, mostBytes)}
	}
	text, err := root.ReadFile(inside(name))
	if err != nil {
		return nil, &Emergency{Message: fmt.Sprintf("open() %q failed (13: Permission denied)", name)}
	}
	return text, nil
}

// inside is a path of the instance as its root takes it.
func inside(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// block reads directives up to the block's or the file's end.
func (p *parser) block(depth int) (out []Directive, err error) {
	for len(p.tokens) > 0 {
		t, special, err := p.next()
		if err != nil {
			return nil, err
		}
		if special == "}" {
			return out, nil
		}
		d := Directive{Name: t.Value, File: p.file, Line: t.Line}
		if special != "" {
			return nil, d.Emerg("unexpected %q", special)
		}
		for special == "" {
			if len(p.tokens) == 0 {
				return nil, d.Emerg(`unexpected end of file, expecting ";" or "}"`)
			}
			if t, special, err = p.next(); err != nil {
				return nil, err
			}
			if special == "" {
				d.Args = append(d.Args, unescape.Replace(t.Value))
			}
		}
		switch d.Block = special == "{"; {
		case special == "}" || d.Block && depth == mostBlocks:
			return nil, (Directive{File: p.file, Line: t.Line}).Emerg("unexpected %q", special)
		case d.Block:
			if d.Children, err = p.block(depth + 1); err != nil {
				return nil, err
			}
		case d.Name == "include":
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
	if len(t.Value) >= tooLong {
		return t, "", (Directive{File: p.file, Line: t.Line}).Emerg("too long parameter \"%.10s...\" started", t.Value)
	}
	if !t.IsQuoted && (t.Value == "{" || t.Value == "}" || t.Value == ";") {
		special = t.Value
	}
	return t, special, nil
}

func (p *parser) include(d Directive) ([]Directive, error) {
	if len(d.Args) != 1 {
		return nil, d.Emerg("invalid number of arguments in %q directive", d.Name)
	}
	pattern := d.Args[0]
	if !path.IsAbs(pattern) {
		pattern = path.Join("/etc/nginx", pattern)
	}
	if !strings.ContainsAny(pattern, "*?[") {
		out, err := parseFile(p.root, pattern, p.includes+1, p.files)
		var e *Emergency
		if errors.As(err, &e) && e.File == "" { // the file itself couldn't be opened
			return nil, d.Emerg("%s", e.Message)
		}
		return out, err
	}
	matches, err := fs.Glob(p.root.FS(), inside(pattern))
	if err != nil {
		return nil, d.Emerg("invalid pattern %q", pattern)
	}
	var out []Directive
	for _, match := range matches {
		more, err := parseFile(p.root, "/"+match, p.includes+1, p.files)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// unescape undoes nginx's escapes in an argument.
var unescape = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\\`, `\`, `\t`, "\t", `\r`, "\r", `\n`, "\n")
