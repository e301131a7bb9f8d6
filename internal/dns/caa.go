package dns

import (
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// CAA are the records that say which authorities may issue certificates for a name.
type CAA struct {
	// Name is where they stand: the name itself, or the nearest one above it that has any; "" where none has.
	Name    string
	Records []CAARecord
}

// CAARecord is one of them.
type CAARecord struct {
	// Critical says that an authority that doesn't know the tag must not issue.
	Critical bool
	// Tag is issue, issuewild, iodef or another, in small letters.
	Tag string
	// Value is that of the record, such as "amazon.com" or ";".
	Value string
}

// CAA are the records that hold for a name: its own, or those of the nearest name above it that has any (RFC 8659, section 3).
func (r *Resolver) CAA(ctx context.Context, name string) (CAA, error) {
	for at := Trim(name); at != ""; {
		records, err := r.lookup(ctx, at, dns.TypeCAA)
		if err != nil {
			return CAA{}, err
		}
		found := CAA{Name: at}
		for _, record := range records {
			if caa, ok := record.(*dns.CAA); ok {
				found.Records = append(found.Records, CAARecord{caa.Flag&0x80 != 0, strings.ToLower(caa.Tag), caa.Value})
			}
		}
		if len(found.Records) > 0 {
			return found, nil
		}
		_, at, _ = strings.Cut(at, ".")
	}
	return CAA{}, nil
}

// Allows says whether one of the issuers, such as amazon.com, may issue for the name; for a wildcard name, issuewild counts
// before issue (RFC 8659, section 4). Where nobody is named, everybody may.
func (c CAA) Allows(wildcard bool, issuers ...string) bool {
	named := c.named("issue")
	if wild := c.named("issuewild"); wildcard && len(wild) > 0 {
		named = wild
	}
	for _, record := range c.Records {
		if record.Critical && !slices.Contains([]string{"issue", "issuewild", "iodef"}, record.Tag) {
			return false
		}
	}
	return len(named) == 0 || slices.ContainsFunc(named, func(issuer string) bool { return slices.Contains(issuers, issuer) })
}

// named are the issuers of the records with a tag; "" is one that is nobody.
func (c CAA) named(tag string) []string {
	var issuers []string
	for _, record := range c.Records {
		if record.Tag == tag {
			issuer, _, _ := strings.Cut(record.Value, ";")
			issuers = append(issuers, Trim(strings.TrimSpace(issuer)))
		}
	}
	return issuers
}

// String is the records, as a zone file has them.
func (c CAA) String() string {
	var lines []string
	for _, record := range c.Records {
		flag := "0 "
		if record.Critical {
			flag = "128 "
		}
		lines = append(lines, flag+record.Tag+` "`+record.Value+`"`)
	}
	return strings.Join(lines, ", ")
}
