package httpclient_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/dns"
	"github.com/platformctl/platformctl/internal/dns/dnstest"
	"github.com/platformctl/platformctl/internal/httpclient"
)

// site is a server over TLS for example.com, which says under which name it was asked.
func site(t *testing.T, serve func(*httptest.Server)) (way httpclient.Way) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Seen", r.TLS.ServerName+" "+r.Host+" "+r.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = nil
	if serve != nil {
		serve(server)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return httpclient.Way{
		URL: "https://example.com:" + at.Port(), LoadBalancer: at.Host, Roots: roots,
		DNS: dns.At(dnstest.Serve(t, []string{"example.com. 60 IN A 127.0.0.1", "shop.invalid. 60 IN A 127.0.0.1"}, nil)),
	}
}

func fetch(t *testing.T, way httpclient.Way) (string, error) {
	t.Helper()
	request, err := way.Request(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	transport := way.Transport()
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	return response.Header.Get("X-Seen"), response.Body.Close()
}

func TestWay_LeadsByDNSOrPastIt(t *testing.T) {
	way := site(t, nil)
	port := way.LoadBalancer[strings.LastIndex(way.LoadBalancer, ":"):]
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1") // knows neither name
	want := "example.com example.com" + port + " HTTP/1.1"
	if seen, err := fetch(t, way); err != nil || seen != want {
		t.Errorf("by DNS: %q, %v, want %q", seen, err, want)
	}
	unknown := way
	unknown.DNS = dns.At(dnstest.Serve(t, nil, nil))
	if seen, err := fetch(t, unknown); err == nil || !strings.Contains(err.Error(), "example.com: no such host") {
		t.Errorf("of a name without an address: %q, %v", seen, err)
	}
	if seen, err := fetch(t, unknown.PastDNS()); err != nil || seen != want {
		t.Errorf("past DNS: %q, %v, want %q", seen, err, want)
	}
	if plain := (httpclient.Way{URL: "http://lb"}); plain.PastDNS() != plain {
		t.Error("a way without a load balancer's name leads past DNS")
	}
	if other := way.For("www.example.com"); other.URL != "https://www.example.com"+port || other.Host() != "www.example.com" {
		t.Errorf("another name's way is %s", other.URL)
	}
	if other := (httpclient.Way{URL: "https://a.example.com"}).For("b.example.com"); other.URL != "https://b.example.com" {
		t.Errorf("another name's way is %s", other.URL)
	}
}

func TestCertificateFault_SaysWhyItIsNotAccepted(t *testing.T) {
	way := site(t, nil)
	other := way.For("shop.invalid")
	distrusting := way
	distrusting.Roots = x509.NewCertPool()
	for name, test := range map[string]struct {
		way  httpclient.Way
		want string
	}{
		"another name":         {other, "it is for [example.com"},
		"past DNS, wrong name": {other.PastDNS(), "it is for [example.com"},
		"unknown authority":    {distrusting, "no authority that this machine trusts"},
		"no TLS in common": {site(t, func(s *httptest.Server) {
			s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11} //nolint:gosec // that it is refused is the test
		}), ""},
	} {
		_, err := fetch(t, test.way)
		if err == nil {
			t.Errorf("%s: it is accepted", name)
		}
		if got := httpclient.CertificateFault(err); !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: %q of %v, want %q", name, got, err, test.want)
		}
	}
}
