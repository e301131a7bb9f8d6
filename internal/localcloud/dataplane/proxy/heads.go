package proxy

import (
	"bytes"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/trace"
)

// requestHead is what the target gets to see.
func (s *session) requestHead(out []byte) []byte {
	m := &s.request
	out = append(out, m.Method...)
	out = append(out, ' ')
	out = append(out, m.Target...)
	out = append(out, " HTTP/1.1\r\n"...)
	out = append(out, "Host: "...)
	if m.Host != nil {
		out = append(out, m.Host...)
	} else {
		out = append(out, s.c.DNSName...)
	}
	out = append(out, "\r\n"...)
	var given []byte
	forwarded := s.forwarded[:0]
	for _, f := range m.Fields {
		switch c := f.Name; {
		case !f.Passable(), s.c.DropInvalidHeaders && !http1.ValidName(c):
			continue
		case http1.Is(c, "x-forwarded-for"):
			forwarded = append(forwarded, f.Value)
			continue
		case http1.Is(c, "x-amzn-trace-id"):
			given = f.Value
			continue
		case http1.Is(c, "host"), http1.Is(c, "x-forwarded-proto"), http1.Is(c, "x-forwarded-port"), m.Expect && http1.Is(c, "expect"), m.HopByHop(c),
			s.negotiated(c):
			continue
		}
		out = http1.AppendField(out, f)
	}
	s.forwarded = forwarded
	out = s.pending.AppendFraming(out, m)
	if m.Upgrade != nil {
		out = append(append(append(out, "Connection: upgrade\r\nUpgrade: "...), m.Upgrade...), "\r\n"...)
	}
	forwardedFor := bytes.Join(forwarded, []byte(", "))
	switch {
	case s.c.XForwardedFor == "remove":
	case s.c.XForwardedFor == "preserve" && len(forwarded) > 0:
		out = append(append(append(out, "X-Forwarded-For: "...), forwardedFor...), "\r\n"...)
	case s.c.XForwardedFor != "preserve":
		out = append(out, "X-Forwarded-For: "...)
		if len(forwarded) > 0 {
			out = append(append(out, forwardedFor...), ", "...)
		}
		out = append(out, s.clientText...)
		if s.c.XForwardedForPort {
			out = strconv.AppendUint(append(out, ':'), uint64(s.clientPort), 10)
		}
		out = append(out, "\r\n"...)
	}
	out = append(append(append(out, "X-Forwarded-Proto: "...), s.scheme()...), "\r\nX-Forwarded-Port: "...)
	out = strconv.AppendInt(out, int64(s.c.Port), 10)
	if s.secure != nil && s.c.TLSHeaders.On() {
		version, suite := s.secure.Negotiated()
		out = append(append(append(append(out, "\r\n"...), s.c.TLSHeaders.Version...), ": "...), version...)
		out = append(append(append(append(out, "\r\n"...), s.c.TLSHeaders.Suite...), ": "...), suite...)
	}
	out = append(out, "\r\nX-Amzn-Trace-Id: "...)
	out = trace.Append(out, given)
	return append(out, "\r\n\r\n"...)
}

// responseHead is what the client gets to see of a target's answer with body b.
func (s *session) responseHead(out []byte, b *http1.Body) []byte {
	m := &s.response
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(m.Status), 10)
	out = append(out, ' ')
	out = append(out, m.Reason...)
	out = append(out, "\r\n"...)
	for _, f := range m.Fields {
		if !m.HopByHop(f.Name) {
			out = http1.AppendField(out, f)
		}
	}
	if m.Status != 204 {
		out = b.AppendFraming(out, m)
	}
	return append(out[:len(out)-2], connectionField(s.close)...)
}

// scheme is what the client speaks, as X-Forwarded-Proto has it.
func (s *session) scheme() string {
	if s.secure != nil {
		return "https"
	}
	return "http"
}

// negotiated reports the fields that tell the target what was negotiated: a client's own don't get there.
func (s *session) negotiated(name []byte) bool {
	return s.secure != nil && s.c.TLSHeaders.On() && (bytes.EqualFold(name, []byte(s.c.TLSHeaders.Version)) || bytes.EqualFold(name, []byte(s.c.TLSHeaders.Suite)))
}
