package proxy

import (
	"crypto/tls"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/rules"
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

// TLSHeaders are the names of the fields that tell targets what was negotiated with the client
// (routing.http.x_amzn_tls_version_and_cipher_suite.enabled); "": none tells.
type TLSHeaders struct{ Version, Suite string }

// On reports whether targets are told.
func (h TLSHeaders) On() bool { return h.Version != "" }

// Config is all that a node needs to know of one listener. It doesn't change; a new one is put in its place.
type Config struct {
	Attributes
	Port       int            // of the listener, for X-Forwarded-Port and redirects
	Reached    map[string]int // by a port of the load balancer, the port that clients of this machine reach; nil: the same
	TLS        *tls.Config    // nil: HTTP
	TLSHeaders TLSHeaders
	Rules      []Rule
	Default    Action
	// Log takes the record of each request, from several goroutines, and keeps it. Nil: there is no access log.
	Log func(*Record)
}

// Rule is a listener rule; Config.Rules is in order of priority.
type Rule struct {
	Priority   int
	Conditions []rules.Condition // all must hold
	Action     Action
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

// action finds the first rule that holds, and its priority; 0 is the default action's.
func (c *Config) action(m *http1.Message, client netip.Addr) (*Action, int) {
	for i := range c.Rules {
		if c.Rules[i].matches(m, client) {
			return &c.Rules[i].Action, c.Rules[i].Priority
		}
	}
	return &c.Default, 0
}

func (r *Rule) matches(m *http1.Message, client netip.Addr) bool {
	for i := range r.Conditions {
		if !r.Conditions[i].Matches(m, client) {
			return false
		}
	}
	return true
}
