package server

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
)

// loopbackOf is the HOST:PORT of an endpoint's URL on loopback. One that was exposed at another address has none.
func loopbackOf(endpoint string) (string, bool) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", false
	}
	a, err := netip.ParseAddrPort(u.Host)
	return u.Host, err == nil && a.Addr().Unmap().IsLoopback()
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address net.Addr) bool {
	a, err := netip.ParseAddrPort(address.String())
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// trafficHost is the address of the load balancers' listeners: that of the endpoint where it is exposed.
func (s *Server) trafficHost() (string, error) {
	if !s.options.Expose || s.options.Listen == "" {
		return "127.0.0.1", nil
	}
	host, _, err := net.SplitHostPort(s.options.Listen)
	if err != nil {
		return "", fmt.Errorf("open the local cloud's endpoint on %s: %w", s.options.Listen, err)
	}
	return host, nil
}
