package dns

import (
	"fmt"

	"github.com/miekg/dns"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
)

// answer is what the server says to a message.
func (s *Server) answer(question *dns.Msg) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(question)
	m.Authoritative, m.RecursionAvailable, m.Compress = true, true, true
	if o := question.IsEdns0(); o != nil {
		m.SetEdns0(maxMessage, false)
		if o.Version() != 0 {
			m.SetRcode(question, dns.RcodeBadVers)
			return m
		}
	}
	if question.Opcode != dns.OpcodeQuery || len(question.Question) != 1 {
		m.Rcode = dns.RcodeNotImplemented
		return m
	}
	q := question.Question[0]
	switch {
	case q.Qclass != dns.ClassINET, q.Qtype == dns.TypeAXFR, q.Qtype == dns.TypeIXFR:
		return refused(m)
	case q.Qtype == dns.TypeANY:
		// Source: RFC 8482, 4.2: a minimal answer, since nobody gets everything.
		m.Answer = []dns.RR{&dns.HINFO{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeHINFO, Class: dns.ClassINET, Ttl: 3600}, Cpu: "RFC8482"}}
		return m
	}
	found, err := s.options.Lookup(model.FromPresented(q.Name), dns.TypeToString[q.Qtype])
	if err != nil {
		m.Rcode = dns.RcodeServerFailure
		return m
	}
	switch found.Outcome {
	case model.NotOurs:
		return refused(m)
	case model.NoName:
		m.Rcode = dns.RcodeNameError
	case model.Found:
	default:
		m.Authoritative, m.Rcode = false, dns.RcodeServerFailure
		return m
	}
	for _, r := range found.Records {
		rr, err := s.record(r)
		if err != nil {
			m.Answer, m.Rcode = nil, dns.RcodeServerFailure
			return m
		}
		m.Answer = append(m.Answer, rr)
	}
	if found.SOA != nil {
		if rr, err := s.record(*found.SOA); err == nil {
			m.Ns = append(m.Ns, rr)
		}
	}
	return m
}

func refused(m *dns.Msg) *dns.Msg {
	m.Authoritative, m.Rcode = false, dns.RcodeRefused
	return m
}

// record is a record as messages have it.
func (s *Server) record(r model.Record) (dns.RR, error) {
	if r.OfAWS {
		r.Value = s.options.Local.String()
	}
	return dns.NewRR(fmt.Sprintf("%s %d IN %s %s", model.Presented(r.Name), r.TTL, r.Type, r.Value))
}
