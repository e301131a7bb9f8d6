package dns

import (
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"
)

// NS are the name servers that a zone is delegated to, in small letters, without the root's dot, sorted. None: it isn't
// delegated.
func (r *Resolver) NS(ctx context.Context, zone string) ([]string, error) {
	records, err := r.lookup(ctx, zone, dns.TypeNS)
	var servers []string
	for _, record := range records {
		if ns, ok := record.(*dns.NS); ok && same(ns.Hdr.Name, zone) {
			servers = append(servers, Trim(ns.Ns))
		}
	}
	slices.Sort(servers)
	return slices.Compact(servers), err
}

// CNAME is the name that a name is an alias of, in small letters, without the root's dot; "" of one that is none.
func (r *Resolver) CNAME(ctx context.Context, name string) (string, error) {
	records, err := r.lookup(ctx, name, dns.TypeCNAME)
	for _, record := range records {
		if cname, ok := record.(*dns.CNAME); ok && same(cname.Hdr.Name, name) {
			return Trim(cname.Target), nil
		}
	}
	return "", err
}

// A are the IPv4 addresses of a name, through its aliases, in order. None: it has none.
func (r *Resolver) A(ctx context.Context, name string) ([]netip.Addr, error) {
	records, err := r.lookup(ctx, name, dns.TypeA)
	var addresses []netip.Addr
	for _, record := range records {
		if a, ok := record.(*dns.A); ok {
			if address, ok := netip.AddrFromSlice(a.A.To4()); ok {
				addresses = append(addresses, address)
			}
		}
	}
	slices.SortFunc(addresses, netip.Addr.Compare)
	return slices.Compact(addresses), err
}
