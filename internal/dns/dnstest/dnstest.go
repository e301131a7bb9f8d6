// Package dnstest has a DNS server for tests of what asks DNS.
package dnstest

import (
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// listen listens on one port of loopback, with both protocols.
func listen(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 { // another program may have the port with one of them
		streams, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		packets, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", streams.Addr().String())
		if err == nil {
			return packets, streams
		}
		_ = streams.Close()
	}
	t.Fatal("no port is free for both protocols")
	return nil, nil
}

// Serve starts a DNS server on loopback that ends with the test, and returns its HOST:PORT. It answers from a zone, in a zone
// file's form, following aliases, but for what special answers itself, which may be nil.
func Serve(t *testing.T, zone []string, special func(w dns.ResponseWriter, answer *dns.Msg, udp bool) bool) string {
	t.Helper()
	packets, streams := listen(t)
	handler := func(udp bool) dns.HandlerFunc {
		return func(w dns.ResponseWriter, question *dns.Msg) {
			answer := new(dns.Msg).SetReply(question)
			if special != nil && special(w, answer, udp) {
				return
			}
			for name, followed := question.Question[0].Name, true; followed; {
				followed = false
				for _, line := range zone {
					record, err := dns.NewRR(line)
					if err != nil {
						t.Error(err)
					}
					asked := record.Header().Rrtype == question.Question[0].Qtype
					cname, isAlias := record.(*dns.CNAME)
					if !strings.EqualFold(record.Header().Name, name) || !asked && !isAlias {
						continue
					}
					answer.Answer = append(answer.Answer, record)
					if isAlias && !asked {
						name, followed = cname.Target, true
					}
				}
			}
			if len(answer.Answer) == 0 {
				answer.Rcode = dns.RcodeNameError
			}
			_ = w.WriteMsg(answer)
		}
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: handler(true)}, {Listener: streams, Handler: handler(false)}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() { _ = server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = server.Shutdown() })
	}
	return packets.LocalAddr().String()
}
