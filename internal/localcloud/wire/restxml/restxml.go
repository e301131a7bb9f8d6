// Package restxml speaks AWS's REST-XML: method and path name the operation, parameters
// are parts of the path, of the query string, headers and elements of an XML document.
// What is true of every protocol belongs in package wire.
//
// The tag rest says where a field of a request or reply is, if not in the document:
// "path Id", "query max-keys", "header x-amz-acl", "headers x-amz-meta-" for a map of
// those that begin so, "body" for the document or the bytes of the body themselves.
package restxml

import (
	"fmt"
	"net/http"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Protocol is REST-XML.
type Protocol struct {
	wire.Plain
	Namespace string // XML namespace of replies
	S3        bool   // S3's form of refusals and of empty replies
}

// Speaks implements [wire.Protocol].
func (Protocol) Speaks(*http.Request) bool { return true }

// Elements implements [wire.Protocol]. A list whose item is "-" is flattened: its elements
// stand without one of the list's own.
func (Protocol) Elements(p *wire.Parameter, item string) ([]wire.Element, bool) {
	if p.List {
		return p.Members(), true
	}
	switch item {
	case "-":
	case "":
		p = p.Lookup("member")
	default:
		p = p.Lookup(item)
	}
	if p == nil {
		return nil, true
	}
	elements := []wire.Element{{Name: "1.member", Parameter: p}}
	for i, another := range p.More {
		elements = append(elements, wire.Element{Name: fmt.Sprintf("%d.member", i+2), Parameter: another})
	}
	return elements, true
}

// Time implements [wire.Protocol]: timestamps are ISO 8601's, and HTTP's in headers.
func (p Protocol) Time(text string) (time.Time, error) {
	if at, err := http.ParseTime(text); err == nil {
		return at, nil
	}
	return p.Plain.Time(text)
}

// Violated implements [wire.Protocol].
func (p Protocol) Violated(violations []wire.Violation) *wire.Error {
	if p.S3 {
		return wire.ValidationErrors("InvalidArgument", violations)
	}
	return wire.ValidationErrors("InvalidInput", violations)
}
