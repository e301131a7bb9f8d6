package proxy

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"
)

// requestHead is what the target gets to see.
func (s *session) requestHead(out []byte) []byte {
	m := &s.request
	out = append(out, m.method...)
	out = append(out, ' ')
	out = append(out, m.target...)
	out = append(out, " HTTP/1.1\r\n"...)
	var forwardedFor, trace, upgrade []byte
	for _, f := range m.fields {
		switch c := f.name[0] | 0x20; {
		case c == 'x' && is(f.name, "x-forwarded-for"):
			forwardedFor = f.value
			continue
		case c == 'x' && is(f.name, "x-amzn-trace-id"):
			trace = f.value
			continue
		case c == 'x' && (is(f.name, "x-forwarded-proto") || is(f.name, "x-forwarded-port")):
			continue
		case c == 'e' && m.expect && is(f.name, "expect"), c == 'c' && m.chunked && is(f.name, "content-length"):
			continue
		case c == 'u' && m.upgrade && is(f.name, "upgrade"):
			upgrade = f.value
			continue
		case m.hopByHop(f.name), s.c.DropInvalidHeaders && !validName(f.name):
			continue
		}
		out = appendField(out, f)
	}
	if m.host == nil {
		out = append(append(append(out, "Host: "...), s.c.DNSName...), "\r\n"...)
	}
	if upgrade != nil {
		out = append(append(append(out, "Connection: upgrade\r\nUpgrade: "...), upgrade...), "\r\n"...)
	}
	switch {
	case s.c.XForwardedFor == "remove":
	case s.c.XForwardedFor == "preserve" && forwardedFor != nil:
		out = append(append(append(out, "X-Forwarded-For: "...), forwardedFor...), "\r\n"...)
	case s.c.XForwardedFor != "preserve":
		out = append(out, "X-Forwarded-For: "...)
		if forwardedFor != nil {
			out = append(append(out, forwardedFor...), ", "...)
		}
		out = append(out, s.clientText...)
		if s.c.XForwardedForPort {
			out = strconv.AppendUint(append(out, ':'), uint64(s.clientPort), 10)
		}
		out = append(out, "\r\n"...)
	}
	out = append(out, "X-Forwarded-Proto: http\r\nX-Forwarded-Port: "...)
	out = strconv.AppendInt(out, int64(s.c.Port), 10)
	out = append(out, "\r\nX-Amzn-Trace-Id: "...)
	out = appendTrace(out, trace)
	return append(out, "\r\n\r\n"...)
}

// appendTrace keeps a trace that came along and adds this hop's own element.
func appendTrace(out, given []byte) []byte {
	if given != nil {
		out = append(append(out, "Self="...), traceID()...)
		return append(append(out, ';'), given...)
	}
	return append(append(out, "Root="...), traceID()...)
}

func traceID() []byte {
	var raw [16]byte
	now := uint32(time.Now().Unix()) // the format has 32 bits
	raw[0], raw[1], raw[2], raw[3] = byte(now>>24), byte(now>>16), byte(now>>8), byte(now)
	a, b := rand.Uint64(), rand.Uint32()
	for i := range 8 {
		raw[4+i] = byte(a >> (8 * i))
	}
	for i := range 4 {
		raw[12+i] = byte(b >> (8 * i))
	}
	text := hex.AppendEncode(make([]byte, 0, 40), raw[:])
	id := make([]byte, 0, 40)
	id = append(append(id, "1-"...), text[:8]...)
	return append(append(id, '-'), text[8:]...)
}

func (s *session) responseHead(out []byte) []byte {
	m := &s.response
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(m.status), 10)
	out = append(out, ' ')
	out = append(out, m.reason...)
	out = append(out, "\r\n"...)
	for _, f := range m.fields {
		if m.hopByHop(f.name) || s.http10 && is(f.name, "transfer-encoding") {
			continue
		}
		out = appendField(out, f)
	}
	return append(out[:len(out)-2], connectionField(s.close)...)
}

func appendField(out []byte, f field) []byte {
	out = append(out, f.name...)
	out = append(out, ": "...)
	out = append(out, f.value...)
	return append(out, "\r\n"...)
}
