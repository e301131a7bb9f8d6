package restxml

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// maxTokens bounds a document: an element has a beginning, a text and an end.
const maxTokens = 3 * wire.MaxValues

// Read implements [wire.Protocol].
func (p Protocol) Read(c *wire.Call, r *wire.Request) (*wire.Parameter, *wire.Error) {
	route := find(r.Request, r.Operations)
	if route.operation == nil {
		c.Operation = cmp.Or(r.URL.Query().Get("x-id"), r.Method+" "+r.URL.Path)
		return &wire.Parameter{}, nil
	}
	c.Operation = route.operation.Name
	r.Pattern = c.Service + ":" + c.Operation // for those around the handler, who have no routes
	headers := named(r.Header)
	if p.S3 {
		for _, name := range integrity(r.Header) {
			delete(headers, name)
		}
	}
	// Before the document, which is another operation's where the query string names a part of the object.
	if names := unlisted(route, headers); len(names) > 0 {
		return nil, refuse.NotSimulated("parameter %s of %s is not simulated", names[0], c.Operation)
	}
	root := &wire.Parameter{Hollow: true}
	if c.Body == nil {
		if err := document(root, r.Body, route.operation); err != nil {
			return nil, p.malformed(err)
		}
		if p.S3 {
			if err := compare(r.Header, r.Body); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range route.operation.Located() {
		if l.In != "body" && root.Lookup(l.Name) != nil {
			return nil, p.malformed(fmt.Errorf("%s is no element of the document", l.Name))
		}
		switch l.In {
		case "path":
			root.Child(l.Name).SetText(route.labels[l.Key])
		case "query":
			set(root, l, route.query[l.Key])
		case "header":
			set(root, l, r.Header.Values(l.Key))
		case "headers":
			for name := range r.Header {
				if key, ok := strings.CutPrefix(strings.ToLower(name), l.Key); ok {
					root.Child(l.Name).Hollow = true
					root.Child(l.Name).Child(key).SetText(r.Header.Get(name))
				}
			}
		}
	}
	if c.Body == nil && r.Header.Get("Content-Encoding") == "aws-chunked" {
		return nil, refuse.NotSimulated("content encoding aws-chunked is not simulated")
	}
	return root, nil
}

// unlisted names what a request has in its path, query string and headers and its operation doesn't list.
func unlisted(route route, headers map[string]bool) []string {
	labels, query := maps.Clone(route.labels), maps.Clone(route.query)
	for _, l := range route.operation.Located() {
		switch l.In {
		case "path":
			delete(labels, l.Key)
		case "query":
			delete(query, l.Key)
		case "header":
			delete(headers, http.CanonicalHeaderKey(l.Key))
		case "headers":
			maps.DeleteFunc(headers, func(name string, _ bool) bool { return strings.HasPrefix(strings.ToLower(name), l.Key) })
		}
	}
	return slices.Concat(slices.Sorted(maps.Keys(labels)), slices.Sorted(maps.Keys(query)), slices.Sorted(maps.Keys(headers)))
}

// set gives a parameter the values that a header or the query string has for it.
func set(root *wire.Parameter, l wire.Location, values []string) {
	switch {
	case len(values) == 0:
	case l.Type.Kind() == reflect.Slice:
		root.Child(l.Name).List = true
		for i, value := range values {
			root.Child(l.Name).Child(strconv.Itoa(i + 1)).SetText(value)
		}
	default:
		root.Child(l.Name).SetText(values[0])
		for _, value := range values[1:] { // which nobody takes, so they are refused
			another := &wire.Parameter{}
			another.SetText(value)
			root.Child(l.Name).More = append(root.Child(l.Name).More, another)
		}
	}
}

// named are the headers that are parameters of some operation. One that the operation
// doesn't list must be refused; the others are between HTTP's two ends.
func named(header http.Header) map[string]bool {
	headers := map[string]bool{}
	for name := range header {
		switch name {
		case "X-Amz-Date", "X-Amz-Content-Sha256", "X-Amz-Security-Token", "X-Amz-User-Agent":
		case "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Md5", "Expires", "Range",
			"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since":
			headers[name] = true
		default:
			if strings.HasPrefix(name, "X-Amz-") {
				headers[name] = true
			}
		}
	}
	return headers
}

// document reads the body: into the parameter that is the body, or else into those of its
// document.
func document(root *wire.Parameter, body []byte, o *wire.Operation) error {
	want := o.Name + "Request"
	for _, l := range o.Located() {
		if l.In != "body" {
			continue
		}
		raw := l.Type.Kind() == reflect.String || l.Type == reflect.TypeFor[[]byte]()
		if raw {
			root.Child(l.Name).SetText(string(body))
			root.Child(l.Name).Blob = true
			return nil
		}
		want = cmp.Or(l.Key, l.Name)
		if len(body) > 0 {
			root = root.Child(l.Name)
		}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	name, err := parse(root, body)
	if err == nil && name != want {
		err = fmt.Errorf("the document is a %s, want a %s", name, want)
	}
	return err
}

// parse reads a document into the parameter that it is, and returns its name.
func parse(root *wire.Parameter, body []byte) (name string, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var open []*wire.Parameter
	for tokens := 1; ; tokens++ {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && name != "":
			return name, nil
		case err != nil:
			return "", err
		case tokens > maxTokens:
			return "", fmt.Errorf("there are more than %d elements", wire.MaxValues)
		}
		switch token := token.(type) {
		case xml.StartElement:
			p := root
			switch {
			case len(open) > 0:
				p = next(open[len(open)-1], token.Name.Local)
			case name != "":
				return "", errors.New("there is more than one document")
			default:
				name = token.Name.Local
			}
			for _, a := range token.Attr {
				if a.Name.Local != "xmlns" && a.Name.Space != "xmlns" {
					p.Child("@" + a.Name.Local).SetText(a.Value)
				}
			}
			p.Hollow = true
			if open = append(open, p); len(open) > wire.MaxDepth {
				return "", fmt.Errorf("there are more than %d elements within each other", wire.MaxDepth)
			}
		case xml.EndElement:
			p := open[len(open)-1]
			p.Set = !p.Parent() || strings.TrimSpace(p.Text) != ""
			if !p.Set {
				p.Text = ""
			}
			p.Hollow = p.Hollow && p.Text == ""
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].Text += string(token)
			}
		}
	}
}

// next is a further element of a name.
func next(p *wire.Parameter, name string) *wire.Parameter {
	first := p.Lookup(name)
	if first == nil {
		return p.Child(name)
	}
	another := &wire.Parameter{}
	first.More = append(first.More, another)
	return another
}

func (p Protocol) malformed(err error) *wire.Error {
	if p.S3 {
		return refuse.New("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema: %v", err)
	}
	return refuse.New("MalformedInput", "%v", err)
}
