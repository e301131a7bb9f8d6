package webserver

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// template is text with variables in it.
type template struct {
	text  string
	parts []part // nil: no variables
}

type part struct{ literal, variable string }

var variableName = regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)

// newTemplate checks that each variable is one that this server knows.
func newTemplate(d directive, text string) (template, error) {
	t := template{text: text}
	last := 0
	for _, m := range variableName.FindAllStringSubmatchIndex(text, -1) {
		name := ""
		if m[2] >= 0 {
			name = text[m[2]:m[3]]
		} else {
			name = text[m[4]:m[5]]
		}
		if _, ok := variables[name]; !ok && !strings.HasPrefix(name, "http_") && !strings.HasPrefix(name, "arg_") {
			return t, d.emerg("unknown %q variable", name)
		}
		t.parts = append(t.parts, part{text[last:m[0]], name})
		last = m[1]
	}
	if t.parts != nil {
		t.parts = append(t.parts, part{literal: text[last:]})
	}
	return t, nil
}

func (t template) expand(r *request) string {
	if t.parts == nil {
		return t.text
	}
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.literal)
		if p.variable != "" {
			b.WriteString(r.variable(p.variable))
		}
	}
	return b.String()
}

// variables are those that configuration may use, besides $http_… and $arg_….
var variables = map[string]func(*request) string{
	"uri":             func(r *request) string { return r.uri },
	"document_uri":    func(r *request) string { return r.uri },
	"request_uri":     func(r *request) string { return r.URL.RequestURI() },
	"args":            func(r *request) string { return r.URL.RawQuery },
	"query_string":    func(r *request) string { return r.URL.RawQuery },
	"is_args":         func(r *request) string { return map[bool]string{true: "?"}[r.URL.RawQuery != ""] },
	"request_method":  func(r *request) string { return r.Method },
	"request":         func(r *request) string { return r.Method + " " + r.URL.RequestURI() + " " + r.Proto },
	"server_protocol": func(r *request) string { return r.Proto },
	"scheme":          func(*request) string { return "http" },
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

func (r *request) variable(name string) string {
	if f, ok := variables[name]; ok {
		return f(r)
	}
	if name, ok := strings.CutPrefix(name, "http_"); ok {
		if name == "host" {
			return r.Host
		}
		return strings.Join(r.Header.Values(strings.ReplaceAll(name, "_", "-")), ", ")
	}
	name, _ = strings.CutPrefix(name, "arg_")
	return r.URL.Query().Get(name)
}

func remote(r *http.Request, part int) string {
	host, port, _ := net.SplitHostPort(r.RemoteAddr)
	return [2]string{host, port}[part]
}
