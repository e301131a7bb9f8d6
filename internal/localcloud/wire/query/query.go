// Package query speaks AWS's query protocol, in EC2's variant and in that of the other
// services: requests are forms, replies and refusals are XML. What is true of every
// protocol belongs in package wire.
package query

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Protocol is the query protocol as all services but EC2 speak it.
type Protocol struct {
	wire.Plain
	Namespace string // XML namespace of replies
}

// Speaks implements [wire.Protocol].
func (Protocol) Speaks(r *http.Request) bool {
	return r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" || r.URL.Query().Has("Action")
}

// Read implements [wire.Protocol].
func (Protocol) Read(c *wire.Call, r *wire.Request) (*wire.Parameter, *wire.Error) {
	form, refusal := formOf(c, r)
	if refusal != nil {
		return nil, refusal
	}
	return parametersOf(form), nil
}

// Elements implements [wire.Protocol].
func (Protocol) Elements(p *wire.Parameter, _ string) ([]wire.Element, bool) {
	if member := p.Lookup("member"); member != nil {
		p = member
	}
	return p.Members(), true
}

// Entries implements [wire.Protocol]: a map is a list of keys and values.
func (Protocol) Entries(p *wire.Parameter) []wire.Element {
	var entries []wire.Element
	for _, e := range p.Child("entry").Numbered() {
		entries = append(entries, wire.Element{Name: e.Child("key").Take(), Parameter: e.Child("value")})
	}
	return entries
}

// Violated implements [wire.Protocol].
func (Protocol) Violated(violations []wire.Violation) *wire.Error {
	return wire.ValidationErrors("ValidationError", violations)
}

// Success implements [wire.Protocol].
func (p Protocol) Success(c *wire.Call, _ *wire.Operation, out any) (wire.Reply, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s<%sResponse xmlns=%q>", xml.Header, c.Operation, p.Namespace)
	if _, nothing := out.(*wire.Empty); !nothing {
		if err := xml.NewEncoder(&b).EncodeElement(out, xml.StartElement{Name: xml.Name{Local: c.Operation + "Result"}}); err != nil {
			return wire.Reply{}, err
		}
	}
	fmt.Fprintf(&b, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", c.RequestID, c.Operation)
	return wire.Reply{Status: http.StatusOK, ContentType: wire.ContentTypeXML, Body: b.Bytes()}, nil
}

// Refusal implements [wire.Protocol].
func (p Protocol) Refusal(c *wire.Call, e *wire.Error) wire.Reply {
	body := fmt.Appendf(nil, "<ErrorResponse xmlns=%q><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
		p.Namespace, e.Fault(), wire.EscapeXML(e.Code), wire.EscapeXML(e.Message), c.RequestID)
	return wire.Reply{Status: e.Status, Code: e.Code, ContentType: wire.ContentTypeXML, Body: body}
}
