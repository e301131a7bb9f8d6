package model

import (
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// authorities are the names by which CAA records know Amazon's certificate authority.
// Source: ACM User Guide, "(Optional) Configure a CAA record".
func authorities() []string {
	return []string{"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}
}

// allowed reports whether the CAA records of all names let Amazon issue the certificate.
func (c *Certificate) allowed(tx *world.Tx) bool {
	return !slices.ContainsFunc(c.Names, func(name string) bool { return !allowsAmazon(tx, name) })
}

// allowsAmazon climbs from a name to the first one that has CAA records, and goes by those alone.
// Source: RFC 8659, 3.
func allowsAmazon(tx *world.Tx, name string) bool {
	name, wildcard := strings.CutPrefix(name, "*.")
	for at, more := name, true; more; _, at, more = strings.Cut(at, ".") {
		if values, ok := model.Resolve(tx, at, "CAA"); ok && len(values) > 0 {
			return permit(values, wildcard)
		}
	}
	return true
}

// critical is the flag of what nobody may pass over who doesn't know it.
const critical = 128

// permit reports whether a set of CAA records, such as `0 issue "amazon.com"`, lets Amazon issue a certificate.
// Source: RFC 8659, 4.
func permit(records []string, wildcard bool) bool {
	said := map[string]bool{} // whether Amazon is named, by the tags that are there
	for _, record := range records {
		flags, rest, _ := strings.Cut(strings.TrimSpace(record), " ")
		tag, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
		tag = strings.ToLower(tag)
		issuer, _, _ := strings.Cut(strings.Trim(strings.TrimSpace(value), `"`), ";")
		switch tag {
		case "issue", "issuewild":
			said[tag] = said[tag] || slices.Contains(authorities(), strings.ToLower(strings.TrimSpace(issuer)))
		case "iodef", "contactemail", "contactphone", "issuemail", "issuevmc":
		default:
			if n, _ := strconv.Atoi(flags); n&critical != 0 {
				return false // what is critical has to be understood
			}
		}
	}
	named, there := said["issuewild"]
	if !wildcard || !there {
		named, there = said["issue"]
	}
	return named || !there
}
