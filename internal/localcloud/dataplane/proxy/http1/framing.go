package http1

import (
	"bytes"
	"math"
)

// framing reports the fields that say where a body ends. A hop writes them itself and passes none on.
func framing(name []byte) bool {
	return len(name) == 14 && Is(name, "content-length") || len(name) == 17 && Is(name, "transfer-encoding")
}

// noteFields keeps what matters for framing and routing.
func (m *Message) noteFields() {
	var closing, keep, upgrade bool
	var protocols []byte
	for _, f := range m.Fields {
		switch len(f.Name) {
		case 4:
			if Is(f.Name, "host") {
				m.Host = f.Value
				m.Hosts++
			}
		case 6:
			if Is(f.Name, "expect") {
				m.Expect = Is(f.Value, "100-continue") && !m.HTTP10 // which knows no 1xx
			}
		case 7:
			if Is(f.Name, "upgrade") && f.Passable() {
				protocols = f.Value
			}
		case 10:
			if Is(f.Name, "connection") {
				m.noteOptions(f.Value, &closing, &keep, &upgrade)
			}
		case 14:
			if Is(f.Name, "content-length") {
				m.noteLength(f.Value)
			}
		case 17:
			if Is(f.Name, "transfer-encoding") {
				m.Encoded = true
				m.noteEncodings(f.Value)
			}
		}
	}
	if upgrade && !m.HTTP10 && !HasOption(protocols, "h2c") {
		m.Upgrade = protocols
	}
	// HTTP/1.0 has no transfer encodings: how the sender sees the end of such a message, nobody knows (RFC 9112, 6.1).
	m.Close = closing || m.HTTP10 && (!keep || m.Encoded)
}

func (m *Message) noteOptions(list []byte, closing, keep, upgrade *bool) {
	for option := range bytes.SplitSeq(list, []byte(",")) {
		switch option = TrimSpace(option); {
		case Is(option, "close"):
			*closing = true
		case Is(option, "keep-alive"):
			*keep = true
		case Is(option, "upgrade"):
			*upgrade = true
		case len(option) > 0:
			m.options = append(m.options, option)
		}
	}
}

func (m *Message) noteLength(value []byte) {
	n, ok := ParseLength(value)
	if !ok || m.ContentLength >= 0 && m.ContentLength != n {
		m.Framing = ErrMalformed
		return
	}
	m.ContentLength = n
}

// ParseLength reads a Content-Length, in bytes: digits and nothing else, up to 2^63-1.
func ParseLength(value []byte) (n int64, ok bool) {
	for _, c := range value {
		if !isDigit(c) || n > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(value) > 0
}

func (m *Message) noteEncodings(list []byte) {
	for coding := range Encodings(list) {
		switch {
		case Is(coding, "chunked"):
			m.Chunked = true
		case Is(coding, "identity"):
		case m.Framing == nil:
			m.Framing = ErrEncoding
		}
	}
}

// Encodings are the names of a Transfer-Encoding's codings, without their parameters.
func Encodings(list []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for coding := range bytes.SplitSeq(list, []byte(",")) {
			name, _, _ := bytes.Cut(coding, []byte(";"))
			if !yield(TrimSpace(name)) {
				return
			}
		}
	}
}

// HopByHop reports fields that concern one connection only, and those that each hop writes itself. Connection's options
// can't take away what a hop writes itself: that goes out whatever they say.
func (m *Message) HopByHop(name []byte) bool {
	switch len(name) {
	case 2:
		if Is(name, "te") {
			return true
		}
	case 7:
		if Is(name, "upgrade") || Is(name, "trailer") {
			return true
		}
	case 10:
		if Is(name, "connection") || Is(name, "keep-alive") {
			return true
		}
	case 14:
		if Is(name, "content-length") || Is(name, "http2-settings") {
			return true
		}
	case 16:
		if Is(name, "proxy-connection") {
			return true
		}
	case 17:
		if Is(name, "transfer-encoding") {
			return true
		}
	}
	for _, option := range m.options {
		if bytes.EqualFold(option, name) {
			return true
		}
	}
	return false
}
