package intercept

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/testenv"
)

// ledger keeps exchanges.
type ledger struct {
	mu  sync.Mutex
	all []Exchange
	err error
}

func (l *ledger) add(e Exchange) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.At, e.Took = time.Time{}, 0
	l.all = append(l.all, e)
	return l.err
}

func (l *ledger) exchanges() []Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// transportFunc is a transport of a test.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func start(t *testing.T, o Options) *Proxy {
	t.Helper()
	o.Now = time.Now
	p, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// client goes by a proxy, and trusts its authority.
func client(t *testing.T, p *Proxy, at string) *http.Client {
	t.Helper()
	proxy, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(p.Certificate()) {
		t.Fatal("the proxy's certificate can't be read")
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	return &http.Client{Transport: transport}
}

const signature = "AWS4-HMAC-SHA256 Credential=AKIAX/20261130/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=abc"

func call(t *testing.T, c *http.Client, to, authorization string) (status int, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader("Action=CreateVpc&CidrBlock=10.0.0.0%2F16"))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"X-Amzn-Errortype": {"Nope"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestProxy_HandsOnAWSsOwnCallsAsTheyAre(t *testing.T) {
	var l ledger
	var to, authorization string
	p := start(t, Options{Exchange: l.add, Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		to, authorization = r.Method+" "+r.URL.String()+" "+string(body), r.Header.Get("Authorization")
		return answer(400, "<no/>"), err
	})})
	status, body, err := call(t, client(t, p, p.URL), "https://ec2.us-east-1.amazonaws.com/?a=b", signature)
	if err != nil || status != 400 || body != "<no/>" {
		t.Fatalf("%d %q %v", status, body, err)
	}
	if want := "POST https://ec2.us-east-1.amazonaws.com/?a=b Action=CreateVpc&CidrBlock=10.0.0.0%2F16"; to != want || authorization != signature {
		t.Errorf("AWS got %q with %q, want %q", to, authorization, want)
	}
	want := []Exchange{{
		Service: "ec2", Region: "us-east-1", Operation: "CreateVpc", Request: []byte("Action=CreateVpc&CidrBlock=10.0.0.0%2F16"),
		Status: 400, Reply: []byte("<no/>"), Type: "Nope",
	}}
	if diff := testenv.Diff(want, l.exchanges()); diff != "" {
		t.Error(diff)
	}
}

func TestProxy_KeepsUnsignedRequestsOut(t *testing.T) {
	var l ledger
	p := start(t, Options{Exchange: l.add, Transport: transportFunc(func(*http.Request) (*http.Response, error) { return answer(200, "token"), nil })})
	if status, body, err := call(t, client(t, p, p.URL), "https://portal.sso.us-east-1.amazonaws.com/", ""); err != nil || status != 200 || body != "token" {
		t.Errorf("%d %q %v", status, body, err)
	}
	if all := l.exchanges(); len(all) > 0 {
		t.Errorf("recorded: %v", all)
	}
}

func TestProxy_FailsCallsThatCannotBeRecorded(t *testing.T) {
	l := ledger{err: errors.New("the disk is full")}
	p := start(t, Options{Exchange: l.add, Transport: transportFunc(func(*http.Request) (*http.Response, error) { return answer(200, "done"), nil })})
	status, body, err := call(t, client(t, p, p.URL), "https://ec2.us-east-1.amazonaws.com/", signature)
	if err != nil || status != 500 || !strings.Contains(body, "the disk is full") {
		t.Errorf("%d %q %v", status, body, err)
	}
}

func TestProxy_BreaksWhatBreaks(t *testing.T) {
	var l ledger
	p := start(t, Options{Exchange: l.add, Transport: transportFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("reset") })})
	if status, body, err := call(t, client(t, p, p.URL), "https://ec2.us-east-1.amazonaws.com/", signature); err == nil {
		t.Errorf("%d %q", status, body)
	}
	if all := l.exchanges(); len(all) == 0 || all[0].Status != 0 || all[0].Reply != nil {
		t.Errorf("recorded: %v", all)
	}
}

func TestProxy_LeadsToWhatStandsInAWSsPlace(t *testing.T) {
	var l ledger
	place := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+r.URL.Path)
	}))
	defer place.Close()
	at, err := url.Parse(place.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, Options{Exchange: l.add, Upstream: at})
	if status, body, err := call(t, client(t, p, p.URL), "https://iam.amazonaws.com/x", signature); err != nil || status != 200 || body != at.Host+"/x" {
		t.Errorf("as a proxy: %d %q %v", status, body, err)
	}
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if status, body, err := call(t, direct, p.Endpoint+"/y", strings.Replace(signature, "AKIAX", p.AccessKey, 1)); err != nil || status != 200 || body != at.Host+"/y" {
		t.Errorf("as an endpoint: %d %q %v", status, body, err)
	}
	if n := len(l.exchanges()); n != 2 {
		t.Errorf("%d calls were recorded, want 2", n)
	}
	if _, _, err := call(t, client(t, p, p.URL), "https://example.com/", signature); err == nil {
		t.Error("a name that isn't AWS's leads somewhere")
	}
}

func TestProxy_RefusesWhoDoesNotKnowSecret(t *testing.T) {
	var l ledger
	p := start(t, Options{Exchange: l.add, Upstream: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, Traffic: func(context.Context, string) (string, bool) { return "127.0.0.1:1", true }})
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if status, _, err := call(t, direct, p.Endpoint, signature); err != nil || status != http.StatusForbidden {
		t.Errorf("as an endpoint: %d, %v", status, err)
	}
	if status, _, err := call(t, client(t, p, p.Endpoint), "http://platform.test/", ""); err != nil || status != http.StatusProxyAuthRequired {
		t.Errorf("for traffic: %d, %v", status, err)
	}
	if _, _, err := call(t, client(t, p, p.Endpoint), "https://ec2.us-east-1.amazonaws.com/", signature); err == nil || !strings.Contains(err.Error(), "Proxy Authentication Required") {
		t.Errorf("for calls: %v", err)
	}
	if all := l.exchanges(); len(all) > 0 {
		t.Errorf("recorded: %v", all)
	}
}

func TestProxy_CarriesTraffic(t *testing.T) {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/cut" {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, r.Host+" "+r.Header.Get("Proxy-Authorization"))
	}))
	defer platform.Close()
	p := start(t, Options{Exchange: (&ledger{}).add, Traffic: func(_ context.Context, host string) (string, bool) {
		return strings.TrimPrefix(platform.URL, "http://"), host == "platform.test"
	}})
	c := client(t, p, p.URL)
	if status, body, err := call(t, c, "http://platform.test/", ""); err != nil || status != 200 || body != "platform.test " {
		t.Errorf("%d %q %v", status, body, err)
	}
	if status, _, err := call(t, c, "http://other.test/", ""); err != nil || status != http.StatusBadGateway {
		t.Errorf("of another name: %d %v", status, err)
	}
	if status, _, err := call(t, c, "http://platform.test/cut", ""); err == nil {
		t.Errorf("a connection that is cut became %d", status)
	}
}

func TestProxy_ReachesOtherNamesAsTheyAre(t *testing.T) {
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "identity provider") }))
	defer other.Close()
	var l ledger
	p := start(t, Options{Exchange: l.add})
	c := client(t, p, p.URL)
	c.Transport.(*http.Transport).TLSClientConfig.RootCAs = other.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if status, body, err := call(t, c, other.URL, signature); err != nil || status != 200 || body != "identity provider" {
		t.Errorf("%d %q %v", status, body, err)
	}
	if all := l.exchanges(); len(all) > 0 {
		t.Errorf("recorded: %v", all)
	}
	if bytes.Contains(p.Certificate(), []byte("PRIVATE")) {
		t.Error("the authority's key leaves the process")
	}
}
