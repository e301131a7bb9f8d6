package policy

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// operator compares what a policy wants with what a request has.
type operator struct {
	match   func(want, have string) bool
	negated bool
}

// operators are those of conditions, by their names without prefix and suffix. Null is none of them:
// it looks at no value.
func operators() map[string]operator {
	all := map[string]operator{
		"Bool":         {match: func(want, have string) bool { return strings.EqualFold(plainly(want), have) }},
		"BinaryEquals": {match: equals},
		"IpAddress":    {match: inRange}, "NotIpAddress": {inRange, true},
		"StringEquals": {match: equals}, "StringNotEquals": {equals, true},
		"StringEqualsIgnoreCase": {match: equalsFold}, "StringNotEqualsIgnoreCase": {equalsFold, true},
		"StringLike": {match: matches}, "StringNotLike": {matches, true},
		"ArnEquals": {match: matchesARN}, "ArnNotEquals": {matchesARN, true},
		"ArnLike": {match: matchesARN}, "ArnNotLike": {matchesARN, true},
	}
	for name, holds := range map[string]func(order int) bool{
		"Equals": func(o int) bool { return o == 0 }, "LessThan": func(o int) bool { return o < 0 }, "LessThanEquals": func(o int) bool { return o <= 0 },
		"GreaterThan": func(o int) bool { return o > 0 }, "GreaterThanEquals": func(o int) bool { return o >= 0 },
	} {
		all["Numeric"+name] = operator{match: ordered(number, cmp.Compare, holds)}
		all["Date"+name] = operator{match: ordered(date, time.Time.Compare, holds)}
	}
	all["NumericNotEquals"] = operator{all["NumericEquals"].match, true}
	all["DateNotEquals"] = operator{all["DateEquals"].match, true}
	return all
}

func equals(want, have string) bool     { return plainly(want) == have }
func equalsFold(want, have string) bool { return strings.EqualFold(plainly(want), have) }

// ordered compares values of a type. What can't be read as one matches nothing.
func ordered[T any](read func(string) (T, bool), compare func(a, b T) int, holds func(order int) bool) func(want, have string) bool {
	return func(want, have string) bool {
		w, ok := read(want)
		h, also := read(have)
		return ok && also && holds(compare(h, w))
	}
}

func number(text string) (float64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// date reads a time in one of the forms of ISO 8601 that W3C names, or in seconds since 1970.
func date(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

func inRange(want, have string) bool {
	address, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	if single, err := netip.ParseAddr(want); err == nil {
		return single == address
	}
	prefix, err := netip.ParsePrefix(want)
	return err == nil && prefix.Contains(address)
}
