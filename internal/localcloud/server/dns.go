package server

import (
	"net/netip"

	"github.com/platformctl/platformctl/internal/localcloud/dns"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// openDNS opens the DNS server: on the loopback port that the directory had the last time if it is free, else on any
// free one. Names of load balancers lead to the host of their listeners.
func (s *Server) openDNS(host string) (err error) {
	o := dns.Options{Address: "127.0.0.1:0", Local: netip.MustParseAddr("127.0.0.1"), Lookup: func(name, recordType string) (r model.Response, err error) {
		err = s.world.View("", func(tx *world.Tx) error { r = model.Lookup(tx, name, recordType); return nil })
		return r, err
	}}
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() && !a.IsUnspecified() {
		o.Local = a
	}
	if s.options.Dir != "" {
		last, err := endpoint.Read(s.options.Dir)
		if err != nil {
			return err
		}
		if before, err := netip.ParseAddrPort(last.DNS); err == nil && before.Addr().IsLoopback() {
			again := o
			again.Address = last.DNS
			if s.dns, err = dns.Open(again); err == nil {
				return nil
			}
			s.log.Info("the DNS server's last port is taken, so another is used", "port", last.DNS)
		}
	}
	s.dns, err = dns.Open(o)
	return err
}
