package proxy

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
)

// requestHead is what the target gets to see.
func (s *session) requestHead(out []byte) []byte {
	m := &s.request
	out = append(out, m.Method...)
	out = append(out, ' ')
	out = append(out, m.Target...)
	out = append(out, " HTTP/1.1\r\n"...)
	var forwardedFor, trace, upgrade []byte
	for _, f := range m.Fields {
		switch c := f.Name[0] | 0x20; {
		case c == 'x' && http1.Is(f.Name, "x-forwarded-for"):
			forwardedFor = f.Value
			continue
		case c == 'x' && http1.Is(f.Name, "x-amzn-trace-id"):
			trace = f.Value
			continue
		case c == 'x' && (http1.Is(f.Name, "x-forwarded-proto") || http1.Is(f.Name, "x-forwarded-port")):
			continue
		case c == 'e' && m.Expect && http1.Is(f.Name, "expect"), c == 'c' && m.Chunked && http1.Is(f.Name, "content-length"):
			continue
		case c == 'u' && m.Upgrade && http1.Is(f.Name, "upgrade"):
			upgrade = f.Value
			continue
		case m.HopByHop(f.Name), s.c.DropInvalidHeaders && !http1.ValidName(f.Name):
			continue
		}
		out = http1.AppendField(out, f)
	}
	if m.Host == nil {
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
	out = strconv.AppendInt(out, int64(m.Status), 10)
	out = append(out, ' ')
	out = append(out, m.Reason...)
	out = append(out, "\r\n"...)
	for _, f := range m.Fields {
		if m.HopByHop(f.Name) || s.http10 && http1.Is(f.Name, "transfer-encoding") {
			continue
		}
		out = http1.AppendField(out, f)
	}
	return append(out[:len(out)-2], connectionField(s.close)...)
}
