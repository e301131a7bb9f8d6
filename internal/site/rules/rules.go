// Package rules turns the files in which a site says how it is to be served, _redirects and _headers in the form that static
// hosts have them, into nginx's configuration. What isn't understood is refused by its line. It is pure: it reads nothing, and
// knows nothing of instances, but for the directory in which they find what it wrote.
package rules

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The files in which a site has its rules.
const (
	RedirectsFile = "_redirects"
	HeadersFile   = "_headers"
)

// The files of a release that nginx reads: HTTPFile in its block "http", ServerFile in its block "server".
const (
	Dir        = ".platformctl"
	HTTPFile   = Dir + "/http.conf"
	ServerFile = Dir + "/site.conf"
)

// The bounds of both files, those that Cloudflare Pages has.
// docs: "Redirects", "Headers" (Cloudflare Pages)
const (
	mostRedirects = 2000
	mostPrefixes  = 100
	mostHeaders   = 100
	mostBytes     = 256 << 10
	longestLine   = 2000 // bytes; nginx takes 4,096 in an argument
	mostProblems  = 20
)

// Options are what a site says, and what is known of it.
type Options struct {
	// Redirects and Headers are the contents of the two files; nil: the site has none.
	Redirects, Headers []byte
	// Has says whether the site has a file, by its path without a slash before it.
	Has func(path string) bool
	// HealthCheck is the path that the load balancer asks for.
	HealthCheck string
}

// File is one that a release has besides those of the site.
type File struct {
	Path    string
	Content []byte
}

// Problem is a line that isn't understood, or isn't served.
type Problem struct {
	File string
	Line int // the first is 1; 0: the file as a whole
	Text string
}

// Error is the problem, for people.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + " " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Refused is the error of rules that can't be served: the first twenty problems.
type Refused struct{ Problems []Problem }

// Error names the problems.
func (r *Refused) Error() string {
	texts := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		texts[i] = p.Error()
	}
	return strings.Join(texts, "; ")
}

// Compile writes nginx's configuration for a site, which depends on nothing but the options. The error is a *Refused.
func Compile(o Options) ([]File, error) {
	o.HealthCheck, _, _ = strings.Cut(o.HealthCheck, "?")
	c := &compiler{options: o}
	redirects := c.redirects()
	headers := c.headers()
	if len(c.problems) > 0 {
		return nil, &Refused{c.problems[:min(len(c.problems), mostProblems)]}
	}
	maps, fields := writeHeaders(headers)
	return []File{
		{HTTPFile, []byte(httpConf(maps, redirects))},
		{ServerFile, []byte(serverConf(o, fields, redirects))},
	}, nil
}

// compiler collects what is wrong.
type compiler struct {
	options  Options
	problems []Problem
}

func (c *compiler) refuse(file string, line int, format string, args ...any) {
	c.problems = append(c.problems, Problem{file, line, fmt.Sprintf(format, args...)})
}

// lines calls take with each line that says something. Its number begins at 1.
func (c *compiler) lines(file string, content []byte, take func(number int, line string)) {
	switch {
	case len(content) > mostBytes:
		c.refuse(file, 0, "has more than %d bytes", mostBytes)
		return
	case !utf8.Valid(content):
		c.refuse(file, 0, "is not UTF-8")
		return
	}
	text := strings.TrimPrefix(string(content), "\ufeff")
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		begin := strings.TrimSpace(line)
		switch {
		case begin == "" || begin[0] == '#':
		case len(line) > longestLine:
			c.refuse(file, number, "has more than %d bytes", longestLine)
		case strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }):
			c.refuse(file, number, "has a control character")
		default:
			take(number, line)
		}
	}
}

// pattern is a path, or all below one.
type pattern struct {
	path   string // as a request has it, decoded
	prefix bool   // all that begins with path, which ends in a slash
}

func (p pattern) String() string {
	if p.prefix {
		return p.path + "*"
	}
	return p.path
}

// covers says whether p takes all that q takes.
func (p pattern) covers(q pattern) bool {
	if p.prefix {
		return strings.HasPrefix(q.path, p.path)
	}
	return !q.prefix && p.path == q.path
}

// readPattern reads a path of a rule; text says what is wrong with it.
func readPattern(s string) (p pattern, text string) {
	switch {
	case !strings.HasPrefix(s, "/"):
		return p, fmt.Sprintf("%q is no path: it has to begin with a slash", s)
	case strings.ContainsAny(s, "?#"):
		return p, fmt.Sprintf("%q has a query or a fragment, by which no rule can go", s)
	case strings.HasPrefix(s, "/*") && s != "/*", strings.Contains(strings.TrimSuffix(s, "/*"), "*"):
		return p, fmt.Sprintf("%q has a * that isn't its last part: only /path/* is understood", s)
	}
	decoded, err := url.PathUnescape(s)
	if err != nil || !utf8.ValidString(decoded) || strings.ContainsFunc(decoded, unicode.IsControl) {
		return p, fmt.Sprintf("%q is not escaped as paths are", s)
	}
	if strings.ContainsAny(decoded, `"\$`) {
		return p, fmt.Sprintf("%q has one of \" \\ $, which nginx's configuration can't hold", s)
	}
	p.path, p.prefix = strings.CutSuffix(decoded, "*")
	for i, segment := range strings.Split(strings.Trim(p.path, "/"), "/") {
		switch {
		case segment == "" && p.path != "/":
			return p, fmt.Sprintf("%q has two slashes in a row", s)
		case strings.HasPrefix(segment, ":"):
			return p, fmt.Sprintf("%q has a placeholder: only * at the end is understood, and :splat for what it stands for", s)
		case strings.HasPrefix(segment, ".") && (i > 0 || segment != ".well-known"):
			return p, fmt.Sprintf("%q begins with a dot in a part, and such paths are never served", s)
		}
	}
	return p, ""
}

// file says whether the site has what a path leads to.
func (c *compiler) file(p string) bool {
	if strings.HasSuffix(p, "/") {
		p += "index.html"
	}
	return c.options.Has(strings.TrimPrefix(path.Clean(p), "/"))
}

// bySpecific puts the most specific first: paths, then prefixes from the longest on.
func bySpecific(a, b pattern) int {
	switch {
	case a.prefix != b.prefix && b.prefix:
		return -1
	case a.prefix != b.prefix:
		return 1
	case a.prefix && len(a.path) != len(b.path):
		return len(b.path) - len(a.path)
	}
	return strings.Compare(a.path, b.path)
}

// find is the most specific of some patterns, in the order of bySpecific, that takes a path; -1 for none.
func find(patterns []pattern, p string) int {
	return slices.IndexFunc(patterns, func(q pattern) bool { return q.covers(pattern{path: p}) })
}
