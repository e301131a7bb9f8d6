package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/platformctl/platformctl/internal/dns/dnstest"
)

// zone is what the server of the tests knows, in a zone file's form.
var zone = []string{
	"example.com. 60 IN NS ns-2.awsdns-2.net.",
	"example.com. 60 IN NS NS-1.awsdns-1.org.",
	`example.com. 60 IN CAA 0 issue "amazon.com; account=1"`,
	`example.com. 60 IN CAA 0 issuewild ";"`,
	`strict.example.com. 60 IN CAA 0 issue "letsencrypt.org"`,
	`odd.example.com. 60 IN CAA 128 newtag "x"`,
	`mail.example.com. 60 IN CAA 0 iodef "mailto:a@example.com"`,
	"_x.example.com. 60 IN CNAME _Y.acm-validations.aws.",
	"shop.example.com. 60 IN CNAME lb.example.com.",
	"lb.example.com. 60 IN A 192.0.2.2",
	"lb.example.com. 60 IN A 192.0.2.1",
}

// serve starts a DNS server that answers from the zone, and of some names as special says.
func serve(t *testing.T, special func(w dns.ResponseWriter, answer *dns.Msg, udp bool) bool) *Resolver {
	t.Helper()
	return At(dnstest.Serve(t, zone, special))
}

func TestResolver_ReadsRecordsOfAName(t *testing.T) {
	r := serve(t, nil)
	for name, test := range map[string]struct {
		look func() (any, error)
		want any
	}{
		"name servers":       {func() (any, error) { return r.NS(t.Context(), "Example.com.") }, []string{"ns-1.awsdns-1.org", "ns-2.awsdns-2.net"}},
		"no name servers":    {func() (any, error) { return r.NS(t.Context(), "other.com") }, []string(nil)},
		"a validation CNAME": {func() (any, error) { return r.CNAME(t.Context(), "_x.example.com") }, "_y.acm-validations.aws"},
		"no CNAME":           {func() (any, error) { return r.CNAME(t.Context(), "lb.example.com") }, ""},
		"addresses":          {func() (any, error) { return r.A(t.Context(), "lb.example.com") }, []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}},
		"through an alias":   {func() (any, error) { return r.A(t.Context(), "shop.example.com") }, []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}},
		"no address":         {func() (any, error) { return r.A(t.Context(), "gone.example.com") }, []netip.Addr(nil)},
	} {
		if got, err := test.look(); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
		}
	}
}

func TestCAA_IsThatOfTheNearestNameThatHasAny(t *testing.T) {
	r := serve(t, nil)
	amazon := []string{"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}
	for name, test := range map[string]struct {
		at             string
		allowed, wilds bool
	}{
		"shop.example.com":        {"example.com", true, false}, // issuewild forbids what issue would allow
		"a.b.strict.example.com":  {"strict.example.com", false, false},
		"odd.example.com":         {"odd.example.com", false, false},
		"mail.example.com":        {"mail.example.com", true, true},
		"shop.nothing.localhost.": {"", true, true},
	} {
		caa, err := r.CAA(t.Context(), name)
		if err != nil || caa.Name != test.at || caa.Allows(false, amazon...) != test.allowed || caa.Allows(true, amazon...) != test.wilds {
			t.Errorf("%s: %+v (%v): allowed %t, wildcards %t; want %+v", name, caa, err, caa.Allows(false, amazon...), caa.Allows(true, amazon...), test)
		}
	}
	if caa, _ := r.CAA(t.Context(), "shop.example.com"); caa.String() != `0 issue "amazon.com; account=1", 0 issuewild ";"` {
		t.Errorf("it is shown as %s", caa)
	}
}

func TestResolver_AsksAgainOverTCPWhereTheAnswerIsCut(t *testing.T) {
	cut := 0
	r := serve(t, func(w dns.ResponseWriter, answer *dns.Msg, udp bool) bool {
		if udp {
			cut++
			answer.Truncated = true
			_ = w.WriteMsg(answer)
		}
		return udp
	})
	if servers, err := r.NS(t.Context(), "example.com"); err != nil || len(servers) != 2 || cut != 1 {
		t.Errorf("%v, %v, after %d cut answers", servers, err, cut)
	}
}

func TestResolver_FailsWithASentence(t *testing.T) {
	var asked atomic.Int32
	refusing := func(code int) *Resolver {
		return serve(t, func(w dns.ResponseWriter, answer *dns.Msg, _ bool) bool {
			asked.Add(1)
			answer.Rcode = code
			_ = w.WriteMsg(answer)
			return true
		})
	}
	silent := serve(t, func(dns.ResponseWriter, *dns.Msg, bool) bool { return true })
	silent.patience = 20 * time.Millisecond
	liar := serve(t, func(w dns.ResponseWriter, answer *dns.Msg, _ bool) bool {
		answer.Question[0].Name = "other.com."
		_ = w.WriteMsg(answer)
		return true
	})
	for name, test := range map[string]struct {
		r    *Resolver
		want string
	}{
		"no zone behind it":  {refusing(dns.RcodeServerFailure), "no answer for the NS records of example.com (SERVFAIL): the name servers of the domain"},
		"no right to ask":    {refusing(dns.RcodeRefused), "refuses to say the NS records of example.com: REFUSED"},
		"an unknown code":    {refusing(13), "response code 13"},
		"silence":            {silent, "doesn't answer for the NS records of example.com: "},
		"another's answer":   {liar, "it answered another question"},
		"no server":          {&Resolver{}, "this machine has no DNS server"},
		"one after a silent": {&Resolver{servers: []string{silent.servers[0], serve(t, nil).servers[0]}, patience: silent.patience}, ""},
	} {
		servers, err := test.r.NS(t.Context(), "example.com")
		var failure *Failure
		if test.want == "" {
			if err != nil || len(servers) != 2 {
				t.Errorf("%s: %v, %v", name, servers, err)
			}
			continue
		}
		if !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) || servers != nil {
			t.Errorf("%s: %v, %v, want %q", name, servers, err, test.want)
		}
	}
	if asked.Load() != 3*attempts {
		t.Errorf("servers that refuse were asked %d times, want each %d times", asked.Load(), attempts)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := silent.A(canceled, "example.com"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	for _, name := range []string{"", ".", "a..b", strings.Repeat("a", 64) + ".com"} {
		if _, err := silent.A(t.Context(), name); err == nil || !strings.Contains(err.Error(), "no name that DNS could have") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestSystem_AsksWhomTheMachineAsks compares with what Unix systems have in a file.
func TestSystem_AsksWhomTheMachineAsks(t *testing.T) {
	settings, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil || len(settings.Servers) == 0 {
		t.Skip("this system has no /etc/resolv.conf")
	}
	var want []string
	for _, server := range settings.Servers[:min(3, len(settings.Servers))] {
		want = append(want, net.JoinHostPort(server, settings.Port))
	}
	got := System(t.Context()).servers
	slices.Sort(want) // options rotate
	if slices.Sort(got); !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("it asks %v, the system %v", got, want)
	}
}
