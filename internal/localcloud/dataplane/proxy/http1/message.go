// Package http1 reads HTTP/1.x from a connection's bytes: the head of a request or a response, and where its body ends.
// A head's fields point into the connection's buffer.
//
// A request is read as it came, also where the standard forbids it, so that package desync can say how dangerous it is:
// a line ends with CR LF alone, and whatever else is in it stays in it. A response is read by the standard or refused.
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
	MaxRequestLine  = 16 << 10
	MaxField        = 16 << 10 // name, colon and value
	MaxHead         = 64 << 10 // of a request
	MaxResponseHead = 32 << 10
)

// What a message is refused for.
var (
	ErrMalformed = errors.New("malformed message")
	ErrTooLong   = errors.New("request line too long")
	ErrVersion   = errors.New("another version than HTTP/1.x")
	ErrEncoding  = errors.New("a transfer encoding other than chunked and identity")
)

// Field is one header field; its slices point into the connection's buffer.
type Field struct{ Name, Value []byte }

// Message is the head of a request or a response.
type Message struct {
	Method, Target, Version []byte // of a request, as they came
	Status                  int    // of a response
	Reason                  []byte
	HTTP10                  bool // HTTP/1.0, or older
	Fields                  []Field
	Folded                  bool // a value went on in the next line
	NoColon                 bool // a line without a colon, which is in no Field

	// Framing is why nobody can tell where the body ends: ErrMalformed or ErrEncoding; nil where it can be told.
	Framing       error
	ContentLength int64 // -1: not given
	Chunked       bool
	Encoded       bool // a Transfer-Encoding was given, whatever it says

	Close   bool   // Connection: close, or HTTP/1.0 without keep-alive
	Upgrade []byte // the protocols that Connection: upgrade asks for, or switches to; nil: none
	Host    []byte // nil: not given
	Hosts   int    // how many Host fields there are
	Expect  bool   // 100-continue

	options [][]byte // of Connection, but for close and keep-alive
}

// Reset forgets what was read, and keeps the memory.
func (m *Message) Reset() {
	clear(m.Fields)
	clear(m.options)
	*m = Message{Fields: m.Fields[:0], options: m.options[:0]}
}

// ParseRequest reads a head that ends with an empty line. It changes the bytes of a value that goes on in a second line.
func (m *Message) ParseRequest(head []byte) error {
	line, rest := cutLine(head)
	if len(line) > MaxRequestLine {
		return ErrTooLong
	}
	method, line, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(head) > MaxHead {
		return ErrMalformed
	}
	target, version := cutVersion(line)
	*m = Message{Method: method, Target: target, Version: version, Fields: m.Fields[:0], options: m.options[:0], ContentLength: -1}
	if err := m.readVersion(); err != nil {
		return err
	}
	if err := m.readFields(rest); err != nil {
		return err
	}
	m.noteFields()
	return nil
}

// cutVersion parts the rest of a request line. A target may have blanks, which is against the standard.
func cutVersion(line []byte) (target, version []byte) {
	if i := bytes.Index(line, []byte(" HTTP/")); i >= 0 {
		return line[:i], line[i+1:]
	}
	line = bytes.TrimRight(line, " ")
	if i := bytes.LastIndexByte(line, ' '); i >= 0 {
		return line[:i], line[i+1:]
	}
	return line, nil // HTTP/0.9 has none
}

func (m *Message) readVersion() error {
	v := TrimSpace(m.Version)
	if len(v) == 0 {
		m.HTTP10 = true
		return nil
	}
	number, ok := bytes.CutPrefix(v, []byte("HTTP/"))
	switch {
	case ok && (string(number) == "0.9" || string(number) == "1.0"):
		m.HTTP10 = true
	case ok && len(number) == 3 && number[0] == '1' && number[1] == '.' && isDigit(number[2]):
	case ok && len(number) > 0 && '2' <= number[0] && number[0] <= '9' && (len(number) == 1 || len(number) == 3 && number[1] == '.'):
		return ErrVersion
	default:
		return ErrMalformed
	}
	return nil
}

// ParseResponse reads a head that ends with an empty line. What the standard forbids is ErrMalformed, and so is a body
// whose end can't be told.
func (m *Message) ParseResponse(head []byte) error {
	line, rest := cutLine(head)
	version, line, ok := bytes.Cut(line, []byte(" "))
	code, reason, _ := bytes.Cut(line, []byte(" "))
	status, err := strconv.Atoi(string(code))
	if !ok || err != nil || len(code) != 3 || status < 100 || len(head) > MaxResponseHead || hasControl(reason) {
		return ErrMalformed
	}
	*m = Message{Status: status, Reason: reason, Fields: m.Fields[:0], options: m.options[:0], ContentLength: -1}
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		m.HTTP10 = true
	default:
		return ErrMalformed
	}
	if err := m.readFields(rest); err != nil {
		return err
	}
	for _, f := range m.Fields {
		if !IsToken(f.Name) || bytes.ContainsAny(f.Value, "\r\n\x00") {
			return ErrMalformed
		}
	}
	m.noteFields()
	if m.Folded || m.NoColon || m.Framing != nil || m.Encoded && (!m.Chunked || m.ContentLength >= 0 || m.HTTP10) {
		return ErrMalformed
	}
	return nil
}

// readFields reads the lines after the first.
func (m *Message) readFields(rest []byte) error {
	block, at := rest, 0 // at: where the next line begins in block
	valueAt := 0         // where the last value begins in block
	for at < len(block) {
		line, after := cutLine(block[at:])
		begin := at
		at = len(block) - len(after)
		if len(line) == 0 {
			return nil
		}
		if len(line) > MaxField {
			return ErrMalformed
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 0 && isSpace(line[0]) && len(m.Fields) > 0 {
			m.unfold(block, valueAt, begin, begin+len(line))
			if len(m.Fields[len(m.Fields)-1].Value) > MaxField {
				return ErrMalformed
			}
			continue
		}
		if colon < 0 {
			m.NoColon = true
			continue
		}
		if len(m.Fields) > 0 && isSpace(line[0]) {
			m.Folded = true // read as a field of its own, whose name nobody takes for another's
		}
		valueAt = begin + colon + 1
		m.Fields = append(m.Fields, Field{line[:colon], TrimSpace(line[colon+1:])})
	}
	return nil
}

// unfold lets the last field's value go on with the line from begin to end. Blanks take the place of the line end, but
// in fields that say where a message ends or whom it is for: there it stays, as what makes the message malformed.
func (m *Message) unfold(block []byte, valueAt, begin, end int) {
	m.Folded = true
	last := &m.Fields[len(m.Fields)-1]
	if !framing(last.Name) && !Is(last.Name, "host") {
		block[begin-2], block[begin-1] = ' ', ' '
	}
	last.Value = TrimSpace(block[valueAt:end])
}

// Passable reports whether a field can go to a target as it stands: with a name that is none, or a byte that ends a line
// for somebody, it could become another field there.
func (f Field) Passable() bool {
	return IsToken(f.Name) && bytes.IndexByte(f.Value, '\n') < 0 && bytes.IndexByte(f.Value, '\r') < 0 && bytes.IndexByte(f.Value, 0) < 0
}

// AppendField appends a field as it stands in a head.
func AppendField(out []byte, f Field) []byte {
	out = append(out, f.Name...)
	out = append(out, ": "...)
	out = append(out, f.Value...)
	return append(out, "\r\n"...)
}

// cutLine parts at the first CR LF; a line that has none is the whole.
func cutLine(b []byte) (line, rest []byte) {
	for i := 0; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			break
		}
		if i += n; i > 0 && b[i-1] == '\r' {
			return b[:i-1], b[i+1:]
		}
	}
	return b, nil
}
