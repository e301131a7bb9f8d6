package wire_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/testenv"
)

type paintInput struct {
	Names []string   `query:"Name" max:"2"`
	Size  *int       `query:"Size" min:"1" max:"9"`
	Kind  string     `query:"Kind" enum:"a|b"`
	Code  string     `query:"Code" min:"1" pattern:"[\\u0061-z]+"`
	Pet   string     `query:"Pet" pattern:"[a-z]+" says:"No such pet."`
	Tags  []paintTag `query:"Tag"`
	Short []string   `query:"Short" eachmin:"1" eachmax:"3"`
	Inner inner      `query:"Inner"`
	Must  string     `query:"Must,required"`
	_     wire.Only  `query:"Gloss" only:"false" enum:"true|false"`
}

type paintTag struct {
	Key string `query:"Key,required" max:"3"`
}

type inner struct {
	On *bool `query:"On"`
}

type paintOutput struct {
	Names wire.Items[string]   `xml:"nameSet" json:"Names"`
	List  wire.Members[string] `xml:"List" json:"List"`
}

// journal keeps what a handler's goroutines saw. A dropped connection orders nothing
// between them and the test, so it has a lock of its own.
type journal[T any] struct {
	mu      sync.Mutex
	entries []T
}

func (j *journal[T]) add(entry T) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
}

func (j *journal[T]) all() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

// serviceOf is a service of each of the protocols.
func serviceOf(name string) wire.Service {
	protocols := map[string]wire.Protocol{
		"ec2":                  query.EC2{Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/"},
		"iam":                  query.Protocol{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/"},
		"elasticloadbalancing": query.Protocol{Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"},
		"ssm":                  awsjson.Protocol{Version: "1.1"},
	}
	return wire.Service{Name: name, Protocols: []wire.Protocol{protocols[name]}}
}

func serve(t *testing.T, service string, interceptors ...wire.Interceptor) (post func(target, body string) (int, string), records *journal[wire.CallRecord]) {
	t.Helper()
	records = &journal[wire.CallRecord]{}
	h := &wire.Handler{Interceptors: interceptors, OnCall: records.add}
	if err := h.Add(wire.Op(serviceOf(service), "Paint", func(_ *wire.Call, in *paintInput) (*paintOutput, error) {
		if in.Must == "fail" {
			return nil, refuse.New("Broken", "a < b")
		}
		return &paintOutput{Names: in.Names}, nil
	})); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return func(target, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=x")
		r.Header.Set("X-Amz-Target", target)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, strings.ReplaceAll(string(text), response.Header.Get("X-Amzn-Requestid"), "ID")
	}, records
}

func TestHandler_SpeaksEC2sQuery(t *testing.T) {
	post, records := serve(t, "ec2")
	for name, test := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"reply":          {"Action=Paint&Must=x&Name.2=b&Name.1=a", 200, "<nameSet><item>a</item><item>b</item></nameSet><List></List></PaintResponse>"},
		"order of ten":   {"Action=Paint&Must=x&Name.10=b&Name.9=a", 200, "<item>a</item><item>b</item>"},
		"refusal":        {"Action=Paint&Must=fail", 400, "<Response><Errors><Error><Code>Broken</Code><Message>a &lt; b</Message></Error></Errors><RequestID>ID</RequestID></Response>"},
		"missing":        {"Action=Paint", 400, "The request must contain the parameter Must"},
		"unknown":        {"Action=Paint&Must=x&Inner.Off=true", 501, "parameter Inner.Off of Paint is not simulated"},
		"only":           {"Action=Paint&Must=x&Gloss=true", 501, "of parameter Gloss of Paint is not simulated"},
		"harmless":       {"Action=Paint&Must=x&Gloss=false", 200, "<PaintResponse"},
		"not a number":   {"Action=Paint&Must=x&Size=many", 400, "Value (many) for parameter size is invalid. Expecting an integer value"},
		"too small":      {"Action=Paint&Must=x&Size=0", 400, "<Code>InvalidParameterValue</Code><Message>Value ( 0 ) for parameter size is invalid. Expecting a value greater than 1.</Message>"},
		"too large":      {"Action=Paint&Must=x&Size=10", 400, "Value ( 10 ) for parameter size is invalid. Expecting a value less than 9."},
		"no such action": {"Action=Sand", 501, "operation Sand is not simulated"},
		"no action":      {"", 400, "MissingAction"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := post("", test.body)
			if status != test.status || !strings.Contains(body, test.want) {
				t.Fatalf("got %d %s", status, body)
			}
		})
	}
	if all := records.all(); len(all) != 12 || all[0].Region != "eu-west-1" {
		t.Fatalf("records %+v", all)
	}
}

func TestHandler_SpeaksQuery(t *testing.T) {
	post, _ := serve(t, "iam")
	for body, want := range map[string]string{
		"Action=Paint&Must=x&Name.member.1=a":                                 "<PaintResult><nameSet><item>a</item></nameSet><List></List></PaintResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></PaintResponse>",
		"Action=Paint&Must=x&Name=":                                           "<PaintResult>",
		"Action=Paint&Must=x&Size=10":                                         "Value '10' at 'size' failed to satisfy constraint: Member must have value less than or equal to 9",
		"Action=Paint&Must=x&Kind=c":                                          "Value 'c' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [a, b]",
		"Action=Paint&Must=x&Code=A":                                          "Member must satisfy regular expression pattern: [\\u0061-z]+",
		"Action=Paint&Must=x&Name.member.1=a&Name.member.2=b&Name.member.3=c": "Member must have length less than or equal to 2",
		"Action=Paint&Must=x&Code=aAa":                                        "1 validation error detected: Value 'aAa' at 'code' failed to satisfy constraint: Member must satisfy regular expression pattern: ",
		"Action=Paint&Must=x&Code=":                                           "2 validation errors detected: Value '' at 'code' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'code' failed",
		"Action=Paint&Size=0":                                                 "2 validation errors detected: Value '0' at 'size' failed to satisfy constraint: Member must have value greater than or equal to 1; Value null at 'must' failed",
		"Action=Paint&Must=x&Pet=A":                                           "<Code>ValidationError</Code><Message>No such pet.</Message>",
		"Action=Paint&Must=x&Gloss=maybe":                                     "Value 'maybe' at 'gloss' failed to satisfy constraint: Member must satisfy enum value set: [true, false]",
		"Action=Paint&Must=x&Tag.member.1.Key=long":                           "Value 'long' at 'tag.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 3",
		"Action=Paint&Must=x&Short.member.1=ab&Short.member.2=long":           "Value '[ab, long]' at 'short' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 1]",
		"Action=Paint":                                                        "1 validation error detected: Value null at 'must' failed to satisfy constraint: Member must not be null",
		"Action=Paint&Must=fail":                                              `<Error><Type>Sender</Type><Code>Broken</Code><Message>a &lt; b</Message></Error><RequestId>ID</RequestId></ErrorResponse>`,
	} {
		if _, got := post("", strings.ReplaceAll(body, "'", "&#39;")); !strings.Contains(strings.ReplaceAll(got, "&#39;", "'"), want) {
			t.Errorf("%s:\ngot %s\nwant %s", body, got, want)
		}
	}
}

func TestHandler_SpeaksJSON(t *testing.T) {
	post, _ := serve(t, "ssm")
	for body, want := range map[string]string{
		`{"Must":"x","Name":["a","b"],"Size":3,"Inner":{"On":true}}`: `{"Names":["a","b"],"List":null}`,
		`{"Must":"fail"}`:             `{"__type":"Broken","message":"a \u003c b"}`,
		`{"Must":"x","Colour":"red"}`: "parameter Colour of Paint is not simulated",
		`{`:                           "SerializationException",
	} {
		if _, got := post("AmazonSSM.Paint", body); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", body, got)
		}
	}
}

func TestInterceptor_AnswersAndDropsReplies(t *testing.T) {
	var seen journal[string]
	post, records := serve(t, "ec2",
		func(c *wire.Call, next func() wire.Reply, refused func(*wire.Error) wire.Reply) wire.Reply {
			seen.add("outer " + c.Operation)
			reply := next()
			reply.Drop = strings.Contains(string(reply.Body), "<item>lost</item>")
			return reply
		},
		func(c *wire.Call, next func() wire.Reply, refused func(*wire.Error) wire.Reply) wire.Reply {
			seen.add("inner")
			if c.Resource == "busy" {
				return refused(refuse.WithStatus(503, "RequestLimitExceeded", "Request limit exceeded."))
			}
			return next()
		})
	if status, _ := post("", "Action=Paint&Must=x&Name.1=lost"); status != 0 {
		t.Fatalf("a dropped reply arrived with status %d", status)
	}
	if status, _ := post("", "Action=Paint&Must=x"); status != 200 {
		t.Fatalf("got status %d", status)
	}
	if diff := testenv.Diff([]string{"outer Paint", "inner", "outer Paint", "inner"}, seen.all()); diff != "" {
		t.Fatal(diff)
	}
	if all := records.all(); all[0].Status != 0 || all[1].Status != 200 {
		t.Fatalf("records %+v", all)
	}
}

func TestHandler_RefusesCallsWithoutSignature(t *testing.T) {
	server := httptest.NewServer(&wire.Handler{})
	t.Cleanup(server.Close)
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Fatalf("got status %d", response.StatusCode)
	}
}

// A long reply has its length, too, so that clients need no chunks.
func TestHandler_SendsTheLengthOfLongReplies(t *testing.T) {
	h := &wire.Handler{}
	if err := h.Add(wire.Op(serviceOf("ec2"), "Paint", func(*wire.Call, *struct{}) (*paintOutput, error) {
		return &paintOutput{Names: []string{strings.Repeat("x", 100_000)}}, nil
	})); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("Action=Paint"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ec2/aws4_request")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.ContentLength != int64(len(body)) || len(body) < 100_000 {
		t.Errorf("length %d of a body of %d bytes, %v", response.ContentLength, len(body), err)
	}
}

// Interceptors see the parameters of a call, and can reset its connection.
func TestInterceptor_SeesParametersAndResets(t *testing.T) {
	var got journal[string]
	post, records := serve(t, "ec2", func(c *wire.Call, next func() wire.Reply, _ func(*wire.Error) wire.Reply) wire.Reply {
		got.add(fmt.Sprintf("%t %d %q %t %q %d", c.Has("Name"), c.Length("Name"), c.Value("Must"), c.Has("Size"), c.Value("Size"), c.Length("Size")))
		return wire.Reply{Reset: true, Fault: "reset"}
	})
	if code, text := post("", "Action=Paint&Name.1=a&Name.2=b&Must=x"); code != 0 || !strings.Contains(text, "connection reset") {
		t.Errorf("%d %s", code, text)
	}
	if diff := testenv.Diff([]string{`true 2 "x" false "" 0`}, got.all()); diff != "" {
		t.Error(diff)
	}
	if r := records.all()[0]; r.Status != 0 || r.Fault != "reset" {
		t.Errorf("record %+v", r)
	}
}

// Tags that can't be read are found when the table of operations is made.
func TestAdd_RefusesTagsThatCantBeRead(t *testing.T) {
	for name, operation := range map[string]wire.Operation{
		"bound": wire.Op(serviceOf("ec2"), "Paint", func(*wire.Call, *struct {
			Size int `query:"Size" min:"few"`
		}) (*struct{}, error) {
			return nil, nil
		}),
		"bound inside": wire.Op(serviceOf("ec2"), "Paint", func(*wire.Call, *struct {
			In struct {
				Names []string `query:"Names" eachmax:"many"`
			} `query:"In"`
		}) (*struct{}, error) {
			return nil, nil
		}),
		"reply": wire.Op(serviceOf("ec2"), "Paint", func(*wire.Call, *struct{}) (*struct{ Colours map[string]string }, error) {
			return nil, nil
		}),
	} {
		if err := new(wire.Handler).Add(operation); err == nil || !strings.Contains(err.Error(), "add operation ec2:Paint") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Patterns are compiled when they are first asked for; package server's tests ask ConstraintOf for those of all operations.
func TestConstraintOf_RefusesPatternsThatCantBeCompiled(t *testing.T) {
	for _, tag := range []reflect.StructTag{`pattern:"("`, `eachpattern:"("`, `pattern:"[a-z]+" match:"("`} {
		if _, err := wire.ConstraintOf(reflect.StructField{Name: "Name", Tag: tag}); err == nil || !strings.Contains(err.Error(), "request field Name: tag pattern: ") {
			t.Errorf("%s: %v", tag, err)
		}
	}
}

// The query protocol writes a map as a list of its entries, JSON as an object.
func TestDecode_ReadsMaps(t *testing.T) {
	for service, bodies := range map[string]map[string]string{
		"iam": {
			"Action=Label&Labels.entry.1.key=a&Labels.entry.1.value=b&Labels.entry.2.key=c&Labels.entry.2.value=": "[a=b c=]",
			"Action=Label&Labels.entry.1.key=a":                                   "Value null at &#39;labels.a&#39;",
			"Action=Label&Labels.entry.1.key=a&Labels.entry.1.value=b&Labels.x=y": "parameter Labels.x of Label is not simulated",
		},
		"ssm": {`{"Labels": {"a": "b", "c": ""}}`: "[a=b c=]", `{"Labels": {"a": ["b"]}}`: "Expecting a value, not a list"},
	} {
		h := &wire.Handler{}
		if err := h.Add(wire.Op(serviceOf(service), "Label", func(_ *wire.Call, in *struct {
			Labels map[string]string `query:"Labels"`
		}) (*struct{ Said string }, error) {
			var said []string
			for key, value := range in.Labels {
				said = append(said, key+"="+value)
			}
			slices.Sort(said)
			return &struct{ Said string }{fmt.Sprint(said)}, nil
		})); err != nil {
			t.Fatal(err)
		}
		for body, want := range bodies {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/"+service+"/aws4_request")
			r.Header.Set("X-Amz-Target", "AmazonSSM.Label")
			reply := httptest.NewRecorder()
			h.ServeHTTP(reply, r)
			if !strings.Contains(reply.Body.String(), want) {
				t.Errorf("%s: got %s", body, reply.Body)
			}
		}
	}
}
