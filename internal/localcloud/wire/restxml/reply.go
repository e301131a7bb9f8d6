package restxml

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Success implements [wire.Protocol]. Fields without a value have no header; pointers tell
// absent from zero. A reply's XMLName is the name of its document.
func (p Protocol) Success(c *wire.Call, o *wire.Operation, out any) (wire.Reply, error) {
	reply := wire.Reply{Status: cmp.Or(o.Status, http.StatusOK), ContentType: p.contentType(), Header: http.Header{}}
	if o.Route == "" {
		return reply, fmt.Errorf("operation %s has no route", o.Name)
	}
	v := reflect.ValueOf(out).Elem()
	document, name, elements := out, c.Operation+"Response", !p.S3
	for _, f := range reflect.VisibleFields(v.Type()) {
		in, key := wire.Locate(f)
		tag := f.Tag.Get("xml")
		value := v.FieldByIndex(f.Index)
		switch {
		case f.Name == "XMLName":
			name = tag
		case in == "header":
			setHeader(reply.Header, key, value)
		case in == "headers":
			for _, k := range value.MapKeys() {
				reply.Header[strings.ToLower(key+k.String())] = []string{value.MapIndex(k).String()} // as S3 writes them: some callers tell letters' case
			}
		case in == "body" && value.Type() == reflect.TypeFor[io.ReadCloser]():
			document = nil
			if stream, ok := value.Interface().(io.ReadCloser); ok {
				reply.Stream = stream
			}
		case in == "body" && (value.Kind() == reflect.String || value.Kind() == reflect.Slice):
			reply.Body, document = value.Convert(reflect.TypeFor[[]byte]()).Bytes(), nil
		case in == "body":
			document, name, elements = value.Interface(), cmp.Or(key, f.Name), true
		case tag != "-" && !f.Anonymous: // what is embedded has fields of its own
			elements = true
		}
	}
	if t := reply.Header.Get("Content-Type"); t != "" {
		reply.ContentType = t
	}
	p.identify(c, &reply)
	if document == nil || !elements || reply.Status == http.StatusNoContent {
		return reply, nil
	}
	b := bytes.NewBufferString(xml.Header)
	err := xml.NewEncoder(b).EncodeElement(document, xml.StartElement{Name: xml.Name{Space: p.Namespace, Local: name}})
	reply.Body = b.Bytes()
	return reply, err
}

// Refusal implements [wire.Protocol].
func (p Protocol) Refusal(c *wire.Call, e *wire.Error) wire.Reply {
	code, message := wire.EscapeXML(e.Code), wire.EscapeXML(e.Message)
	reply := wire.Reply{Status: e.Status, Code: e.Code, ContentType: p.contentType(), Header: http.Header{}}
	p.identify(c, &reply)
	if p.S3 {
		detail := ""
		if d := e.Detail; d.Name != "" {
			detail = fmt.Sprintf("<%s>%s</%[1]s>", d.Name, wire.EscapeXML(d.Value))
		}
		reply.Body = fmt.Appendf(nil, "%s<Error><Code>%s</Code><Message>%s</Message>%s<RequestId>%s</RequestId></Error>", xml.Header, code, message, detail, c.RequestID)
		return reply
	}
	reply.Body = fmt.Appendf(nil, "%s<ErrorResponse xmlns=%q><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
		xml.Header, p.Namespace, e.Fault(), code, message, c.RequestID)
	return reply
}

func (p Protocol) contentType() string {
	if p.S3 {
		return "application/xml"
	}
	return wire.ContentTypeXML
}

// identify gives a reply S3's headers with the request's ID.
func (p Protocol) identify(c *wire.Call, reply *wire.Reply) {
	if p.S3 {
		reply.Header.Set("X-Amz-Request-Id", c.RequestID)
		reply.Header.Set("X-Amz-Id-2", c.RequestID)
	}
}

// setHeader sets a header to a field's value, if there is one.
func setHeader(header http.Header, key string, v reflect.Value) {
	if v.IsZero() {
		return
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if at, ok := v.Interface().(wire.Time); ok {
		header.Set(key, time.Time(at).UTC().Format(http.TimeFormat))
		return
	}
	header.Set(key, fmt.Sprint(v))
}
