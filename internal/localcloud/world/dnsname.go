package world

import (
	"net/netip"
	"strings"
)

// DNSName is a name in the public DNS that AWS gives an object, such as a load balancer's.
type DNSName struct {
	Name      string // without the final dot
	ZoneID    string // ID of AWS's hosted zone that it is in, for alias records
	Addresses []netip.Addr
}

// FindDNSName finds the object of any region that has a name in the public DNS. Case and a final dot don't count.
func FindDNSName(tx *Tx, name string) (found DNSName, ok bool) {
	name = strings.TrimSuffix(name, ".")
	for _, t := range tx.w.tables {
		for _, region := range t.namedRegions() {
			for _, n := range t.dnsNames(tx.In(region)) {
				if strings.EqualFold(n.Name, name) {
					return n, true
				}
			}
		}
	}
	return DNSName{}, false
}

// namedRegions are the regions whose objects may have names in the DNS.
func (t *table[T, P]) namedRegions() []string {
	if t.kind.DNSNames == nil {
		return nil
	}
	return t.regions()
}

func (t *table[T, P]) dnsNames(tx *Tx) (names []DNSName) {
	for _, o := range All[T, P](tx) {
		names = append(names, t.kind.DNSNames(tx, o)...)
	}
	return names
}
