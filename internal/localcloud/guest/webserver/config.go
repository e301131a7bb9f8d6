package webserver

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// Config is a checked configuration. Close it.
type Config struct {
	files   *os.Root // the instance's: nothing outside of them is served
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
	certificateFiles
	certificate *tls.Certificate // nil: none
}

type listen struct {
	directive     nginxconf.Directive
	secure        bool // over TLS
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
// configuration that nginx would not start with is an *nginxconf.Emergency.
func Load(root, name string) (_ *Config, err error) {
	files, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open the instance's files: %w", err)
	}
	defer func() {
		if err != nil {
			files.Close()
		}
	}()
	tree, err := nginxconf.Parse(files, name)
	if err != nil {
		return nil, err
	}
	if err := check(tree, inMain); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(tree, func(d nginxconf.Directive) bool { return d.Name == "events" }) {
		return nil, &nginxconf.Emergency{Message: `no "events" section in configuration`}
	}
	c := &Config{files: files}
	base := settings{
		root: "/usr/share/nginx/html", index: []string{"index.html"}, defaultType: "text/plain",
		types:     map[string]string{"html": "text/html", "gif": "image/gif", "jpg": "image/jpeg"},
		keepAlive: 75 * time.Second, buffers: headerBuffers{first: 1 << 10, number: 4, size: 8 << 10}, errorPages: map[int]errorPage{},
	}
	for _, d := range tree {
		if d.Name != "http" {
			continue
		}
		inherited, err := base.with(d.Children)
		if err != nil {
			return nil, err
		}
		for _, child := range d.Children {
			if child.Name == "server" {
				s, err := newServer(child, inherited)
				if err != nil {
					return nil, err
				}
				s.certificateFiles = certificateFiles{}.with(d.Children).with(child.Children)
				if err := c.loadCertificate(s); err != nil {
					return nil, err
				}
				c.servers = append(c.servers, s)
			}
		}
	}
	if err := c.checkListens(); err != nil {
		return nil, err
	}
	return c, nil
}

// Close lets go of the instance's files. Handlers answer 404 from then on.
func (c *Config) Close() { c.files.Close() }

func newServer(d nginxconf.Directive, inherited settings) (*server, error) {
	settings, err := inherited.with(d.Children)
	if err != nil {
		return nil, err
	}
	s := &server{settings: settings, exact: map[string]*location{}, keepAlive: settings.keepAlive}
	for _, child := range d.Children {
		switch child.Name {
		case "server_name":
			s.names = append(s.names, child.Args...)
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

func (s *server) addLocation(d nginxconf.Directive) error {
	settings, err := s.settings.with(d.Children)
	if err != nil {
		return err
	}
	l := &location{settings: settings}
	for _, child := range d.Children {
		switch child.Name {
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
	l.path = d.Args[len(d.Args)-1]
	if len(d.Args) == 2 {
		modifier = d.Args[0]
	}
	switch modifier {
	case "=":
		if s.exact[l.path] != nil {
			return d.Emerg("duplicate location %q", l.path)
		}
		s.exact[l.path] = l
	case "", "^~":
		l.noRegex = modifier == "^~"
		if strings.HasPrefix(l.path, "@") {
			return d.Emerg("named location %q is not simulated by the built-in web server", l.path)
		}
		if slices.ContainsFunc(s.prefixes, func(o *location) bool { return o.path == l.path }) {
			return d.Emerg("duplicate location %q", l.path)
		}
		s.prefixes = append(s.prefixes, l)
	case "~", "~*":
		pattern := l.path
		if modifier == "~*" {
			pattern = "(?i)" + pattern
		}
		if l.regex, err = regexp.Compile(pattern); err != nil {
			return d.Emerg("pcre2_compile() failed: %v", err)
		}
		s.regexes = append(s.regexes, l)
	default:
		return d.Emerg("invalid location modifier %q", modifier)
	}
	return nil
}

func newAction(d nginxconf.Directive) (*action, error) {
	code, err := strconv.Atoi(d.Args[0])
	text := ""
	switch {
	case err != nil && len(d.Args) == 1: // return URL
		code, text = http.StatusFound, d.Args[0]
	case err != nil || code < 0 || code > 999:
		return nil, d.Emerg("invalid return code %q", d.Args[0])
	case len(d.Args) == 2:
		text = d.Args[1]
	}
	t, err := newTemplate(d, text)
	return &action{code, t}, err
}
