package wire_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/testenv"
)

type shelf struct {
	Name  string                      `xml:"name"`
	Maybe *string                     `xml:"maybe"`
	Zone  string                      `xml:"placement>zone"`
	Host  string                      `xml:"placement>host,omitempty"`
	Texts wire.Items[string]          `xml:"textSet"`
	Lists wire.Items[wire.Items[int]] `xml:"listSet"`
	Left  wire.Members[string]        `xml:"Left,omitempty"`
	Plain []string                    `xml:"plain"`
	More  wire.Members[shelf]         `xml:"More"`
	None  *wire.Members[string]       `xml:"None"`
}

// Replies are held to the byte: an empty list has an element, what is absent has none.
func TestSuccess_WritesRepliesToTheByte(t *testing.T) {
	const fields = `<name>&lt;&#34;</name><placement><zone>a</zone></placement><textSet><item>x</item></textSet><listSet><item><item>1</item></item><item></item></listSet>` +
		`<plain>y</plain><plain></plain><More><member><name></name><placement><zone></zone></placement><textSet></textSet><listSet></listSet><More></More></member></More>`
	for service, want := range map[string]string{
		"ec2": `<ShelveResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>ID</requestId>` + fields + `</ShelveResponse>`,
		"iam": `<ShelveResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ShelveResult>` + fields +
			`</ShelveResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></ShelveResponse>`,
	} {
		h := &wire.Handler{}
		if err := h.Add(wire.Op(serviceOf(service), "Shelve", func(*wire.Call, *struct{}) (*shelf, error) {
			return &shelf{Name: `<"`, Zone: "a", Texts: []string{"x"}, Lists: wire.Items[wire.Items[int]]{{1}, nil}, Plain: []string{"y", ""}, More: []shelf{{}}}, nil
		}), wire.Op(serviceOf(service), "Sweep", func(*wire.Call, *struct{}) (*wire.Empty, error) { return &wire.Empty{}, nil })); err != nil {
			t.Fatal(err)
		}
		answer := func(action string) string {
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader("Action="+action))
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/"+service+"/aws4_request")
			reply := httptest.NewRecorder()
			h.ServeHTTP(reply, r)
			return strings.ReplaceAll(reply.Body.String(), reply.Header().Get("X-Amzn-Requestid"), "ID")
		}
		if diff := testenv.Diff(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+want, answer("Shelve")); diff != "" {
			t.Errorf("%s:\n%s", service, diff)
		}
		if got := answer("Sweep"); strings.Contains(got, "SweepResult") || !strings.Contains(got, "<SweepResponse") {
			t.Errorf("%s: an empty reply is %s", service, got)
		}
	}
}

// BenchmarkSuccess writes a reply of about 5,000 elements.
func BenchmarkSuccess(b *testing.B) {
	type reply struct {
		Set wire.Items[shelf] `xml:"set"`
	}
	out := &reply{Set: make(wire.Items[shelf], 550)}
	for i := range out.Set {
		out.Set[i] = shelf{Name: "vpc-0123456789abcdef0", Zone: "us-east-1a", Texts: []string{"a", "b"}}
	}
	h := &wire.Handler{}
	if err := h.Add(wire.Op(serviceOf("ec2"), "Shelve", func(*wire.Call, *struct{}) (*reply, error) { return out, nil })); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), "POST", "/", strings.NewReader("Action=Shelve"))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ec2/aws4_request")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
