package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"sync"
	"time"
)

const xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// list is a list whose elements have an element each, within one of the list's own.
type list interface{ itemName() string }

// Items is a list as EC2 writes it: <set><item>…</item></set>. An empty one is
// written as an empty element, not left out, as AWS does and boto3's users rely on.
type Items[T any] []T

func (Items[T]) itemName() string { return "item" }

// Members is a list as the query protocol writes it: <Set><member>…</member></Set>.
type Members[T any] []T

func (Members[T]) itemName() string { return "member" }

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

// encodeXML writes the reply's document around the operation's own fields. It does so
// in the memory of an earlier draft: a long document that grew from nothing would be
// copied again and again.
func encodeXML(p protocol, c *Call, out any, fields encoder, drafts *sync.Pool) []byte {
	draft, again := drafts.Get().(*[]byte)
	if !again {
		draft = new([]byte)
	}
	*draft = appendXML((*draft)[:0], p, c, out, fields)
	document := bytes.Clone(*draft)
	drafts.Put(draft)
	return document
}

func appendXML(d []byte, p protocol, c *Call, out any, fields encoder) []byte {
	d = fmt.Appendf(d, "%s<%sResponse xmlns=%q>", xmlHeader, c.Operation, p.namespace)
	_, nothing := out.(*Empty)
	switch {
	case p.kind == ec2Query:
		d = fmt.Appendf(d, "<requestId>%s</requestId>", c.RequestID)
		d = fields(d, reflect.ValueOf(out).Elem())
	case !nothing:
		d = fmt.Appendf(d, "<%sResult>", c.Operation)
		d = fields(d, reflect.ValueOf(out).Elem())
		d = fmt.Appendf(d, "</%sResult>", c.Operation)
	}
	if p.kind != ec2Query {
		d = fmt.Appendf(d, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>", c.RequestID)
	}
	return fmt.Appendf(d, "</%sResponse>", c.Operation)
}

func escape(s string) string {
	var b bytes.Buffer
	// Writing to a buffer can't fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
