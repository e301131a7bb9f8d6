package webserver

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// template is text with variables in it.
type template struct {
	text  string
	parts []part // nil: no variables
}

// part is text and the variable behind it, nil after the last.
type part struct {
	literal  string
	variable variable
}

// variable gives the value that a variable has for a request.
type variable func(*request) string

var variableName = regexp.MustCompile(`\$(?:\{\w+\}|\w+)`)

// newTemplate checks that each variable is one that this server knows.
func newTemplate(d nginxconf.Directive, text string) (template, error) {
	t := template{text: text}
	last := 0
	for _, m := range variableName.FindAllStringIndex(text, -1) {
		name := strings.Trim(text[m[0]+1:m[1]], "{}")
		value, ok := findVariable(name)
		if !ok {
			return t, d.Emerg("unknown %q variable", name)
		}
		t.parts = append(t.parts, part{text[last:m[0]], value})
		last = m[1]
	}
	if t.parts != nil {
		t.parts = append(t.parts, part{literal: text[last:]})
	}
	return t, nil
}

// mostExpanded bounds what the templates of one request become, in bytes.
const mostExpanded = 1 << 20

// errExpanded is the panic of a request whose templates become more. The handler answers 500 then.
var errExpanded = errors.New("the variables of a request are too long")

func (t template) expand(r *request) string {
	if t.parts == nil {
		return t.text
	}
	var b strings.Builder
	add := func(s string) {
		if r.expanded += len(s); r.expanded > mostExpanded {
			panic(errExpanded)
		}
		b.WriteString(s)
	}
	for _, p := range t.parts {
		add(p.literal)
		if p.variable != nil {
			add(p.variable(r))
		}
	}
	return b.String()
}

// findVariable finds one that configuration may use.
func findVariable(name string) (variable, bool) {
	if header, ok := strings.CutPrefix(name, "http_"); ok {
		return func(r *request) string {
			if header == "host" {
				return r.Host
			}
			return strings.Join(r.Header.Values(strings.ReplaceAll(header, "_", "-")), ", ")
		}, true
	}
	if argument, ok := strings.CutPrefix(name, "arg_"); ok {
		return func(r *request) string {
			if r.query == nil {
				r.query = r.URL.Query()
			}
			return r.query.Get(argument)
		}, true
	}
	value, ok := variables()[name]
	return value, ok
}

// variables returns those that configuration may use, besides $http_… and $arg_….
func variables() map[string]variable {
	return map[string]variable{
		"uri":             func(r *request) string { return r.uri },
		"document_uri":    func(r *request) string { return r.uri },
		"request_uri":     func(r *request) string { return r.URL.RequestURI() },
		"args":            func(r *request) string { return r.URL.RawQuery },
		"query_string":    func(r *request) string { return r.URL.RawQuery },
		"is_args":         func(r *request) string { return map[bool]string{true: "?"}[r.URL.RawQuery != ""] },
		"request_method":  func(r *request) string { return r.Method },
		"request":         func(r *request) string { return r.Method + " " + r.URL.RequestURI() + " " + r.Proto },
		"server_protocol": func(r *request) string { return r.Proto },
		"scheme":          (*request).scheme,
		"host":            func(r *request) string { return r.host },
		"hostname":        func(r *request) string { return r.machine.Hostname },
		"server_name":     func(r *request) string { return strings.Join(r.server.names[:min(1, len(r.server.names))], "") },
		"server_port":     func(r *request) string { return strconv.Itoa(r.port) },
		"server_addr":     func(r *request) string { return r.machine.PrivateIP },
		"remote_addr":     func(r *request) string { return remote(r.Request, 0) },
		"remote_port":     func(r *request) string { return remote(r.Request, 1) },
		"document_root":   func(r *request) string { return r.settings.root },
		"content_type":    func(r *request) string { return r.Header.Get("Content-Type") },
		"content_length":  func(r *request) string { return r.Header.Get("Content-Length") },
		"time_iso8601":    func(*request) string { return time.Now().Format("2006-01-02T15:04:05-07:00") },
		"msec": func(*request) string {
			now := time.Now()
			return fmt.Sprintf("%d.%03d", now.Unix(), now.Nanosecond()/1e6)
		},
		"nginx_version": func(*request) string { return version },
		"request_id": func(r *request) string {
			if r.id == "" {
				var b [16]byte
				rand.Read(b[:])
				r.id = hex.EncodeToString(b[:])
			}
			return r.id
		},
	}
}

func remote(r *http.Request, part int) string {
	host, port, _ := net.SplitHostPort(r.RemoteAddr)
	return [2]string{host, port}[part]
}
