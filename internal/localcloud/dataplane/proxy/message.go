// Package proxy is the request path of one Application Load Balancer node: it
// reads HTTP/1.x requests from a client's connection, chooses a target and relays
// request and answer, with the errors that an ALB has of its own.
//
// It works on the connections themselves rather than through net/http: a node has
// to see when a client leaves, when a target resets, and what exactly was sent, and
// it is to be about as fast as nginx. Bodies are never held in memory.
//
// Which nodes there are, what they can reach and which targets are healthy is
// decided in package dataplane.
package proxy

import (
	"bytes"
	"errors"
	"strconv"
)

// Limits of an ALB (docs: "Quotas for your Application Load Balancers", HTTP
// headers).
const (
	maxRequestLine = 16 << 10
	maxHead        = 64 << 10
)

var (
	errMalformed = errors.New("malformed message")
	errTooLong   = errors.New("request line too long")
)

// field is one header field; its slices point into the connection's buffer.
type field struct{ name, value []byte }

// message is the head of a request or a response.
type message struct {
	method, target []byte // of a request
	status         int    // of a response
	reason         []byte
	http10         bool
	fields         []field

	contentLength int64 // -1: not given
	chunked       bool
	close         bool // Connection: close, or HTTP/1.0 without keep-alive
	upgrade       bool // Connection: upgrade
	host          []byte
	expect        bool
	ambiguous     bool // both a length and chunks: of use to request smugglers
	connection    []byte
}

// parseRequest reads a head that ends with an empty line.
func (m *message) parseRequest(head []byte) error {
	line, rest := cutLine(head)
	if len(line) > maxRequestLine {
		return errTooLong
	}
	method, line, ok := bytes.Cut(line, []byte(" "))
	target, version, ok2 := bytes.Cut(line, []byte(" "))
	if !ok || !ok2 || !isToken(method) || len(target) == 0 || hasControl(target) {
		return errMalformed
	}
	*m = message{method: method, target: target, fields: m.fields[:0], contentLength: -1}
	if err := m.version(version); err != nil {
		return err
	}
	return m.parseFields(rest)
}

func (m *message) parseResponse(head []byte) error {
	line, rest := cutLine(head)
	version, line, ok := bytes.Cut(line, []byte(" "))
	code, reason, _ := bytes.Cut(line, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if !ok || err != nil || len(code) != 3 || status < 100 {
		return errMalformed
	}
	*m = message{status: status, reason: reason, fields: m.fields[:0], contentLength: -1}
	if err := m.version(version); err != nil {
		return err
	}
	return m.parseFields(rest)
}

func (m *message) version(v []byte) error {
	switch string(v) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		m.http10, m.close = true, true
	default:
		return errMalformed
	}
	return nil
}

func (m *message) parseFields(rest []byte) error {
	for len(rest) > 0 {
		var line []byte
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") {
			return errMalformed
		}
		value = bytes.Trim(value, " \t")
		m.fields = append(m.fields, field{name, value})
		if err := m.note(name, value); err != nil {
			return err
		}
	}
	m.ambiguous = m.chunked && m.contentLength >= 0
	if m.chunked {
		m.contentLength = -1
	}
	return nil
}

// note keeps what matters for framing and routing.
func (m *message) note(name, value []byte) error {
	switch len(name) {
	case 4:
		if is(name, "host") {
			m.host = value
		}
	case 6:
		if is(name, "expect") {
			m.expect = is(value, "100-continue")
		}
	case 10:
		if is(name, "connection") {
			m.connection = value
			m.close = m.http10 && !hasOption(value, "keep-alive") || hasOption(value, "close")
			m.upgrade = hasOption(value, "upgrade")
		}
	case 14:
		if is(name, "content-length") {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil || n < 0 || value[0] == '+' || m.contentLength >= 0 && m.contentLength != n {
				return errMalformed
			}
			m.contentLength = n
		}
	case 17:
		if is(name, "transfer-encoding") {
			if !is(value, "chunked") {
				return errMalformed
			}
			m.chunked = true
		}
	}
	return nil
}

// hopByHop reports fields that concern one connection only.
func (m *message) hopByHop(name []byte) bool {
	switch len(name) {
	case 2:
		return is(name, "te")
	case 7:
		return is(name, "upgrade")
	case 10:
		return is(name, "connection") || is(name, "keep-alive")
	case 16:
		return is(name, "proxy-connection")
	}
	return m.connection != nil && !is(m.connection, "close") && !is(m.connection, "keep-alive") && hasOptionBytes(m.connection, name)
}

func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// is compares without regard to case; lower must be in lower case.
func is(b []byte, lower string) bool {
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
		if is(bytes.Trim(part, " \t"), lower) {
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

// validName is what routing.http.drop_invalid_header_fields.enabled lets through:
// letters, digits and hyphens.
func validName(b []byte) bool {
	for _, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}
