package wire

import (
	"bytes"
	"encoding/xml"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The lists as encoding/xml writes them, by which the encoder is judged.

// MarshalXML implements xml.Marshaler.
func (l Items[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return marshalList(e, start, "item", l)
}

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

// everything has every form that a field of a reply can have.
type everything struct {
	shared
	Text      string                 `xml:"text"`
	Maybe     string                 `xml:"maybe,omitempty"`
	Number    int                    `xml:"number"`
	Long      int64                  `xml:"long,omitempty"`
	Yes       bool                   `xml:"yes"`
	Perhaps   *bool                  `xml:"perhaps"`
	Zone      string                 `xml:"placement>zone"`
	Tenancy   string                 `xml:"placement>tenancy,omitempty"`
	Host      *string                `xml:"placement>host>name"`
	Cores     int                    `xml:"placement>host>cores,omitempty"`
	Apart     *deeper                `xml:"placement>apart>deeper"`
	Other     Items[string]          `xml:"other>set,omitempty"`
	Inner     deeper                 `xml:"inner"`
	Pointer   *deeper                `xml:"pointer,omitempty"`
	Texts     Items[string]          `xml:"textSet"`
	Objects   Items[deeper]          `xml:"objectSet"`
	Pointers  Members[*deeper]       `xml:"Pointers"`
	OfLists   Items[Members[string]] `xml:"listSet"`
	Absent    *Members[deeper]       `xml:"Absent"`
	Plain     []string               `xml:"plain"`
	Untagged  string
	Skipped   string `xml:"-"`
	unexposed string
}

type shared struct {
	First  string `xml:"first"`
	Second string `xml:"placement>second,omitempty"`
}

type deeper struct {
	Name string        `xml:"name"`
	More Items[deeper] `xml:"moreSet"`
	Nil  *struct{}     `xml:"nil"`
}

// fill draws a value of any type that replies have.
func fill(t *rapid.T, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(t, v.Field(i), depth)
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), depth+1)
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, max(0, 3-depth)).Draw(t, "elements"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i), depth+1)
			}
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom([]string{"", "plain", `<&>"'`, "a\tb\nc\rd", "\x00\xff", "ä\u2028😀"}), rapid.String()).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	default:
		v.SetInt(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64()).Draw(t, "number"))
	}
}

func TestEncoderWritesWhatEncodingXMLDoes(t *testing.T) {
	encode, err := replyEncoder(reflect.TypeFor[everything]())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var v everything
		fill(t, reflect.ValueOf(&v).Elem(), 0)
		fill(t, reflect.ValueOf(&v.shared).Elem(), 0)
		v.unexposed = "never written"
		var want bytes.Buffer
		if err := xml.NewEncoder(&want).EncodeElement(v, xml.StartElement{Name: xml.Name{Local: "x"}}); err != nil {
			t.Fatal(err)
		}
		got := "<x>" + string(encode(nil, reflect.ValueOf(v))) + "</x>"
		if diff := cmp.Diff(want.String(), got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEncoderRefusesWhatRepliesDontHave(t *testing.T) {
	for _, reply := range []any{
		"", struct {
			M map[string]string
		}{}, struct {
			A string `xml:"a,attr"`
		}{}, struct {
			A any `xml:"a"`
		}{}, struct {
			B []byte `xml:"b"`
		}{}, struct {
			S string `xml:"space s"`
		}{}, struct{ XMLName xml.Name }{}, struct{ *shared }{},
	} {
		if _, err := replyEncoder(reflect.TypeOf(reply)); err == nil || !strings.Contains(err.Error(), "make the encoder of") {
			t.Errorf("%T: %v", reply, err)
		}
	}
	h := &Handler{}
	if err := h.Add(Op("ec2", "Paint", func(*Call, *struct{}) (*struct{ X any }, error) { return nil, nil })); err == nil {
		t.Error("an operation whose reply can't be written was added")
	}
}

// BenchmarkEncode compares the two ways to write a reply of 5,000 elements.
func BenchmarkEncode(b *testing.B) {
	type reply struct {
		Set Items[everything] `xml:"set"`
	}
	v := &reply{Set: make(Items[everything], 250)}
	for i := range v.Set {
		v.Set[i].Text, v.Set[i].Number = strings.Repeat("x", rand.IntN(40)), i
	}
	b.Run("encoder", func(b *testing.B) {
		encode, err := replyEncoder(reflect.TypeFor[reply]())
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			encode(nil, reflect.ValueOf(v).Elem())
		}
	})
	b.Run("encoding/xml", func(b *testing.B) {
		for b.Loop() {
			if err := xml.NewEncoder(&bytes.Buffer{}).Encode(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
