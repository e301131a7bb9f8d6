//go:build judges

package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// exchange is a request of AWS's API and its reply, as they went over the wire.
type exchange struct {
	Label     string `json:"label,omitempty"` // what to call it; empty means by service and operation
	Service   string `json:"service"`         // signing name
	Operation string `json:"operation"`       // empty when the request doesn't say
	Request   string `json:"request"`         // body
	Status    int    `json:"status"`
	Reply     string `json:"reply"` // body
}

// cloud is a local cloud behind a proxy that records what passes.
type cloud struct {
	*localcloudtest.Cloud
	URL string // of the proxy, for AWS_ENDPOINT_URL

	mu        sync.Mutex
	exchanges []exchange
}

func startCloud(t *testing.T, options ...func(*localcloud.Options)) *cloud {
	t.Helper()
	c := &cloud{Cloud: localcloudtest.Start(t, options...)}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(endpoint)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.pass(w, r, proxy) }))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// pass hands a request on and records it with its reply.
func (c *cloud) pass(w http.ResponseWriter, r *http.Request, next http.Handler) {
	request, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(request))
	reply := httptest.NewRecorder()
	// Whole, also when the caller doesn't wait for it: the tool drops a read whose sibling has failed.
	next.ServeHTTP(reply, r.WithContext(context.WithoutCancel(r.Context())))
	e := exchange{Service: signingName(r), Request: string(request), Status: reply.Code, Reply: reply.Body.String()}
	if form, err := url.ParseQuery(e.Request); err == nil {
		e.Operation = form.Get("Action")
	}
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		e.Operation = operation
	}
	c.mu.Lock()
	c.exchanges = append(c.exchanges, e)
	c.mu.Unlock()
	for name, values := range reply.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.Code)
	_, _ = w.Write(reply.Body.Bytes())
}

// signingName is the service in the signature's credential scope.
func signingName(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[len(parts)-2]
}

// recorded are all exchanges up to now.
func (c *cloud) recorded() []exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]exchange(nil), c.exchanges...)
}

// lines are exchanges as JSON, one a line.
func lines(t *testing.T, exchanges []exchange) []byte {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, e := range exchanges {
		if err := encoder.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

// entrance is where a client on this machine reaches the listener of a load balancer.
func (c *cloud) entrance(t *testing.T, loadBalancer string) string {
	t.Helper()
	status, err := c.Status()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range status.LoadBalancers {
		if b.Name == loadBalancer && len(b.Listeners) > 0 {
			return b.Listeners[0].Address
		}
	}
	t.Fatalf("load balancer %s has no listener: %+v", loadBalancer, status.LoadBalancers)
	return ""
}

// left is what a local cloud that is asked to stop if it is empty would call in the way.
func (c *cloud) left(t *testing.T) []string {
	t.Helper()
	left, err := c.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	return left
}
