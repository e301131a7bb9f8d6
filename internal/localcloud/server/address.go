package server

import (
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

// reachable is the address at which a client on this machine reaches a listener, which
// may listen on all addresses.
func reachable(address net.Addr) string {
	a, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return address.String()
	}
	switch {
	case !a.Addr().IsUnspecified():
		return a.String()
	case a.Addr().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port()).String()
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port()).String()
}
