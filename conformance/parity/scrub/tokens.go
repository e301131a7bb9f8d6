package scrub

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// published is in the names of parameters that AWS keeps for everybody, such as that of the newest image.
const published = "aws/service/"

// The forms of what is replaced. Of two that begin at the same place, the first counts.
const (
	formEmail   = `[\w.+-]+@[\w-]+(?:\.[\w-]+)+`
	formKey     = `\b(?:AKIA|ASIA|AIDA|AROA|AIPA|ANPA|ANVA|AGPA|APKA|ABIA|ACCA|ASCA)[A-Z0-9]{12,}\b`
	formUUID    = `\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`
	formOpaque  = `[A-Za-z0-9+/=_-]{64,}`
	formHost    = `\b(?:ip|ec2)-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}\b`
	formBalance = `-\d{9,12}\.[a-z0-9-]+\.elb\.`
	formID      = `\b[a-z]+(?:-[a-z]+)*-(?:[0-9a-f]{17}|[0-9a-f]{8})\b`
	formHex     = `\b[0-9a-f]{16,63}\b`
	formAccount = `\b\d{12}\b`
	formIPv4    = `\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b`
	formMAC     = `\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b`
	formIPv6    = `\b[23f][0-9a-fA-F]{3}(?::[0-9a-fA-F]{0,4}){2,7}` // global, unique local and link-local ones
)

var (
	patterns = regexp.MustCompile(strings.Join([]string{
		formEmail, formKey, formUUID, formOpaque, formHost, formBalance, formID, formAccount, formHex, formIPv4, formMAC, formIPv6,
	}, "|"))

	isEmail   = regexp.MustCompile(`^` + formEmail + `$`)
	isKey     = regexp.MustCompile(`^` + formKey + `$`)
	isUUID    = regexp.MustCompile(`^` + formUUID + `$`)
	isOpaque  = regexp.MustCompile(`^` + formOpaque + `$`)
	isHost    = regexp.MustCompile(`^` + formHost + `$`)
	isBalance = regexp.MustCompile(`^` + formBalance + `$`)
	isID      = regexp.MustCompile(`^` + formID + `$`)
	isHex     = regexp.MustCompile(`^` + formHex + `$`)
	isAccount = regexp.MustCompile(`^` + formAccount + `$`)
	isIPv4    = regexp.MustCompile(`^` + formIPv4 + `$`)
	isMAC     = regexp.MustCompile(`^` + formMAC + `$`)

	// balancing begins the part of an ARN that names what belongs to a load balancer, and can be as long as what is opaque.
	balancing = regexp.MustCompile(`^(?:listener|listener-rule|loadbalancer|targetgroup)/`)
	hexTail   = regexp.MustCompile(`\b[0-9a-f]{16}\b`)
)

// token is the replacement of what one of the patterns found.
func (s *Scrubber) token(found string) string {
	switch {
	case isEmail.MatchString(found):
		return s.replacement("email", found, func(i int) string { return fmt.Sprintf("person-%d@example.com", i) })
	case isKey.MatchString(found):
		return s.replacement("key", found, func(i int) string { return found[:4] + fmt.Sprintf("%0*d", len(found)-4, i) })
	case isUUID.MatchString(found):
		return s.replacement("uuid", strings.ToLower(found), func(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) })
	case isOpaque.MatchString(found):
		if strings.Contains(found, published) {
			return found
		}
		if balancing.MatchString(found) {
			return hexTail.ReplaceAllStringFunc(found, s.hex)
		}
		return s.opaque(found)
	case isHost.MatchString(found):
		kind, rest, _ := strings.Cut(found, "-")
		return kind + "-" + strings.ReplaceAll(s.address(strings.ReplaceAll(rest, "-", ".")), ".", "-")
	case isBalance.MatchString(found):
		number, rest, _ := strings.Cut(found[1:], ".")
		return "-" + s.replacement("number", number, func(i int) string { return fmt.Sprintf("%0*d", len(number), i) }) + "." + rest
	case isID.MatchString(found):
		at := strings.LastIndex(found, "-") + 1
		return s.replacement("id "+found[:at], found, func(i int) string { return found[:at] + fmt.Sprintf("%0*x", len(found)-at, i) })
	case isAccount.MatchString(found):
		return s.replacement("account", found, func(i int) string { return fmt.Sprintf("%012d", i) })
	case isHex.MatchString(found):
		return s.hex(found)
	case isIPv4.MatchString(found):
		return s.address(found)
	case isMAC.MatchString(found):
		return s.replacement("mac", found, func(i int) string { return fmt.Sprintf("02:00:00:00:%02x:%02x", i/256, i%256) })
	default:
		return s.address(found)
	}
}

func (s *Scrubber) hex(found string) string {
	form := "%0*x"
	if strings.Trim(found, "0123456789") == "" {
		form = "%0*d" // it may be a number
	}
	return s.replacement("hex", found, func(i int) string { return fmt.Sprintf(form, len(found), i) })
}

// address replaces an address by one that documentation may use (RFC 5737, RFC 3849). What isn't one stays, and so do
// those of the kept network and those that are the same everywhere.
func (s *Scrubber) address(found string) string {
	a, err := netip.ParseAddr(found)
	if err != nil || a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || s.keep.Contains(a) {
		return found
	}
	if a.Is6() {
		return s.replacement("IPv6", a.String(), func(i int) string { return fmt.Sprintf("2001:db8::%x", i) })
	}
	return s.replacement("IPv4", found, func(i int) string {
		nets := []string{"203.0.113.", "198.51.100.", "192.0.2."}
		if i > len(nets)*254 {
			return "240.0." + fmt.Sprintf("%d.%d", i/256, i%256) // reserved, and used nowhere
		}
		return nets[(i-1)/254] + fmt.Sprint((i-1)%254+1)
	})
}
