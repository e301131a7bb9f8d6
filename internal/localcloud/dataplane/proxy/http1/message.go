// Package http1 reads HTTP/1.x from a connection's bytes: the head of a request or a response, and where its body ends.
// A head's fields point into the connection's buffer. A head with both a length and chunks is marked ambiguous; the
// caller decides what becomes of it.
//
// Connections, targets and a load balancer's own rules don't belong here: they are package proxy's.
package http1

import (
	"bytes"
	"errors"
	"strconv"
)

// Limits in bytes, an ALB's (docs: "Quotas for your Application Load Balancers", HTTP headers).
const (
	MaxRequestLine = 16 << 10
	MaxHead        = 64 << 10
)

// What a message is refused for.
var (
	ErrMalformed = errors.New("malformed message")
	ErrTooLong   = errors.New("request line too long")
)

// Field is one header field; its slices point into the connection's buffer.
type Field struct{ Name, Value []byte }

// Message is the head of a request or a response.
type Message struct {
	Method, Target []byte // of a request
	Status         int    // of a response
	Reason         []byte
	HTTP10         bool
	Fields         []Field

	ContentLength int64 // -1: not given
	Chunked       bool
	Close         bool // Connection: close, or HTTP/1.0 without keep-alive
	Upgrade       bool // Connection: upgrade
	Host          []byte
	Expect        bool // 100-continue
	Ambiguous     bool // both a length and chunks: of use to request smugglers
	connection    []byte
}

// ParseRequest reads a head that ends with an empty line.
func (m *Message) ParseRequest(head []byte) error {
	line, rest := cutLine(head)
	if len(line) > MaxRequestLine {
		return ErrTooLong
	}
	method, line, ok := bytes.Cut(line, []byte(" "))
	target, version, ok2 := bytes.Cut(line, []byte(" "))
	if !ok || !ok2 || !isToken(method) || len(target) == 0 || hasControl(target) {
		return ErrMalformed
	}
	*m = Message{Method: method, Target: target, Fields: m.Fields[:0], ContentLength: -1}
	if err := m.version(version); err != nil {
		return err
	}
	return m.parseFields(rest)
}

// ParseResponse reads a head that ends with an empty line.
func (m *Message) ParseResponse(head []byte) error {
	line, rest := cutLine(head)
	version, line, ok := bytes.Cut(line, []byte(" "))
	code, reason, _ := bytes.Cut(line, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if !ok || err != nil || len(code) != 3 || status < 100 {
		return ErrMalformed
	}
	*m = Message{Status: status, Reason: reason, Fields: m.Fields[:0], ContentLength: -1}
	if err := m.version(version); err != nil {
		return err
	}
	return m.parseFields(rest)
}

func (m *Message) version(v []byte) error {
	switch string(v) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		m.HTTP10, m.Close = true, true
	default:
		return ErrMalformed
	}
	return nil
}

func (m *Message) parseFields(rest []byte) error {
	for len(rest) > 0 {
		var line []byte
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") {
			return ErrMalformed
		}
		value = bytes.Trim(value, " \t")
		m.Fields = append(m.Fields, Field{name, value})
		if err := m.note(name, value); err != nil {
			return err
		}
	}
	m.Ambiguous = m.Chunked && m.ContentLength >= 0
	if m.Chunked {
		m.ContentLength = -1
	}
	return nil
}

// note keeps what matters for framing and routing.
func (m *Message) note(name, value []byte) error {
	switch len(name) {
	case 4:
		if Is(name, "host") {
			m.Host = value
		}
	case 6:
		if Is(name, "expect") {
			m.Expect = Is(value, "100-continue")
		}
	case 10:
		if Is(name, "connection") {
			m.connection = value
			m.Close = m.HTTP10 && !hasOption(value, "keep-alive") || hasOption(value, "close")
			m.Upgrade = hasOption(value, "upgrade")
		}
	case 14:
		if Is(name, "content-length") {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 || value[0] == '+' || m.ContentLength >= 0 && m.ContentLength != n {
				return ErrMalformed
			}
			m.ContentLength = n
		}
	case 17:
		if Is(name, "transfer-encoding") {
			if !Is(value, "chunked") {
				return ErrMalformed
			}
			m.Chunked = true
		}
	}
	return nil
}

// HopByHop reports fields that concern one connection only.
func (m *Message) HopByHop(name []byte) bool {
	switch len(name) {
	case 2:
		return Is(name, "te")
	case 7:
		return Is(name, "upgrade")
	case 10:
		return Is(name, "connection") || Is(name, "keep-alive")
	case 16:
		return Is(name, "proxy-connection")
	}
	return m.connection != nil && !Is(m.connection, "close") && !Is(m.connection, "keep-alive") && hasOptionBytes(m.connection, name)
}

// AppendField appends a field as it stands in a head.
func AppendField(out []byte, f Field) []byte {
	out = append(out, f.Name...)
	out = append(out, ": "...)
	out = append(out, f.Value...)
	return append(out, "\r\n"...)
}

func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// Is compares without regard to case; lower must be in lower case.
func Is(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hasOption looks for an element of a comma-separated list.
func hasOption(list []byte, lower string) bool {
	for part := range bytes.SplitSeq(list, []byte(",")) {
		if Is(bytes.Trim(part, " \t"), lower) {
			return true
		}
	}
	return false
}

func hasOptionBytes(list, name []byte) bool {
	for part := range bytes.SplitSeq(list, []byte(",")) {
		if bytes.EqualFold(bytes.Trim(part, " \t"), name) {
			return true
		}
	}
	return false
}

func isToken(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || bytes.IndexByte([]byte(`"(),/:;<=>?@[\]{}`), c) >= 0 {
			return false
		}
	}
	return len(b) > 0
}

func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// ValidName is what routing.http.drop_invalid_header_fields.enabled lets through:
// letters, digits and hyphens.
func ValidName(b []byte) bool {
	for _, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}
