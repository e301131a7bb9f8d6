package model

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Outcome is how a question to the DNS ended.
type Outcome int

// The outcomes. With Found there may still be no record of the type that was asked for.
const (
	Found    Outcome = iota + 1
	NoName           // the name doesn't exist
	Lame             // it is delegated to name servers that don't answer for it
	NotOurs          // nothing here is asked about it
	TooDeep          // a chain of names without an end
	NoAnswer         // the zone that has it isn't served yet
)

// Record is one that the DNS answers with.
type Record struct {
	Name  string // canonical
	Type  string
	TTL   int64  // seconds
	Value string // as the DNS writes it
	// OfAWS says that the value is an address of AWS's, such as that of a load balancer's node.
	OfAWS bool
}

// Response is what the DNS says at a moment.
type Response struct {
	Outcome Outcome
	Records []Record // CNAMEs on the way first
	SOA     *Record  // of the zone that has no answer
}

// maxChain is how many names an answer may lead through.
const maxChain = 16

// addressTTL is how long AWS lets others keep the addresses of a load balancer, in seconds. Also those of aliases.
// Source: Amazon Route 53 Developer Guide, "Choosing between alias and non-alias records".
const addressTTL = 60

// Resolve is what the public DNS answers at this moment: the values of the records of a type that a name has, as the
// DNS writes them. CNAMEs are followed, but for a question about CNAMEs. It is false where there is none: because the
// name or the type isn't there, or because no delegation leads to the zone that has it. Any region's transaction does;
// case and a final dot don't count.
func Resolve(tx *world.Tx, name, recordType string) (values []string, found bool) {
	for _, r := range Lookup(tx, name, recordType).Records {
		if r.Type == recordType {
			values = append(values, r.Value)
		}
	}
	return values, len(values) > 0
}

// Lookup asks the DNS as a resolver does that begins at the root.
func Lookup(tx *world.Tx, name, recordType string) Response {
	tx = tx.In("")
	name, err := canonical(name)
	if err != nil {
		return Response{Outcome: NotOurs}
	}
	var all Response
	for range maxChain {
		next := ask(tx, name, recordType)
		all.Outcome, all.SOA = next.Outcome, next.SOA
		all.Records = append(all.Records, next.Records...)
		last := len(next.Records) - 1
		if last < 0 || next.Records[last].Type != "CNAME" || recordType == "CNAME" {
			if all.Outcome == NotOurs && len(all.Records) > 0 {
				all.Outcome = Found // its zone's servers answer with the CNAME, and know no more
			}
			return all
		}
		if name, err = canonical(next.Records[last].Value); err != nil {
			return all
		}
	}
	return Response{Outcome: TooDeep}
}

// ask looks a name up, and follows no CNAME.
func ask(tx *world.Tx, name, recordType string) Response {
	if target, ok := awsName(tx, name); ok {
		return addresses(name, recordType, target.Addresses)
	}
	if isNameServer(tx, name) {
		return addresses(name, recordType, []netip.Addr{nameServerAddress()})
	}
	z, outcome := authority(tx, name)
	if z == nil {
		return Response{Outcome: outcome}
	}
	records, exists := z.find(tx, name, recordType, 0)
	if len(records) > 0 {
		return Response{Outcome: Found, Records: records}
	}
	r := Response{Outcome: Found, SOA: z.soa(tx)}
	if !exists {
		r.Outcome = NoName
	}
	return r
}

func addresses(name, recordType string, list []netip.Addr) Response {
	r := Response{Outcome: Found}
	for _, a := range list {
		if a.Is4() == (recordType == "A") && (a.Is4() || recordType == "AAAA") {
			r.Records = append(r.Records, Record{name, recordType, addressTTL, a.String(), true})
		}
	}
	return r
}

// nameServerAddress stands for those of all name servers.
func nameServerAddress() netip.Addr { return netip.MustParseAddr("205.251.192.1") }

func isNameServer(tx *world.Tx, name string) bool {
	return world.Exists(tx, func(z *Zone) bool { return slices.Contains(z.NameServers, strings.TrimSuffix(name, ".")) })
}

// authority is the zone that the root's delegations lead to for a name; without one it says why.
func authority(tx *world.Tx, name string) (*Zone, Outcome) {
	var root *Delegation
	for domain := name; domain != "" && root == nil; domain = parent(domain) {
		root, _ = world.Get[Delegation](tx, domain)
	}
	if root == nil {
		return nil, NotOurs
	}
	domain, servers := root.ID, root.NameServers
	for {
		z := zoneAt(tx, domain, servers)
		switch {
		case z == nil:
			return nil, Lame
		case !z.Served:
			return nil, NoAnswer
		}
		if domain, servers = z.cut(tx, name); domain == "" {
			return z, Found
		}
	}
}

// zoneAt is the zone of a domain that one of some name servers has.
func zoneAt(tx *world.Tx, domain string, servers []string) *Zone {
	for _, z := range world.All[Zone](tx) {
		if z.Name == domain && slices.ContainsFunc(z.NameServers, func(s string) bool { return slices.Contains(servers, s) }) {
			return z
		}
	}
	return nil
}

// cut is the uppermost delegation of a zone on the way down to a name, with its name servers; "" where there is none.
func (z *Zone) cut(tx *world.Tx, name string) (domain string, servers []string) {
	for at := name; at != z.Name; at = parent(at) {
		if a, ok := world.Get[Answer](tx, setID(z.ID, Key{at, "NS"})); ok {
			domain, servers = at, nil
			for _, v := range a.Values {
				servers = append(servers, strings.TrimSuffix(Canonical(v), "."))
			}
		}
	}
	return domain, servers
}

// find is what a zone's name servers have: the records of a name and a type, or the CNAME of the name. It tells also
// whether the name exists. Where it doesn't, the wildcard of the closest name above it stands in.
// Source: RFC 4592.
func (z *Zone) find(tx *world.Tx, name, recordType string, depth int) (records []Record, exists bool) {
	owner := name
	if !z.exists(tx, name) {
		closest := parent(name)
		for closest != z.Name && !z.exists(tx, closest) {
			closest = parent(closest)
		}
		if owner = `\052.` + closest; !z.exists(tx, owner) {
			return nil, false
		}
	}
	for _, t := range []string{recordType, "CNAME"} {
		a, ok := world.Get[Answer](tx, setID(z.ID, Key{owner, t}))
		if !ok {
			continue
		}
		if a.Alias != nil {
			return z.follow(tx, name, recordType, a.Alias, depth), true
		}
		for _, v := range a.Values {
			records = append(records, Record{name, t, a.TTL, written(t, v), false})
		}
		return records, true
	}
	return nil, true
}

// exists reports whether a name has records, or names under it that do.
func (z *Zone) exists(tx *world.Tx, name string) bool {
	return name == z.Name || slices.ContainsFunc(world.Of[Answer](tx, z.ID), func(a *Answer) bool { return within(a.Name, name) })
}

// follow answers in the name of an alias with what it leads to.
func (z *Zone) follow(tx *world.Tx, name, recordType string, a *Alias, depth int) (records []Record) {
	if a.ZoneID == z.ID {
		if depth > maxChain {
			return nil
		}
		records, _ = z.find(tx, a.DNSName, recordType, depth+1)
	} else if target, ok := awsName(tx, a.DNSName); ok && target.ZoneID == a.ZoneID {
		records = addresses(name, recordType, target.Addresses).Records
	}
	for i := range records {
		records[i].Name = name
	}
	return records
}

func (z *Zone) soa(tx *world.Tx) *Record {
	a, ok := world.Get[Answer](tx, setID(z.ID, Key{z.Name, "SOA"}))
	if !ok || len(a.Values) == 0 {
		return nil
	}
	return &Record{z.Name, "SOA", a.TTL, a.Values[0], false}
}

// Serves is the zone whose own name servers a question about it asks, whatever delegates to it, for TestDNSAnswer.
func Serves(tx *world.Tx, z *Zone, name, recordType string) Response {
	tx = tx.In("")
	name, err := canonical(name)
	switch {
	case err != nil || !within(name, z.Name):
		return Response{Outcome: NotOurs}
	case !z.Served:
		return Response{Outcome: NoAnswer}
	}
	records, exists := z.find(tx, name, recordType, 0)
	if !exists {
		return Response{Outcome: NoName, SOA: z.soa(tx)}
	}
	return Response{Outcome: Found, Records: records}
}
