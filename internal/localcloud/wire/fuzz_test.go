package wire_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// What paintInput lists, told a second time: the decoder may accept nothing else.
const (
	listedParameters = `^(Action|Version|Name|Name\.[1-9][0-9]*|Size|Kind|Code|Inner\.On|Must|Gloss)$`
	listedByQuery    = `^Name\.member(\.[1-9][0-9]*)?$`
	listedByEC2      = `^DryRun$`
)

// FuzzDecode sends anything in each of the three protocols. There is no panic,
// and what is accepted holds nothing but what the operation lists, once each.
func FuzzDecode(f *testing.F) {
	services := []string{"ec2", "elasticloadbalancing", "ssm"}
	for _, body := range []string{
		"Action=Paint&Must=x&Name.1=a&Size=3&Kind=a&Inner.On=true&Gloss=false", "Action=Paint&Must=x&Name.member.1=a", "Action=Paint&Must=x&Must=y",
		"Action=Paint&Must=x&Name.a=b", "Action=Paint&Must=x&Name.1.2=b", "Action=Paint&Must=x&=y", "Action=Paint&Must=x&Name.0=a&Name.01=b", "Action=Paint&Must=x&Name=",
		"Action=Paint&Must=x&Name.99999999999999999999=a", "Action=Paint&Must=x&Inner=", "Action=Paint&Must=x&DryRun=true", "%", "a.b.c=.", "Action=Paint&Must.=x",
		`{"Must": "x", "Name": ["a", "b"], "Size": 3, "Inner": {"On": true}, "Gloss": false}`, `{"Must": "x"} {"Off": 1}`, `{"Must": "x", "Inner": {}}`,
		`{"Must": "x", "Name": {"a": "b"}}`, `{"Must": null}`, `{"Must": ["x"]}`, `{"Must": []}`, `{"Must": "x", "Inner": []}`, `{"Must": "x", "": {"a": 1}}`, `{"Must": "x", "Off": null}`, `[]`, `{`, ``, `{"Must": "x", "Size": 1e1}`,
	} {
		for i := range services {
			f.Add(uint8(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, choice uint8, body string) {
		service := services[int(choice)%len(services)]
		h := &wire.Handler{}
		if err := h.Add(wire.Op(serviceOf(service), "Paint", func(_ *wire.Call, in *paintInput) (*paintOutput, error) {
			checkPainted(t, in)
			return &paintOutput{Names: in.Names}, nil
		})); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=x")
		r.Header.Set("X-Amz-Target", "AmazonSSM.Paint")
		reply := httptest.NewRecorder()
		h.ServeHTTP(reply, r)
		switch {
		case reply.Code >= http.StatusInternalServerError && reply.Code != http.StatusNotImplemented:
			t.Errorf("HTTP %d: %s", reply.Code, reply.Body)
		case reply.Code != http.StatusOK:
			return
		case service == "ssm":
			checkJSON(t, body)
		default:
			checkForm(t, service, body)
		}
	})
}

// checkPainted checks what the struct's tags promise its operation.
func checkPainted(t *testing.T, in *paintInput) {
	t.Helper()
	if len(in.Names) > 2 || in.Size != nil && (*in.Size < 1 || *in.Size > 9) ||
		!slices.Contains([]string{"", "a", "b"}, in.Kind) || !regexp.MustCompile("^[a-z]*$").MatchString(in.Code) {
		t.Errorf("accepted %+v", in)
	}
}

func checkForm(t *testing.T, service, body string) {
	t.Helper()
	form, err := url.ParseQuery(body)
	if err != nil {
		t.Fatalf("accepted what is no form: %v", err)
	}
	listed := []*regexp.Regexp{regexp.MustCompile(listedParameters), regexp.MustCompile(listedByEC2)}
	if service != "ec2" {
		listed[1] = regexp.MustCompile(listedByQuery)
	}
	for name, values := range form {
		if !slices.ContainsFunc(listed, func(r *regexp.Regexp) bool { return r.MatchString(name) }) {
			t.Errorf("accepted the parameter %q", name)
		}
		if len(values) != 1 {
			t.Errorf("accepted %q %d times", name, len(values))
		}
	}
}

func checkJSON(t *testing.T, body string) {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(body), &document); err != nil {
		t.Fatalf("accepted what is no JSON document: %v", err)
	}
	for name, value := range document {
		var ok bool
		switch name {
		case "Name":
			_, ok = value.([]any)
		case "Inner":
			var inner map[string]any
			inner, ok = value.(map[string]any)
			delete(inner, "On")
			ok = ok && len(inner) == 0
		case "Size", "Kind", "Code", "Must", "Gloss":
			_, list := value.([]any)
			_, structure := value.(map[string]any)
			ok = !list && !structure
		}
		if !ok && value != nil {
			t.Errorf("accepted %q: %v", name, value)
		}
	}
}
