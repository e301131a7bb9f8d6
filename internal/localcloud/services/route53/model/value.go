package model

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// checkValues lists what is wrong with a record set's values.
// Source: Amazon Route 53 Developer Guide, "Supported DNS record types"; the codes as public logs have them. Those of
// types but A, AAAA, TXT and SPF are ours.
func checkValues(recordType string, values []string) (wrong []string) {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			wrong = append(wrong, fmt.Sprintf("Duplicate Resource Record: '%s'", v))
		} else if err := checkValue(recordType, v); err != nil {
			wrong = append(wrong, fmt.Sprintf("Invalid Resource Record: '%s'", err))
		}
	}
	if len(values) > 1 && (recordType == "CNAME" || recordType == "SOA") {
		wrong = append(wrong, fmt.Sprintf("RRSet of type %s must contain exactly one resource record", recordType))
	}
	return wrong
}

func checkValue(recordType, v string) error {
	switch recordType {
	case "A", "AAAA":
		a, err := netip.ParseAddr(v)
		switch {
		case strings.ContainsAny(v, " \t"):
			return problem(recordType+"RRDATANotSingleField (Value contains spaces)", v)
		case recordType == "A" && (err != nil || !a.Is4()):
			return problem("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)", v)
		case recordType == "AAAA" && (err != nil || !a.Is6() || a.Zone() != ""):
			return problem("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)", v)
		}
		return nil
	case "CNAME", "NS", "PTR":
		_, err := canonical(v)
		return err
	case "TXT", "SPF":
		return checkTexts(v)
	}
	if _, err := parse(recordType, v); err != nil {
		return problem(recordType+"RRDATAIllegal (Value is not valid)", v)
	}
	return nil
}

// maxText is how many bytes one of a text record's strings may have.
const maxText = 255

// checkTexts refuses what isn't strings in quotation marks.
func checkTexts(v string) error {
	rest := strings.TrimSpace(v)
	for first := true; first || rest != ""; first = false {
		if !strings.HasPrefix(rest, `"`) {
			return problem("InvalidCharacterString (Value should be enclosed in quotation marks)", v)
		}
		size, end := 0, -1
		for i := 1; i < len(rest) && end < 0; i++ {
			switch {
			case rest[i] == '"':
				end = i
				continue
			case rest[i] == '\\' && i+3 < len(rest) && octal(rest[i+1:i+4]) >= 0:
				i += 3
			case rest[i] == '\\':
				i++
			}
			size++
		}
		switch {
		case end < 0, end+1 < len(rest) && rest[end+1] != ' ' && rest[end+1] != '\t':
			return problem("InvalidCharacterString (Value should be enclosed in quotation marks)", v)
		case size > maxText:
			return problem("CharacterStringTooLong (Value is too long)", v)
		}
		rest = strings.TrimSpace(rest[end+1:])
	}
	return nil
}

var errControl = errors.New("it holds control characters")

// parse reads a value as the DNS does.
func parse(recordType, v string) (dns.RR, error) {
	if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, errControl
	}
	switch recordType {
	case "CNAME", "NS", "PTR":
		name, err := canonical(v)
		if err != nil {
			return nil, err
		}
		v = Presented(name)
	case "TXT", "SPF":
		v = decimalCodes(v)
	}
	rr, err := dns.NewRR(". 0 IN " + recordType + " " + v)
	if err == nil && rr == nil {
		err = errors.New("it is empty")
	}
	return rr, err
}

// decimalCodes writes Route 53's octal codes as the DNS's decimal ones.
func decimalCodes(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == '\\' && i+3 < len(v) && octal(v[i+1:i+4]) >= 0:
			b.WriteByte('\\')
			code := strconv.Itoa(octal(v[i+1 : i+4]))
			b.WriteString(strings.Repeat("0", 3-len(code)) + code)
			i += 3
		case v[i] == '\\' && i+1 < len(v):
			b.WriteString(v[i : i+2])
			i++
		default:
			b.WriteByte(v[i])
		}
	}
	return b.String()
}

// written is a value as the DNS writes it; as it was given, where the DNS can't read it.
func written(recordType, v string) string {
	rr, err := parse(recordType, v)
	if err != nil {
		return v
	}
	return strings.TrimPrefix(rr.String(), rr.Header().String())
}

// sortedValues are values in a form in which equal ones look alike. Names of hosts differ in more than case.
func sortedValues(recordType string, values []string) []string {
	var list []string
	for _, v := range values {
		v = written(recordType, v)
		if recordType == "MX" || recordType == "SRV" || recordType == "SOA" {
			v = strings.ToLower(v)
		}
		list = append(list, v)
	}
	slices.Sort(list)
	return list
}
