package server_test

import (
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/testenv"
)

// Each start answers DNS for the account's zone, at the port that it had before.
func TestServer_AnswersDNSOfAccountsZone(t *testing.T) {
	home := t.TempDir()
	var ports []string
	for range 2 {
		t.Run("", func(t *testing.T) {
			cloud := localcloudtest.Start(t, func(o *server.Options) { o.Dir = home })
			status, err := cloud.Status()
			if err != nil {
				t.Fatal(err)
			}
			ports = append(ports, status.DNS)
			ask := func(name string, recordType uint16) (rcode string, values []string) {
				t.Helper()
				client := &dns.Client{Timeout: patience}
				answer, _, err := client.ExchangeContext(t.Context(), new(dns.Msg).SetQuestion(name, recordType), status.DNS)
				if err != nil {
					t.Fatal(err)
				}
				for _, rr := range answer.Answer {
					values = append(values, strings.TrimPrefix(rr.String(), rr.Header().String()))
				}
				return dns.RcodeToString[answer.Rcode], values
			}
			_, servers := ask("example.localhost.", dns.TypeNS)
			if len(servers) != 4 {
				t.Fatalf("name servers %q", servers)
			}
			if _, at := ask(servers[0], dns.TypeA); len(at) != 1 || at[0] != "127.0.0.1" {
				t.Errorf("%s is at %q", servers[0], at)
			}
			for name, want := range map[string]string{"shop.example.localhost.": "NXDOMAIN", "example.com.": "REFUSED", "lb.us-east-1.elb.localhost.": "REFUSED"} {
				if rcode, values := ask(name, dns.TypeA); rcode != want || len(values) > 0 {
					t.Errorf("%s: %s %q", name, rcode, values)
				}
			}
			if left, err := cloud.Inventory(); err != nil || len(left) > 0 {
				t.Errorf("users have %q, %v", left, err)
			}
		})
	}
	if diff := testenv.Diff(ports[:1], ports[1:]); diff != "" {
		t.Errorf("another port: %s", diff)
	}
}
