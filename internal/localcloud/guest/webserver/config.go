package webserver

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is a checked configuration.
type Config struct {
	root    string // of the instance's file system
	servers []*server
}

type server struct {
	names     []string
	listens   []listen
	settings  settings
	rewrite   *action
	exact     map[string]*location
	prefixes  []*location // longest first
	regexes   []*location // in order of appearance
	keepAlive time.Duration
}

type listen struct {
	port          int
	loopback      bool // bound to 127.0.0.1: not reachable from outside
	defaultServer bool
}

type location struct {
	path     string
	noRegex  bool // ^~
	regex    *regexp.Regexp
	settings settings
	rewrite  *action
	internal bool
}

// action is a "return".
type action struct {
	code int
	text template
}

// Load reads and checks the configuration at name (absolute, such as /etc/nginx/nginx.conf) below root. A
// configuration that nginx would not start with is an *Emergency.
func Load(root, name string) (*Config, error) {
	files, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open the instance's files: %w", err)
	}
	defer files.Close()
	tree, err := parseFile(files, name, 0)
	if err != nil {
		return nil, err
	}
	if err := check(tree, inMain); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(tree, func(d directive) bool { return d.name == "events" }) {
		return nil, &Emergency{Message: `no "events" section in configuration`}
	}
	c := &Config{root: root}
	base := settings{
		root: "/usr/share/nginx/html", index: []string{"index.html"}, defaultType: "text/plain",
		types:     map[string]string{"html": "text/html", "gif": "image/gif", "jpg": "image/jpeg"},
		keepAlive: 75 * time.Second, buffers: headerBuffers{first: 1 << 10, number: 4, size: 8 << 10}, errorPages: map[int]errorPage{},
	}
	for _, d := range tree {
		if d.name != "http" {
			continue
		}
		inherited, err := base.with(d.children)
		if err != nil {
			return nil, err
		}
		for _, child := range d.children {
			if child.name == "server" {
				s, err := newServer(child, inherited)
				if err != nil {
					return nil, err
				}
				c.servers = append(c.servers, s)
			}
		}
	}
	return c, c.checkListens()
}

func newServer(d directive, inherited settings) (*server, error) {
	settings, err := inherited.with(d.children)
	if err != nil {
		return nil, err
	}
	s := &server{settings: settings, exact: map[string]*location{}, keepAlive: settings.keepAlive}
	for _, child := range d.children {
		switch child.name {
		case "server_name":
			s.names = append(s.names, child.args...)
		case "listen":
			l, err := parseListen(child)
			if err != nil {
				return nil, err
			}
			s.listens = append(s.listens, l)
		case "return":
			if s.rewrite == nil {
				if s.rewrite, err = newAction(child); err != nil {
					return nil, err
				}
			}
		case "location":
			if err := s.addLocation(child); err != nil {
				return nil, err
			}
		}
	}
	if len(s.listens) == 0 {
		s.listens = []listen{{port: 80}}
	}
	slices.SortStableFunc(s.prefixes, func(a, b *location) int { return len(b.path) - len(a.path) })
	return s, nil
}

func (s *server) addLocation(d directive) error {
	settings, err := s.settings.with(d.children)
	if err != nil {
		return err
	}
	l := &location{settings: settings}
	for _, child := range d.children {
		switch child.name {
		case "return":
			if l.rewrite == nil {
				if l.rewrite, err = newAction(child); err != nil {
					return err
				}
			}
		case "internal":
			l.internal = true
		}
	}
	modifier := ""
	l.path = d.args[len(d.args)-1]
	if len(d.args) == 2 {
		modifier = d.args[0]
	}
	switch modifier {
	case "=":
		if s.exact[l.path] != nil {
			return d.emerg("duplicate location %q", l.path)
		}
		s.exact[l.path] = l
	case "", "^~":
		l.noRegex = modifier == "^~"
		if strings.HasPrefix(l.path, "@") {
			return d.emerg("named location %q is not simulated by the built-in web server", l.path)
		}
		if slices.ContainsFunc(s.prefixes, func(o *location) bool { return o.path == l.path }) {
			return d.emerg("duplicate location %q", l.path)
		}
		s.prefixes = append(s.prefixes, l)
	case "~", "~*":
		pattern := l.path
		if modifier == "~*" {
			pattern = "(?i)" + pattern
		}
		if l.regex, err = regexp.Compile(pattern); err != nil {
			return d.emerg("pcre2_compile() failed: %v", err)
		}
		s.regexes = append(s.regexes, l)
	default:
		return d.emerg("invalid location modifier %q", modifier)
	}
	return nil
}

func newAction(d directive) (*action, error) {
	code, err := strconv.Atoi(d.args[0])
	text := ""
	switch {
	case err != nil && len(d.args) == 1: // return URL
		code, text = http.StatusFound, d.args[0]
	case err != nil || code < 0 || code > 999:
		return nil, d.emerg("invalid return code %q", d.args[0])
	case len(d.args) == 2:
		text = d.args[1]
	}
	t, err := newTemplate(d, text)
	return &action{code, t}, err
}
