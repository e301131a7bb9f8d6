package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// Items is a list as EC2 writes it: <set><item>…</item></set>. An empty one is
// written as an empty element, not left out, as AWS does and boto3's users rely on.
type Items[T any] []T

// MarshalXML implements xml.Marshaler.
func (l Items[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return marshalList(e, start, "item", l)
}

// Members is a list as the query protocol writes it: <Set><member>…</member></Set>.
type Members[T any] []T

// MarshalXML implements xml.Marshaler.
func (l Members[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return marshalList(e, start, "member", l)
}

func marshalList[T any](e *xml.Encoder, start xml.StartElement, name string, list []T) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, v := range list {
		if err := e.EncodeElement(v, xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// Return is the reply of the EC2 operations that only say true.
type Return struct {
	Return bool `xml:"return"`
}

// Done is the reply of an EC2 operation that only says true.
func Done() *Return { return &Return{Return: true} }

// Empty is the reply of an operation that says nothing but its request ID.
type Empty struct{}

// Timestamp writes a time as EC2 and the query services do, in milliseconds.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// encodeXML writes the reply's document around the operation's own fields.
func encodeXML(p protocol, c *Call, out any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xmlHeader)
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", c.Operation, p.namespace)
	if p.kind == ec2Query {
		fmt.Fprintf(&b, "<requestId>%s</requestId>", c.RequestID)
		var fields bytes.Buffer
		if err := xml.NewEncoder(&fields).EncodeElement(out, xml.StartElement{Name: xml.Name{Local: "x"}}); err != nil {
			return nil, err
		}
		b.Write(bytes.TrimSuffix(bytes.TrimPrefix(fields.Bytes(), []byte("<x>")), []byte("</x>")))
	} else {
		if _, empty := out.(*Empty); !empty {
			if err := xml.NewEncoder(&b).EncodeElement(out, xml.StartElement{Name: xml.Name{Local: c.Operation + "Result"}}); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(&b, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>", c.RequestID)
	}
	fmt.Fprintf(&b, "</%sResponse>", c.Operation)
	return b.Bytes(), nil
}

func escape(s string) string {
	var b bytes.Buffer
	// Writing to a buffer can't fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
