package webserver

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// settings are what a location inherits from its server and from http.
type settings struct {
	root        string
	index       []string
	types       map[string]string // extension -> type
	defaultType string
	charset     string // "" and off: none
	headers     []header
	errorPages  map[int]errorPage
	tryFiles    []template
	keepAlive   time.Duration
	buffers     headerBuffers
}

type header struct {
	name   string
	value  template
	always bool
}

type errorPage struct {
	uri      template
	code     int // 0: keep the code
	codeSent bool
}

// with returns the settings that hold inside a block. As in nginx, add_header and
// error_page are inherited only by a block that has none of its own.
func (s settings) with(block []directive) (settings, error) {
	var headers []header
	pages := map[int]errorPage{}
	s.tryFiles = nil
	for _, d := range block {
		switch d.name {
		case "root":
			s.root = d.args[0]
		case "index":
			s.index = d.args
		case "default_type":
			s.defaultType = d.args[0]
		case "charset":
			s.charset = d.args[0]
			if strings.Contains(s.charset, "$") {
				return s, d.emerg("a variable in \"charset\" is not simulated by the built-in web server (install nginx on this machine)")
			}
		case "types":
			s.types = map[string]string{}
			for _, t := range d.children {
				for _, extension := range t.args {
					s.types[extension] = t.name
				}
			}
		case "keepalive_timeout":
			timeout, err := seconds(d)
			if err != nil {
				return s, err
			}
			s.keepAlive = timeout
		case "client_header_buffer_size", "large_client_header_buffers":
			if err := s.buffers.set(d); err != nil {
				return s, err
			}
		case "try_files":
			for _, a := range d.args {
				t, err := newTemplate(d, a)
				if err != nil {
					return s, err
				}
				s.tryFiles = append(s.tryFiles, t)
			}
		case "add_header":
			value, err := newTemplate(d, d.args[1])
			if err != nil {
				return s, err
			}
			headers = append(headers, header{d.args[0], value, len(d.args) == 3 && d.args[2] == "always"})
		case "error_page":
			if err := addErrorPage(pages, d); err != nil {
				return s, err
			}
		}
	}
	if headers != nil {
		s.headers = headers
	}
	if len(pages) > 0 {
		s.errorPages = maps.Clone(pages)
	}
	return s, nil
}

func addErrorPage(pages map[int]errorPage, d directive) error {
	uri, err := newTemplate(d, d.args[len(d.args)-1])
	if err != nil {
		return err
	}
	page := errorPage{uri: uri}
	for _, a := range d.args[:len(d.args)-1] {
		if code, isAnswer := strings.CutPrefix(a, "="); isAnswer {
			page.codeSent = true
			page.code, _ = strconv.Atoi(code)
			continue
		}
		code, err := strconv.Atoi(a)
		if err != nil || code < 300 || code > 599 {
			return d.emerg("invalid value %q", a)
		}
		pages[code] = errorPage{}
	}
	for code, p := range pages {
		if p.uri.text == "" && p.uri.parts == nil {
			pages[code] = page
		}
	}
	return nil
}
