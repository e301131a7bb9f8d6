package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// readCIDR reads the VPC's address range.
func readCIDR(c *Config, s setting) []fault {
	if !s.scalar() {
		return refused(mustBe("an address range", s))
	}
	cidr, err := netip.ParsePrefix(s.text)
	if err != nil {
		return refused(mustBe("an address range", s))
	}
	if !cidr.Addr().Is4() {
		return refused(mustBe("an IPv4 range", s))
	}
	if message := checkPrivate(cidr); message != "" {
		return refused(message)
	}
	switch {
	case cidr.Bits() < minCIDRBits:
		return refused(fmt.Sprintf("is larger than AWS allows for a VPC: /%d", cidr.Bits()))
	case cidr.Bits() > maxCIDRBits:
		return refused(fmt.Sprintf("is too small for the subnets of six zones: /%d", cidr.Bits()))
	case cidr != cidr.Masked():
		return []fault{{message: "has address bits behind its prefix length: " + s.text, suggestion: cidr.Masked().String()}}
	}
	c.Network.CIDR = cidr
	return nil
}

// cidrSchema knows the private ranges and the lengths, and of the bits behind the length those of the last number alone.
func cidrSchema() schema {
	private := []string{
		`10\.(?:` + digits(0, 255) + `)`, `172\.(?:` + digits(16, 31) + `)`, `192\.168`, `100\.(?:` + digits(64, 127) + `)`,
	}
	first := "(?:" + strings.Join(private, "|") + ")"
	return matching(fmt.Sprintf(`^%s\.(?:0\.0/%d|(?:%s)\.0/(?:%s))$`, first, minCIDRBits, digits(0, 255), digits(minCIDRBits+1, maxCIDRBits)),
		"10.0.0.0/16")
}

// checkPrivate refuses a range that isn't private as a whole, and says what it is.
func checkPrivate(cidr netip.Prefix) string {
	inside := func(of string) bool {
		outer := netip.MustParsePrefix(of)
		return outer.Bits() <= cidr.Bits() && outer.Contains(cidr.Addr())
	}
	for _, private := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"} {
		if inside(private) {
			return ""
		}
	}
	for _, reserved := range []struct{ cidr, use string }{
		{"0.0.0.0/8", "this network"},
		{"127.0.0.0/8", "loopback"},
		{"169.254.0.0/16", "link-local addresses such as the instance metadata service's"},
		{"224.0.0.0/4", "multicast"},
	} {
		if netip.MustParsePrefix(reserved.cidr).Overlaps(cidr) {
			return fmt.Sprintf("overlaps %s, which is reserved for %s: %s", reserved.cidr, reserved.use, cidr)
		}
	}
	return fmt.Sprintf("holds public addresses: %s; take a range inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10", cidr)
}

// The number of zones that a platform can span: two at least, because a load balancer takes no fewer.
const minZones = 2

// zonesSchema allows what readZones reads in a file.
func zonesSchema() schema {
	count, name := between(minZones, MaxZones), matching(zoneName.String())
	return schema{
		AnyOf:    []*schema{&count, {Type: typeList, Items: &name, MinItems: minZones, MaxItems: MaxZones, UniqueItems: true}},
		Examples: []any{2, 3, []string{"us-east-1a", "us-east-1b"}},
	}
}

// readZones reads a number of zones or a list of their names. A variable or a flag holds the list with commas.
func readZones(c *Config, s setting) []fault {
	if s.form == formPlain {
		if _, err := strconv.Atoi(s.text); err != nil {
			items := []setting{}
			for name := range strings.SplitSeq(s.text, ",") {
				items = append(items, setting{at: s.at, form: formPlain, text: strings.TrimSpace(name)})
			}
			s.form, s.items = formList, items
		}
	}
	if s.form != formList {
		counted := number("", func(c *Config) *int { return &c.Network.Zones.Count }, minZones, MaxZones)
		if !s.number() {
			return refused(mustBe("a number or a list of zones", s))
		}
		return counted.read(c, s)
	}

	if len(s.items) < minZones || len(s.items) > MaxZones {
		return refused(fmt.Sprintf("must name %d to %d zones, got %d", minZones, MaxZones, len(s.items)))
	}
	var faults []fault
	names := make([]string, 0, len(s.items))
	seen := map[string]bool{}
	for _, item := range s.items {
		switch {
		case !item.scalar() || !zoneName.MatchString(item.text):
			faults = append(faults, fault{message: mustBe("a zone's name with a letter from a to f", item), at: &item.at})
		case seen[item.text]:
			faults = append(faults, fault{message: "names the zone twice: " + item.text, at: &item.at})
		}
		seen[item.text] = true
		names = append(names, item.text)
	}
	if faults == nil {
		c.Network.Zones = Zones{Count: len(names), Names: names}
	}
	return faults
}
