package server

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
)

// hostPort is the HOST:PORT of an endpoint's URL.
func hostPort(endpoint string) (string, bool) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Port() == "" {
		return "", false
	}
	return u.Host, true
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
