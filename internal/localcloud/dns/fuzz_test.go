package dns_test

import (
	"net/netip"
	"testing"

	miekg "github.com/miekg/dns"

	"github.com/platformctl/platformctl/internal/localcloud/dns"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
)

// FuzzAnswer sends anything. What is a message has an answer that can be sent, and no panic.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []*miekg.Msg{question("shop.example.localhost.", miekg.TypeA), question(`a*\.\001b.example.localhost.`, miekg.TypeTXT),
		question(".", miekg.TypeANY), question("example.localhost.", miekg.TypeAXFR), new(miekg.Msg).SetUpdate("example.localhost."), new(miekg.Msg)} {
		seed.SetEdns0(4096, true)
		if data, err := seed.Pack(); err == nil {
			f.Add(data)
		}
	}
	// It answers with the name that it is asked for, so that any gets into an answer.
	echo := func(name, _ string) (model.Response, error) {
		return model.Response{Outcome: model.Found, Records: []model.Record{{Name: model.Canonical(name), Type: "CNAME", Value: "x."}}}, nil
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := new(miekg.Msg)
		if m.Unpack(data) != nil {
			return
		}
		answer := dns.Answer(dns.Options{Lookup: echo, Local: netip.MustParseAddr("127.0.0.1")}, m)
		packed, err := answer.Pack()
		if err != nil {
			t.Fatalf("%v\n%v", err, answer)
		}
		back := new(miekg.Msg)
		if err := back.Unpack(packed); err != nil || !back.Response || back.Id != m.Id {
			t.Errorf("%v\n%v", err, back)
		}
	})
}
