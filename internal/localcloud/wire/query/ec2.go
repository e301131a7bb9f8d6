package query

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// EC2 is EC2's variant of the query protocol.
type EC2 struct {
	wire.Plain
	Namespace string // XML namespace of replies
}

// Speaks implements [wire.Protocol].
func (EC2) Speaks(*http.Request) bool { return true }

// Read implements [wire.Protocol].
func (p EC2) Read(c *wire.Call, r *wire.Request) (*wire.Parameter, *wire.Error) {
	form, refusal := formOf(c, r)
	if refusal != nil {
		return nil, refusal
	}
	c.DryRun = strings.EqualFold(form.Get("DryRun"), "true")
	if dry := form.Get("DryRun"); dry != "" && !c.DryRun && !strings.EqualFold(dry, "false") {
		return nil, p.Violated([]wire.Violation{{Path: "DryRun", Value: dry, Text: "Expecting a boolean value"}})
	}
	form.Del("DryRun")
	return parametersOf(form), nil
}

// Elements implements [wire.Protocol].
func (EC2) Elements(p *wire.Parameter, _ string) ([]wire.Element, bool) { return p.Numbered(), true }

// Missing implements [wire.Protocol]: an empty parameter is as good as none.
func (EC2) Missing(v reflect.Value) bool { return v.IsZero() }

// Violated implements [wire.Protocol]: EC2 names the first violation, and no model's
// constraints.
func (EC2) Violated(violations []wire.Violation) *wire.Error {
	v := violations[0]
	name := wire.LowerFirst(v.Path)
	switch {
	case v.Missing:
		return refuse.MissingParameter(v.Path)
	case v.Number && v.Least:
		return refuse.InvalidParameterValue("Value ( %s ) for parameter %s is invalid. Expecting a value greater than %d.", v.Value, name, v.Bound)
	case v.Number:
		return refuse.InvalidParameterValue("Value ( %s ) for parameter %s is invalid. Expecting a value less than %d.", v.Value, name, v.Bound)
	}
	return refuse.InvalidParameterValue("Value (%s) for parameter %s is invalid. %s", v.Value, name, v.Text)
}

// Success implements [wire.Protocol]: the result's fields stand beside the request's ID.
func (p EC2) Success(c *wire.Call, _ *wire.Operation, out any) (wire.Reply, error) {
	var b bytes.Buffer
	if err := xml.NewEncoder(&b).EncodeElement(out, xml.StartElement{Name: xml.Name{Space: p.Namespace, Local: c.Operation + "Response"}}); err != nil {
		return wire.Reply{}, err
	}
	start, fields, _ := bytes.Cut(b.Bytes(), []byte(">"))
	body := fmt.Appendf(nil, "%s%s><requestId>%s</requestId>%s", xml.Header, start, c.RequestID, fields)
	return wire.Reply{Status: http.StatusOK, ContentType: wire.ContentTypeXML, Body: body}, nil
}

// Refusal implements [wire.Protocol].
func (EC2) Refusal(c *wire.Call, e *wire.Error) wire.Reply { return wire.ErrorXML(c, e) }
