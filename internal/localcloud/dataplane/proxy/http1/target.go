package http1

import (
	"bytes"
	"slices"
)

// Normalize makes of the request's target what the next hop gets and rules are held against: the path with its query.
// The host of an absolute-form target takes Host's place (RFC 9112, 3.2.2), no target at all is "/", and a byte that a
// target can't have, a blank or a control character, is percent-encoded. Any other form is ErrMalformed, but for
// OPTIONS *, and so is a host that is none.
func (m *Message) Normalize() error {
	target := m.Target
	switch {
	case len(target) == 0:
		target = []byte("/")
	case target[0] == '/':
	case string(target) == "*" && string(m.Method) == "OPTIONS":
	default:
		scheme, rest, ok := bytes.Cut(target, []byte("://"))
		if !ok || !Is(scheme, "http") && !Is(scheme, "https") {
			return ErrMalformed
		}
		host := rest
		target = nil
		if i := bytes.IndexAny(rest, "/?#"); i >= 0 {
			host, target = rest[:i], rest[i:]
		}
		if len(host) == 0 {
			return ErrMalformed
		}
		if len(target) == 0 || target[0] != '/' {
			target = append([]byte("/"), target...)
		}
		m.Host = host
	}
	if !validHost(m.Host) {
		return ErrMalformed
	}
	m.Target = escape(target)
	return nil
}

// Hostname is Host without its port.
func (m *Message) Hostname() []byte {
	if i := bytes.IndexByte(m.Host, ']'); i >= 0 && m.Host[0] == '[' {
		return m.Host[:i+1]
	}
	name, _, _ := bytes.Cut(m.Host, []byte(":"))
	return name
}

// validHost reports whether Host has nothing but what a name or an address with a port can have.
func validHost(host []byte) bool {
	for _, c := range host {
		if c <= ' ' || c == 0x7f || bytes.IndexByte([]byte(`"#/<>?@\^`+"`{|}"), c) >= 0 {
			return false
		}
	}
	return true
}

func escape(target []byte) []byte {
	at := slices.IndexFunc(target, mustEscape)
	if at < 0 {
		return target
	}
	out := append(make([]byte, 0, len(target)+8), target[:at]...)
	for _, c := range target[at:] {
		if mustEscape(c) {
			const hex = "0123456789ABCDEF"
			out = append(out, '%', hex[c>>4], hex[c&15])
			continue
		}
		out = append(out, c)
	}
	return out
}

func mustEscape(c byte) bool { return c <= ' ' || c == 0x7f }
