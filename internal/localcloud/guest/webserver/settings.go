package webserver

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
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
func (s settings) with(block []nginxconf.Directive) (settings, error) {
	var headers []header
	pages := map[int]errorPage{}
	s.tryFiles = nil
	for _, d := range block {
		switch d.Name {
		case "root":
			s.root = d.Args[0]
		case "index":
			s.index = d.Args
		case "default_type":
			s.defaultType = d.Args[0]
		case "charset":
			s.charset = d.Args[0]
			if strings.Contains(s.charset, "$") {
				return s, d.Emerg("a variable in \"charset\" is not simulated by the built-in web server")
			}
		case "types":
			s.types = map[string]string{}
			for _, t := range d.Children {
				for _, extension := range t.Args {
					s.types[extension] = t.Name
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
			for _, a := range d.Args {
				t, err := newTemplate(d, a)
				if err != nil {
					return s, err
				}
				s.tryFiles = append(s.tryFiles, t)
			}
		case "add_header":
			value, err := newTemplate(d, d.Args[1])
			if err != nil {
				return s, err
			}
			headers = append(headers, header{d.Args[0], value, len(d.Args) == 3 && d.Args[2] == "always"})
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

func addErrorPage(pages map[int]errorPage, d nginxconf.Directive) error {
	uri, err := newTemplate(d, d.Args[len(d.Args)-1])
	if err != nil {
		return err
	}
	page := errorPage{uri: uri}
	for _, a := range d.Args[:len(d.Args)-1] {
		if code, isAnswer := strings.CutPrefix(a, "="); isAnswer {
			page.codeSent = true
			page.code, _ = strconv.Atoi(code)
			continue
		}
		code, err := strconv.Atoi(a)
		if err != nil || code < 300 || code > 599 {
			return d.Emerg("invalid value %q", a)
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
