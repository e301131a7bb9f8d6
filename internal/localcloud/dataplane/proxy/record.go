package proxy

import (
	"net/netip"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/desync"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/trace"
)

// Record is what a load balancer's access log has of a request.
type Record struct {
	Type    string // http, https, h2, ws or wss
	Client  netip.AddrPort
	Arrived time.Time // when its head was read
	Done    time.Time
	// Target is where it was sent, "" for nowhere, and Group the target group that was chosen.
	Target, Group string
	// Waited is until it was sent, Worked until the answer began, Relayed until the answer was with the client. Negative: it
	// never came to that.
	Waited, Worked, Relayed time.Duration
	Status, TargetStatus    int // TargetStatus 0: the target gave none
	Received, Sent          int64
	Method, Scheme, Host    string // Method "": it was no request
	Port                    int    // of the listener
	URI, Version            string
	UserAgent, TraceID      string
	TLSVersion, Cipher, SNI string
	Rule                    int // priority, 0 of the default action, -1 where none was looked for
	Action, Redirect        string
	Tier                    string // of desync mitigation; "" for compliant
}

// record begins the record of a request whose head was read.
func (s *session) record(head int) {
	s.entry = nil
	s.passes(int64(head))
	if s.c == nil || s.c.Log == nil {
		return
	}
	m := &s.request
	if !s.parsed {
		m = &http1.Message{}
	}
	e := &Record{
		Type: s.scheme(), Client: netip.AddrPortFrom(s.client, s.clientPort), Arrived: time.Now(), Waited: -1, Worked: -1, Relayed: -1,
		Received: int64(head), Method: string(m.Method), Scheme: s.scheme(), Host: string(m.Hostname()), Port: s.c.Port, URI: string(m.Target), Version: "HTTP/1.1", Rule: -1,
	}
	if e.Host == "" {
		e.Host = s.c.DNSName
	}
	if m.HTTP10 {
		e.Version = "HTTP/1.0"
	}
	for _, f := range m.Fields {
		switch name := string(f.Name); {
		case strings.EqualFold(name, "user-agent"):
			e.UserAgent = string(f.Value)
		case strings.EqualFold(name, "x-amzn-trace-id"):
			e.TraceID = string(f.Value)
		}
	}
	if s.secure != nil {
		e.TLSVersion, e.Cipher = s.secure.Negotiated()
		e.SNI = s.secure.ConnectionState().ServerName
	}
	if s.stream != nil {
		e.Type, e.Version = "h2", "HTTP/2.0"
	}
	if s.tier != desync.Compliant {
		e.Tier = s.tier.String()
	}
	s.entry = e
}

// acts notes which action is carried out, and the priority of the rule that has it.
func (s *session) acts(a *Action, rule int) {
	if s.entry == nil {
		return
	}
	s.entry.Rule = rule
	switch {
	case a.Redirect != nil:
		s.entry.Action = "redirect"
	case a.Fixed != nil:
		s.entry.Action = "fixed-response"
	default:
		s.entry.Action = "forward"
	}
}

// chooses notes the target group, goes the target, dispatched that the request has left for it, and answers what it answers.
func (s *session) chooses(g *Group) {
	if s.entry != nil && g != nil {
		s.entry.Group = g.ARN
	}
}

func (s *session) goes(t *Target) {
	if s.entry != nil && t.Address.IsValid() {
		s.entry.Target = t.Address.String()
	}
}

func (s *session) dispatched() {
	if s.entry != nil {
		s.entry.Waited = s.sent.Sub(s.entry.Arrived)
	}
}

func (s *session) answers(status int) {
	e := s.entry
	if e == nil {
		return
	}
	e.TargetStatus, e.Worked = status, time.Since(s.sent)
	s.tells(status)
	if status == 101 {
		if e.Type = "ws"; s.secure != nil {
			e.Type = "wss"
		}
	}
}

// receives counts bytes of the body that the client has sent.
func (s *session) receives(n int64) {
	s.passes(n)
	if s.entry != nil {
		s.entry.Received += n
	}
}

// recorded ends the record.
func (s *session) recorded() {
	s.passed()
	e := s.entry
	if e == nil {
		return
	}
	s.entry = nil
	e.Done = time.Now()
	if e.Waited >= 0 && e.Worked >= 0 {
		e.Relayed = e.Done.Sub(e.Arrived) - e.Waited - e.Worked
	}
	if e.TraceID == "" {
		e.TraceID = string(trace.Append(nil, nil))
	}
	s.c.Log(e)
}

// sends counts bytes that the client was sent.
func (s *session) sends(n int64) {
	s.passes(n)
	if s.entry != nil {
		s.entry.Sent += n
	}
}

// passes counts bytes between the client and the node, and lets the node's meter know of them now and then.
func (s *session) passes(n int64) {
	if s.bytes += n; s.bytes >= passesTold {
		s.passed()
	}
}

// passesTold bounds what the meter doesn't know of a request under way, in bytes.
const passesTold = 1 << 20

func (s *session) passed() {
	if s.bytes > 0 {
		s.node.bytes.Add(s.bytes)
		s.bytes = 0
	}
}

// tells notes the status that the client is told.
func (s *session) tells(status int) {
	if s.entry != nil && s.entry.Status == 0 {
		s.entry.Status = status
	}
}
