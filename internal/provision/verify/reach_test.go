package verify

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/dns"
	"github.com/platformctl/platformctl/internal/dns/dnstest"
	"github.com/platformctl/platformctl/internal/httpclient"
)

const balancer = "shop-alb-1.us-east-1.elb.amazonaws.com"

// front is a platform whose load balancer has a certificate for example.com and *.example.com, in a DNS with records.
func front(t *testing.T, page http.HandlerFunc, records ...string) Front {
	t.Helper()
	server := httptest.NewUnstartedServer(page)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of certificates that aren't accepted
	server.StartTLS()
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return Front{
		Page: httpclient.Way{
			URL: "https://example.com:" + at.Port(), LoadBalancer: at.Host, Roots: roots, DNS: dns.At(dnstest.Serve(t, records, nil)),
		},
		Names: []string{"example.com"}, LoadBalancer: balancer,
	}
}

func ours(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set(blueprint.InstanceHeader, "i-1")
	w.Header().Set(blueprint.ZoneHeader, "us-east-1a")
}

func TestReach_GoesByTheDomainOrPastDNS(t *testing.T) {
	const here, www = "example.com. 60 IN A 127.0.0.1", "www.example.com. 60 IN A 127.0.0.1"
	foreign := func(w http.ResponseWriter, r *http.Request) {
		if r.Host[:3] == "www" {
			return // another page, without the platform's headers
		}
		ours(w, r)
	}
	for name, test := range map[string]struct {
		page    http.HandlerFunc
		records []string
		names   []string
		zone    string
		through bool
		astray  []string // parts of messages
		hint    string
	}{
		"the domain leads":       {ours, []string{here}, []string{"example.com"}, "", false, nil, ""},
		"nobody made the record": {ours, nil, []string{"example.com"}, "", true, []string{"example.com has no address in DNS"}, "CNAME " + balancer},
		"the zone has it, and DNS not yet": {
			ours, nil, []string{"example.com"}, "example.com", true, []string{"example.com has no address in DNS yet"}, "zone example.com has the record",
		},
		"it leads where nobody listens": {
			ours, []string{"example.com. 60 IN A 127.0.0.2"}, []string{"example.com"}, "", true,
			[]string{"doesn't come by example.com (which leads to 127.0.0.2)"}, "CNAME " + balancer,
		},
		"another name leads elsewhere": {
			foreign, []string{here, www}, []string{"example.com", "www.example.com"}, "", false,
			[]string{"doesn't come by www.example.com (which leads to 127.0.0.1): " + NotOurs}, "CNAME " + balancer,
		},
		"another name isn't covered": {
			ours, []string{here, "example.org. 60 IN A 127.0.0.1"}, []string{"example.com", "example.org"}, "", false,
			[]string{"example.org is served (which leads to 127.0.0.1) with a certificate that isn't accepted: it is for [example.com"}, "CNAME",
		},
		"a wildcard is no one name": {ours, []string{here}, []string{"example.com", "*.example.com"}, "", false, nil, ""},
		"two names lead nowhere": {
			ours, nil, []string{"example.com", "www.example.com"}, "", true,
			[]string{"example.com has no address in DNS", "www.example.com has no address in DNS"}, "CNAME",
		},
	} {
		f := front(t, test.page, test.records...)
		f.Names, f.HostedZone = test.names, test.zone
		r := f.Reach(t.Context())
		if r.Fault() != "" || r.Answer.Zone != "us-east-1a" || r.Way.Through != test.through || len(r.Astray) != len(test.astray) {
			t.Errorf("%s: %q, past DNS %t, astray %v", name, r.Fault(), r.Way.Through, r.Astray)
			continue
		}
		for i, cause := range r.Astray {
			if spreads := test.zone != ""; cause.Transient != spreads {
				t.Errorf("%s: %q ends by itself: %t", name, cause.Message, cause.Transient)
			}
			if !strings.Contains(cause.Message, test.astray[i]) || !strings.Contains(cause.Hint, test.hint) {
				t.Errorf("%s: %q (%s), want %q (%s)", name, cause.Message, cause.Hint, test.astray[i], test.hint)
			}
		}
		if way := f.Choose(t.Context()); way.Through != test.through {
			t.Errorf("%s: past DNS is chosen: %t", name, way.Through)
		}
	}
}

// TestAstrayAfterSpreading_WaitsForOwnRecords has a record that DNS knows from the second question on.
func TestAstrayAfterSpreading_WaitsForOwnRecords(t *testing.T) {
	for zone, astray := range map[string]int{"example.com": 0, "": 1} {
		f := front(t, ours)
		var asked atomic.Int32
		f.HostedZone, f.Page.DNS = zone, dns.At(dnstest.Serve(t, []string{"example.com. 60 IN A 127.0.0.1"}, func(w mdns.ResponseWriter, answer *mdns.Msg, _ bool) bool {
			if asked.Add(1) > 1 {
				return false
			}
			answer.Rcode = mdns.RcodeNameError
			_ = w.WriteMsg(answer)
			return true
		}))
		if got := f.astrayAfterSpreading(t.Context()); len(got) != astray {
			t.Errorf("zone %q: %v after %d questions, want %d astray", zone, got, asked.Load(), astray)
		}
	}
}

func TestReach_SaysWhyAPlainPageDoesNotCome(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	defer server.Close()
	r := Front{Page: httpclient.Way{URL: server.URL}}.Reach(t.Context())
	if r.Fault() != "HTTP 503" || r.Astray != nil || r.Way.URL != server.URL {
		t.Errorf("%+v", r)
	}
}

func TestRedirect_MustLeadToThePage(t *testing.T) {
	for location, want := range map[string]string{
		"https://shop.example.com:443/":      "",
		"https://Shop.example.com/x?y":       "",
		"https://shop.example.com:444/":      "it redirects to https://shop.example.com:444/",
		"http://shop.example.com/":           "it redirects to http://",
		"https://other.example.com/":         "it redirects to https://other",
		"":                                   "HTTP 200",
		"307 https://shop.example.com:443/x": "HTTP 307",
	} {
		listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Host != "shop.example.com" {
				t.Errorf("it is asked for %s", r.Host)
			}
			if location != "" {
				status := http.StatusMovedPermanently
				to, other := strings.CutPrefix(location, "307 ")
				if other {
					status = http.StatusTemporaryRedirect
				}
				w.Header().Set("Location", to)
				w.WriteHeader(status)
			}
		}))
		f := Front{
			Page:  httpclient.Way{URL: "https://shop.example.com"},
			Plain: httpclient.Way{URL: "http://shop.example.com", LoadBalancer: strings.TrimPrefix(listener.URL, "http://")},
		}
		if got := f.redirect(t.Context()); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
		listener.Close()
	}
}
