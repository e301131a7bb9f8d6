package compare

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

var (
	formTime   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$`)
	formNumber = regexp.MustCompile(`^-?\d+(\.\d+)?$`)
	formID     = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)*)-([0-9a-f]{8,})$`)
	formUUID   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	formDNS    = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}$`)
)

// Form is how a value is written: what two values have in common that differ only in what they name. An empty value
// has none.
func Form(value string) string {
	switch {
	case value == "":
		return ""
	case value == "true" || value == "false":
		return "boolean"
	case strings.HasPrefix(value, "arn:"):
		return arn(value)
	case len(value) == 12 && formNumber.MatchString(value):
		return "account"
	case formNumber.MatchString(value):
		return "number"
	case formUUID.MatchString(value):
		return "UUID"
	}
	if found := formTime.FindStringSubmatch(value); found != nil {
		return fmt.Sprintf("time with %d decimals, %s", max(len(found[1])-1, 0), zone(found[2]))
	}
	if found := formID.FindStringSubmatch(value); found != nil {
		return fmt.Sprintf("ID %s- with %d digits", found[1], len(found[2]))
	}
	if a, err := netip.ParseAddr(value); err == nil {
		return map[bool]string{true: "IPv4 address", false: "IPv6 address"}[a.Is4()]
	}
	if _, err := netip.ParsePrefix(value); err == nil {
		return "range of addresses"
	}
	if formDNS.MatchString(value) {
		return "DNS name"
	}
	return "text"
}

func zone(suffix string) string {
	if suffix == "Z" {
		return "UTC"
	}
	return "offset"
}

// arn is the form of an ARN: its service, what of its parts is empty, and how many parts its resource has.
func arn(value string) string {
	parts := strings.SplitN(value, ":", 6)
	if len(parts) < 6 {
		return "ARN cut short"
	}
	text := "ARN of " + parts[2]
	if parts[3] == "" {
		text += " without region"
	}
	if parts[4] == "" {
		text += " without account"
	}
	kind, _, _ := strings.Cut(parts[5], "/")
	return fmt.Sprintf("%s, %s with %d slashes", text, kind, strings.Count(parts[5], "/"))
}
