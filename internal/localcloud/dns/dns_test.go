package dns_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/dns"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lookup answers as a world would that has these names.
func lookup(name, recordType string) (model.Response, error) {
	record := func(recordType, value string) model.Record {
		return model.Record{Name: name, Type: recordType, TTL: 60, Value: value}
	}
	soa := &model.Record{Name: "example.localhost.", Type: "SOA", TTL: 900, Value: "ns. hostmaster. 1 7200 900 1209600 86400"}
	switch strings.ToLower(name) + " " + recordType {
	case "shop.example.localhost. A":
		balancer := model.Record{Name: "lb.elb.localhost.", Type: "A", TTL: 60, Value: "198.51.100.7", OfAWS: true}
		return model.Response{Outcome: model.Found, Records: []model.Record{record("CNAME", "lb.elb.localhost."), balancer}}, nil
	case "shop.example.localhost. MX":
		return model.Response{Outcome: model.Found, SOA: soa}, nil
	case `a*\056b.example.localhost. TXT`:
		return model.Response{Outcome: model.Found, Records: []model.Record{{Name: `a\052\056b.example.localhost.`, Type: "TXT", TTL: 60, Value: `"x y"`}}}, nil
	case "many.example.localhost. TXT":
		r := model.Response{Outcome: model.Found}
		for i := range 40 {
			r.Records = append(r.Records, record("TXT", fmt.Sprintf(`"%d %s"`, i, strings.Repeat("x", 100))))
		}
		return r, nil
	case "lame.example.localhost. A":
		return model.Response{Outcome: model.Lame}, nil
	case "wrong.example.localhost. A":
		return model.Response{}, errors.New("no world")
	case "elsewhere.com. A":
		return model.Response{Outcome: model.NotOurs}, nil
	}
	return model.Response{Outcome: model.NoName, SOA: soa}, nil
}

func open(t *testing.T) *dns.Server {
	t.Helper()
	s, err := dns.Open(dns.Options{Address: "127.0.0.1:0", Lookup: lookup, Local: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const patience = 5 * time.Second

func ask(t *testing.T, s *dns.Server, network string, m *miekg.Msg) *miekg.Msg {
	t.Helper()
	client := &miekg.Client{Net: network, Timeout: patience}
	answer, _, err := client.ExchangeContext(t.Context(), m, s.Address())
	if err != nil {
		t.Fatalf("%s over %s: %v", m.Question[0].Name, network, err)
	}
	answer.Compress = true // as the server sends it
	return answer
}

func question(name string, recordType uint16) *miekg.Msg {
	return new(miekg.Msg).SetQuestion(name, recordType)
}

// said is an answer in short.
func said(m *miekg.Msg) string {
	parts := []string{miekg.RcodeToString[m.Rcode]}
	for _, rr := range append(m.Answer, m.Ns...) {
		parts = append(parts, strings.Join(strings.Fields(rr.String()), " "))
	}
	return strings.Join(parts, "; ")
}

func TestServer_Answers(t *testing.T) {
	s := open(t)
	const soa = "example.localhost. 900 IN SOA ns. hostmaster. 1 7200 900 1209600 86400"
	got, want := map[string]string{}, map[string]string{}
	for _, test := range []struct {
		name       string
		recordType uint16
		want       string
	}{
		{"shop.example.localhost.", miekg.TypeA, "NOERROR; shop.example.localhost. 60 IN CNAME lb.elb.localhost.; lb.elb.localhost. 60 IN A 127.0.0.1"},
		{"shop.example.localhost.", miekg.TypeMX, "NOERROR; " + soa},
		{"nobody.example.localhost.", miekg.TypeA, "NXDOMAIN; " + soa},
		{`a*\.b.example.localhost.`, miekg.TypeTXT, `NOERROR; a*\.b.example.localhost. 60 IN TXT "x y"`},
		{"lame.example.localhost.", miekg.TypeA, "SERVFAIL"},
		{"wrong.example.localhost.", miekg.TypeA, "SERVFAIL"},
		{"elsewhere.com.", miekg.TypeA, "REFUSED"},
		{"example.localhost.", miekg.TypeAXFR, "REFUSED"},
		{"example.localhost.", miekg.TypeANY, `NOERROR; example.localhost. 3600 IN HINFO "RFC8482" ""`},
	} {
		for _, network := range []string{"udp", "tcp"} {
			key := network + " " + test.name + " " + miekg.TypeToString[test.recordType]
			got[key], want[key] = said(ask(t, s, network, question(test.name, test.recordType))), test.want
		}
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is too long for UDP is cut off there and marked, and whole over TCP.
func TestServer_TruncatesOverUDP(t *testing.T) {
	s := open(t)
	m := question("many.example.localhost.", miekg.TypeTXT)
	if got := ask(t, s, "udp", m); !got.Truncated || got.Len() > miekg.MinMsgSize {
		t.Errorf("truncated %t, %d bytes", got.Truncated, got.Len())
	}
	m.SetEdns0(4096, false)
	if got := ask(t, s, "udp", m); !got.Truncated || got.Len() > 1232 || len(got.Answer) < 5 {
		t.Errorf("with EDNS: truncated %t, %d bytes, %d records", got.Truncated, got.Len(), len(got.Answer))
	}
	if got := ask(t, s, "tcp", m); got.Truncated || len(got.Answer) != 40 {
		t.Errorf("over TCP: truncated %t, %d records", got.Truncated, len(got.Answer))
	}
}

func TestServer_RefusesOtherMessages(t *testing.T) {
	s := open(t)
	chaos := question("version.bind.", miekg.TypeTXT)
	chaos.Question[0].Qclass = miekg.ClassCHAOS
	update := new(miekg.Msg).SetUpdate("example.localhost.")
	later := question("shop.example.localhost.", miekg.TypeA)
	later.SetEdns0(1232, false)
	later.IsEdns0().SetVersion(1)
	for want, m := range map[int]*miekg.Msg{miekg.RcodeRefused: chaos, miekg.RcodeNotImplemented: update, miekg.RcodeBadVers: later} {
		if got := ask(t, s, "udp", m); got.Rcode != want || len(got.Answer) > 0 {
			t.Errorf("got %s, want %s", said(got), miekg.RcodeToString[want])
		}
	}
}

func TestServer_BoundsConnections(t *testing.T) {
	s := open(t)
	var open []net.Conn
	dial := func() net.Conn {
		t.Helper()
		c, err := net.DialTimeout("tcp", s.Address(), patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	answered := func(c net.Conn) error {
		connection := &miekg.Conn{Conn: c}
		if err := connection.WriteMsg(question("shop.example.localhost.", miekg.TypeA)); err != nil {
			return err
		}
		_, err := connection.ReadMsg()
		return err
	}
	for range dns.MaxConnections {
		c := dial()
		if err := answered(c); err != nil {
			t.Fatalf("connection %d: %v", len(open), err)
		}
		open = append(open, c)
	}
	if err := answered(dial()); err == nil {
		t.Error("one connection more is answered")
	}
	_ = open[0].Close()
	for deadline := time.Now().Add(patience); answered(dial()) != nil; { // until the server has seen the end
		if time.Now().After(deadline) {
			t.Fatal("the room of a closed connection stays taken")
		}
	}
}

func TestServer_BoundsQuestions(t *testing.T) {
	s := open(t)
	s.LimitTo(1)
	c, err := net.Dial("tcp", s.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	connection := &miekg.Conn{Conn: c}
	for _, want := range []bool{true, false} {
		if err := errors.Join(c.SetDeadline(time.Now().Add(100*time.Millisecond)), connection.WriteMsg(question("shop.example.localhost.", miekg.TypeA))); err != nil {
			t.Fatal(err)
		}
		_, err := connection.ReadMsg()
		if answered := err == nil; answered != want {
			t.Errorf("answered %t, %v", answered, err)
		}
		if err != nil && errors.Is(err, io.EOF) {
			t.Error("the connection is closed")
		}
	}
}

func TestOpen_FailsOnTakenPort(t *testing.T) {
	s := open(t)
	if _, err := dns.Open(dns.Options{Address: s.Address(), Lookup: lookup}); err == nil || !strings.Contains(err.Error(), s.Address()) {
		t.Errorf("got %v", err)
	}
}
