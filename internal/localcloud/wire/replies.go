package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"time"
)

// ContentTypeXML is the content type of replies in XML.
const ContentTypeXML = "text/xml;charset=UTF-8"

// ErrorXML is EC2's form of a refusal. It is also that of calls whose service isn't known.
func ErrorXML(c *Call, e *Error) Reply {
	return Reply{Status: e.Status, Code: e.Code, ContentType: ContentTypeXML,
		Body: fmt.Appendf(nil, "%s<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>",
			xml.Header, EscapeXML(e.Code), EscapeXML(e.Message), c.RequestID)}
}

// EscapeXML writes what has a meaning in XML as entities.
func EscapeXML(s string) string {
	var b bytes.Buffer
	// Writing to a buffer can't fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

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

// Empty is the reply of an operation that says nothing but its request ID.
type Empty struct{}

// Timestamp writes a time as EC2 and the query services do, in milliseconds.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Time is a time in a reply, which each protocol writes in a way of its own.
type Time time.Time

// MarshalText implements encoding.TextMarshaler, for XML.
func (t Time) MarshalText() ([]byte, error) { return []byte(Timestamp(time.Time(t))), nil }

// MarshalJSON implements json.Marshaler: seconds since 1970.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, t.seconds(), 'f', -1, 64), nil
}

// MarshalCBOR implements the codec's Marshaler: the same with tag 1, as a double.
func (t Time) MarshalCBOR() ([]byte, error) {
	return binary.BigEndian.AppendUint64([]byte{0xC1, 0xFB}, math.Float64bits(t.seconds())), nil
}

func (t Time) seconds() float64 { return float64(time.Time(t).UnixMilli()) / 1000 }
