// Package rules says whether a request meets the conditions of a listener rule. What becomes of the request is package
// proxy's.
package rules

import (
	"net/netip"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
)

// Condition holds if any of its values matches.
type Condition struct {
	// Field is path-pattern, host-header, http-header, http-request-method,
	// query-string or source-ip.
	Field      string
	HeaderName string   // of http-header
	Values     []string // with * and ? where AWS allows them; key=value for query-string
}

// Matches reports whether the request, from the client's address, meets the condition.
func (c *Condition) Matches(m *http1.Message, client netip.Addr) bool {
	target, _, _ := strings.Cut(string(m.Target), "#") // a fragment is none of a target's parts, and servers drop it
	path, query, _ := strings.Cut(target, "?")
	for _, v := range c.Values {
		switch c.Field {
		case "path-pattern":
			if glob(v, path) {
				return true
			}
		case "host-header":
			if glob(strings.ToLower(v), strings.ToLower(string(m.Hostname()))) {
				return true
			}
		case "http-header":
			for _, f := range m.Fields {
				if strings.EqualFold(string(f.Name), c.HeaderName) && glob(strings.ToLower(v), strings.ToLower(string(f.Value))) {
					return true
				}
			}
		case "http-request-method":
			if v == string(m.Method) {
				return true
			}
		case "query-string":
			if matchQuery(v, query) {
				return true
			}
		case "source-ip":
			if prefix, err := netip.ParsePrefix(v); err == nil && prefix.Contains(client) {
				return true
			}
		}
	}
	return false
}

func matchQuery(want, query string) bool {
	key, value, keyed := strings.Cut(want, "=")
	if !keyed {
		key, value = "*", want
	}
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(pair, "=")
		if glob(strings.ToLower(key), strings.ToLower(k)) && glob(strings.ToLower(value), strings.ToLower(v)) {
			return true
		}
	}
	return false
}

// glob matches * (any run) and ? (any one character). It looks for each text between stars once, from left to right, so
// that patterns of many rules cost little on the longest header.
func glob(pattern, s string) bool {
	first, rest, starred := strings.Cut(pattern, "*")
	if len(s) < len(first) || !alike(first, s[:len(first)]) {
		return false
	}
	s = s[len(first):]
	if !starred {
		return s == ""
	}
	middle := strings.Split(rest, "*")
	last := middle[len(middle)-1]
	if len(s) < len(last) || !alike(last, s[len(s)-len(last):]) {
		return false
	}
	s = s[:len(s)-len(last)]
	for _, part := range middle[:len(middle)-1] {
		at := find(part, s)
		if at < 0 {
			return false
		}
		s = s[at+len(part):]
	}
	return true
}

// find is where a text that may have ? begins in s, or -1.
func find(part, s string) int {
	if !strings.Contains(part, "?") {
		return strings.Index(s, part)
	}
	for at := 0; at+len(part) <= len(s); at++ {
		if alike(part, s[at:at+len(part)]) {
			return at
		}
	}
	return -1
}

// alike compares texts of the same length; ? stands for any character.
func alike(pattern, s string) bool {
	for i := range len(pattern) {
		if pattern[i] != '?' && pattern[i] != s[i] {
			return false
		}
	}
	return true
}
