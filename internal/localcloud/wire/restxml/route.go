package restxml

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// route is where an operation is found.
type route struct {
	operation *wire.Operation
	labels    map[string]string // parts of the path by their names
	query     url.Values        // of the query string, what isn't part of the route
	weight    int               // how much of it is fixed
}

// find returns the route of the operation that a request is for: of those that match, the
// one of which most is fixed. SDKs name the operation in x-id where paths don't tell.
func find(r *http.Request, operations []*wire.Operation) (found route) {
	id := r.URL.Query().Get("x-id")
	for _, o := range operations {
		if id != "" && o.Name != id {
			continue
		}
		if m, ok := match(r, o); ok && (found.operation == nil || m.weight > found.weight) {
			found = m
		}
	}
	return found
}

func match(r *http.Request, o *wire.Operation) (m route, ok bool) {
	method, template, _ := strings.Cut(o.Route, " ")
	template, fixed, _ := strings.Cut(template, "?")
	if method != r.Method {
		return m, false
	}
	m = route{operation: o, labels: map[string]string{}, query: r.URL.Query()}
	m.query.Del("x-id")
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	parts := strings.Split(strings.Trim(template, "/"), "/")
	for i, part := range parts {
		segment, rest, more := strings.Cut(path, "/")
		name, label := strings.CutPrefix(part, "{")
		name, greedy := strings.CutSuffix(strings.TrimSuffix(name, "}"), "+")
		switch {
		case greedy:
			segment, rest = path, ""
		case i == len(parts)-1 && more && rest != "", i < len(parts)-1 && !more:
			return m, false
		}
		text, err := url.PathUnescape(segment)
		switch {
		case err != nil, label && text == "", !label && text != part:
			return m, false
		case label:
			m.labels[name] = text
		default:
			m.weight++
		}
		path = rest
	}
	for constant := range strings.SplitSeq(fixed, "&") {
		name, value, _ := strings.Cut(constant, "=")
		if name == "" {
			continue
		}
		if !m.query.Has(name) {
			return m, false
		}
		m.weight++
		if strings.HasPrefix(value, "{") { // a parameter, which must be there
			continue
		}
		if m.query.Get(name) != value {
			return m, false
		}
		m.query.Del(name)
	}
	return m, true
}
