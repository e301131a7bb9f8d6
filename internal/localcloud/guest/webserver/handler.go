package webserver

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// serverName is what the Server header says, so that nobody takes this server for nginx.
const serverName = "platformctl-webserver"

// version is $nginx_version: that of Amazon Linux 2023's repository at the time of writing.
const version = "1.28.0"

// Machine is what the configuration's variables tell of the instance.
type Machine struct {
	Hostname  string
	PrivateIP string
}

// Handler answers requests that arrive at one port.
func (c *Config) Handler(port int, m Machine) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		host := hr.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		s := c.serverFor(port, host)
		if host == "" && len(s.names) > 0 {
			host = s.names[0]
		}
		r := &request{Request: hr, config: c, machine: m, port: port, host: host, server: s, settings: s.settings}
		r.uri = path.Clean("/" + hr.URL.Path)
		if strings.HasSuffix(hr.URL.Path, "/") && r.uri != "/" {
			r.uri += "/"
		}
		if s.keepAlive == 0 {
			w.Header().Set("Connection", "close")
		}
		defer r.bound(w)
		if code := c.defaultServer(port).settings.buffers.refuse(hr); code != 0 {
			w.Header().Set("Connection", "close")
			r.page(w, code)
			return
		}
		r.serve(w)
	})
}

// request is one request on its way through the configuration.
type request struct {
	*http.Request
	config   *Config
	machine  Machine
	port     int
	host     string
	server   *server
	settings settings
	uri      string // normalised, changes with internal redirects
	id       string
	status   int  // to send instead of 200, set by an error page
	inner    bool // by an internal redirect
	failed   bool // an error page is being served: no further ones
	hops     int
	query    url.Values // once a variable has asked for it
	expanded int        // bytes that templates have become
}

// bound answers 500 where the request's templates became too long, which is before anything is sent.
func (r *request) bound(w http.ResponseWriter) {
	switch reason := recover(); reason {
	case nil:
	case errExpanded:
		clear(w.Header())
		r.settings.headers, r.status = nil, 0
		r.page(w, http.StatusInternalServerError)
	default:
		panic(reason)
	}
}

func (r *request) serve(w http.ResponseWriter) {
	if r.hops++; r.hops > 10 { // nginx stops such cycles, too
		r.failed = true
		r.fail(w, http.StatusInternalServerError)
		return
	}
	if a := r.server.rewrite; a != nil && !r.inner {
		r.act(w, a)
		return
	}
	l := r.server.locate(r.uri)
	switch {
	case l == nil:
		r.settings = r.server.settings
	case l.internal && !r.inner:
		r.settings = l.settings
		r.fail(w, http.StatusNotFound)
		return
	default:
		r.settings = l.settings
		if l.rewrite != nil {
			r.act(w, l.rewrite)
			return
		}
	}
	if r.settings.tryFiles != nil {
		r.tryFiles(w)
		return
	}
	r.static(w, r.uri)
}

// locate applies nginx's order: exact, then the longest prefix, unless a regular
// expression matches and that prefix doesn't forbid it.
func (s *server) locate(uri string) *location {
	if l := s.exact[uri]; l != nil {
		return l
	}
	var best *location
	for _, l := range s.prefixes {
		if strings.HasPrefix(uri, l.path) {
			best = l
			break
		}
	}
	if best != nil && best.noRegex {
		return best
	}
	for _, l := range s.regexes {
		if l.regex.MatchString(uri) {
			return l
		}
	}
	return best
}

func (r *request) redirect(w http.ResponseWriter, uri string) {
	uri, _, _ = strings.Cut(uri, "?")
	r.uri, r.inner = uri, true
	r.serve(w)
}

func (r *request) tryFiles(w http.ResponseWriter) {
	last := len(r.settings.tryFiles) - 1
	for _, t := range r.settings.tryFiles[:last] {
		name := t.expand(r)
		if r.exists(name) {
			r.static(w, name)
			return
		}
	}
	fallback := r.settings.tryFiles[last].expand(r)
	if code, isCode := strings.CutPrefix(fallback, "="); isCode {
		status, _ := strconv.Atoi(code)
		r.fail(w, status)
		return
	}
	r.redirect(w, fallback)
}

// act carries out a "return".
func (r *request) act(w http.ResponseWriter, a *action) {
	text := a.text.expand(r)
	switch a.code {
	case 301, 302, 303, 307, 308:
		if strings.HasPrefix(text, "/") {
			text = r.scheme() + "://" + r.Host + text
		}
		w.Header().Set("Location", text)
		r.page(w, a.code)
		return
	case 444: // close without an answer
		panic(http.ErrAbortHandler)
	}
	if text == "" && a.code >= 300 {
		r.fail(w, a.code)
		return
	}
	code := a.code
	if r.status != 0 {
		code = r.status
	}
	r.header(w, code)
	w.Header().Set("Content-Type", r.contentType(r.uri))
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		w.Write([]byte(text))
	}
}

// fail answers with an error: through error_page where there is one.
func (r *request) fail(w http.ResponseWriter, code int) {
	page, ok := r.settings.errorPages[code]
	if !ok || r.failed {
		r.page(w, code)
		return
	}
	r.failed, r.status = true, code
	if page.codeSent && page.code != 0 {
		r.status = page.code
	}
	uri := page.uri.expand(r)
	if !strings.HasPrefix(uri, "/") {
		w.Header().Set("Location", uri)
		r.page(w, http.StatusFound)
		return
	}
	r.redirect(w, uri)
}

// page is nginx's own page for a code.
func (r *request) page(w http.ResponseWriter, code int) {
	if r.status != 0 && code < 400 && w.Header().Get("Location") == "" {
		code = r.status
	}
	title := strconv.Itoa(code)
	if text := http.StatusText(code); text != "" {
		title += " " + text
	}
	body := fmt.Sprintf("<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>%s</center>\r\n</body>\r\n</html>\r\n",
		title, title, serverName)
	r.header(w, code)
	contentType := "text/html"
	if code >= http.StatusBadRequest {
		contentType = r.settings.withCharset(contentType)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		w.Write([]byte(body))
	}
}

// header sets what every answer carries, and add_header's fields.
func (r *request) header(w http.ResponseWriter, code int) {
	w.Header().Set("Server", serverName)
	fine := false
	switch code {
	case 200, 201, 204, 206, 301, 302, 303, 304, 307, 308:
		fine = true
	}
	for _, h := range r.settings.headers {
		if value := h.value.expand(r); (fine || h.always) && value != "" {
			w.Header().Add(h.name, value)
		}
	}
}
