package network

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

// stub answers EC2 calls with what a test says AWS answers, and remembers the
// calls. A call that the test doesn't expect fails it.
type stub struct {
	t       *testing.T
	replies map[string]func(url.Values) string

	mu    sync.Mutex
	calls []url.Values
}

// newStub serves the replies, by action.
func newStub(t *testing.T, replies map[string]func(url.Values) string) (*stub, *awsapi.Clients) {
	t.Helper()
	s := &stub{t: t, replies: replies}
	server := httptest.NewServer(localcloudtest.RecordedRequests(t, s))
	t.Cleanup(server.Close)
	return s, connect(t, server.URL)
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	action := r.PostForm.Get("Action")
	s.mu.Lock()
	s.calls = append(s.calls, r.PostForm)
	s.mu.Unlock()
	reply, ok := s.replies[action]
	if !ok {
		s.t.Errorf("unexpected call: %v", r.PostForm)
		reply = func(url.Values) string { return refusal("UnexpectedCall", action) }
	}
	body := reply(r.PostForm)
	if strings.HasPrefix(body, "<Response>") {
		w.WriteHeader(http.StatusBadRequest)
	} else {
		body = "<" + action + "Response>" + body + "</" + action + "Response>"
	}
	_, _ = w.Write([]byte(body)) // a client that has gone needs no answer
}

// made are the calls so far, without those that only read.
func (s *stub) made() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var actions []string
	for _, call := range s.calls {
		if action := call.Get("Action"); !strings.HasPrefix(action, "Describe") {
			actions = append(actions, action)
		}
	}
	return actions
}

// always answers every call alike.
func always(body string) func(url.Values) string { return func(url.Values) string { return body } }

// refusal is EC2's form of an error.
func refusal(code, message string) string {
	return fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>r</RequestID></Response>", code, message)
}

// tagSet is the tags of an object of platform "shop", or of nobody.
func tagSet(key string, generation int) string {
	if key == "" {
		return ""
	}
	return fmt.Sprintf("<tagSet><item><key>%s</key><value>shop</value></item><item><key>%s</key><value>%s</value></item><item><key>%s</key><value>%d</value></item></tagSet>",
		awsapi.TagPlatform, awsapi.TagKey, key, awsapi.TagGeneration, generation)
}

// fixture has one node of each kind, and an ID for every key: kind + "-" + name.
func fixture() (*resource.Graph, map[resource.Key]string) {
	g, ids := network(), map[resource.Key]string{}
	for _, node := range g.Nodes() {
		ids[node.Key] = node.Key.Kind + "-" + node.Key.Name
	}
	return g, ids
}

func request(t *testing.T, c *awsapi.Clients, key string) resource.Request {
	t.Helper()
	g, ids := fixture()
	parsed, err := resource.ParseKey(key)
	if err != nil {
		t.Fatal(err)
	}
	node := g.Node(parsed)
	if node == nil {
		t.Fatalf("the network has no %s", key)
	}
	return resource.Request{
		Clients: c, Owner: awsapi.Owner{Platform: "shop", Region: region}, Node: node, Generation: 1, Token: "token", IDs: ids,
		Tags: map[string]string{awsapi.TagPlatform: "shop"},
	}
}

func idOf(kind, name string) string { return kind + "-" + name }

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
