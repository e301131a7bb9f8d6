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

// glob matches * (any run) and ? (any one character).
func glob(pattern, s string) bool {
	star, mark := -1, 0
	p, i := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
