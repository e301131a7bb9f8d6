package proxy

import (
	"bytes"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// Attributes are those of a load balancer that matter to requests.
type Attributes struct {
	IdleTimeout        time.Duration // idle_timeout.timeout_seconds, 60 s
	ClientKeepAlive    time.Duration // client_keep_alive.seconds, 3600 s
	DropInvalidHeaders bool          // routing.http.drop_invalid_header_fields.enabled
	Desync             string        // routing.http.desync_mitigation_mode: monitor, defensive, strictest
	XForwardedFor      string        // routing.http.xff_header_processing.mode: append, preserve, remove
	XForwardedForPort  bool          // routing.http.xff_client_port.enabled
	DNSName            string        // Host for clients of HTTP/1.0 that send none
}

// Config is all that a node needs to know of one listener. It doesn't change; a new
// one is put in its place.
type Config struct {
	Attributes
	Port    int // of the listener, for X-Forwarded-Port and redirects
	Rules   []Rule
	Default Action
}

// Rule is a listener rule; Config.Rules is in order of priority.
type Rule struct {
	Conditions []Condition // all must hold
	Action     Action
}

// Condition holds if any of its values matches.
type Condition struct {
	// Field is path-pattern, host-header, http-header, http-request-method,
	// query-string or source-ip.
	Field      string
	HeaderName string   // of http-header
	Values     []string // with * and ? where AWS allows them; key=value for query-string
}

// Action is what becomes of a request: exactly one of the fields is set.
type Action struct {
	Forward  []WeightedGroup
	Redirect *Redirect
	Fixed    *FixedResponse
	// turns counts the requests that were spread by weight.
	turns *atomic.Uint64
}

// Forward returns an action that spreads requests by weight.
func Forward(groups ...WeightedGroup) Action {
	return Action{Forward: groups, turns: new(atomic.Uint64)}
}

// WeightedGroup is a target group in a forward action.
type WeightedGroup struct {
	Group  *Group
	Weight int
}

// Redirect is a redirect action; parts may use #{protocol}, #{host}, #{port},
// #{path} and #{query}.
type Redirect struct {
	Protocol, Host, Port, Path, Query string
	StatusCode                        int // 301 or 302
}

// FixedResponse is a fixed-response action.
type FixedResponse struct {
	StatusCode  int
	ContentType string
	Body        string
}

// action finds the first rule that holds.
func (c *Config) action(m *message, client netip.Addr) *Action {
	for i := range c.Rules {
		if c.Rules[i].matches(m, client) {
			return &c.Rules[i].Action
		}
	}
	return &c.Default
}

func (r *Rule) matches(m *message, client netip.Addr) bool {
	for i := range r.Conditions {
		if !r.Conditions[i].matches(m, client) {
			return false
		}
	}
	return true
}

func (c *Condition) matches(m *message, client netip.Addr) bool {
	path, query, _ := strings.Cut(string(m.target), "?")
	for _, v := range c.Values {
		switch c.Field {
		case "path-pattern":
			if glob(v, path) {
				return true
			}
		case "host-header":
			host, _, _ := bytes.Cut(m.host, []byte(":"))
			if glob(strings.ToLower(v), strings.ToLower(string(host))) {
				return true
			}
		case "http-header":
			for _, f := range m.fields {
				if strings.EqualFold(string(f.name), c.HeaderName) && glob(strings.ToLower(v), strings.ToLower(string(f.value))) {
					return true
				}
			}
		case "http-request-method":
			if v == string(m.method) {
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
