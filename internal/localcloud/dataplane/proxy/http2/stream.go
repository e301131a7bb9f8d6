package http2

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/peek"
)

// Stream is one stream: what is read from it is the request, what is written to it the answer, both in HTTP/1.1 but for
// the answer's body, which comes without chunks.
type Stream struct {
	client  *conn.TLS
	idle    time.Duration
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController

	memory  []byte // of the head, to be used again
	names   []string
	unread  []byte // of the head, and of a chunk that found no room
	chunked bool   // the body's length isn't known
	noMore  bool   // the body has been read

	mu         sync.Mutex
	readBefore time.Time // as it was asked for
	readUntil  time.Time // as net/http knows it
	until      time.Time // when net/http ends the stream

	answer   http1.Message
	left     int64 // of the answer's body, in bytes; http1.UntilEOF: nobody knows
	answered bool  // the answer's head has gone out
	last     bool  // what is written next is the end
	failed   bool
}

func newStream(c *conn.TLS, idle time.Duration, w http.ResponseWriter, r *http.Request) *Stream {
	s := streams.Get().(*Stream)
	s.client, s.idle, s.w, s.r, s.control, s.until = c, idle, w, r, http.NewResponseController(w), time.Now().Add(lifetime(idle))
	s.noMore = r.ContentLength == 0
	s.chunked = r.ContentLength < 0
	s.memory = s.head(s.memory[:0])
	s.unread = s.memory
	return s
}

// streams is spare memory for streams.
var streams = sync.Pool{New: func() any { return &Stream{memory: make([]byte, 0, 1024)} }} //nolint:gochecknoglobals // a pool holds nothing that can be observed

// release gives the stream's memory back.
func (s *Stream) release() {
	clear(s.names)
	s.answer.Reset()
	*s = Stream{memory: s.memory, names: s.names[:0], answer: s.answer}
	streams.Put(s)
}

// lifetime is how long net/http lets a stream live that nothing passes over: longer than a target may take to answer.
func lifetime(idle time.Duration) time.Duration { return 2*idle + 20*time.Second }

// touch lets a stream live that something passes over. To ask net/http each time would cost too much.
func (s *Stream) touch() {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until.Sub(now) < s.idle {
		s.until = now.Add(lifetime(s.idle))
		_ = s.control.SetWriteDeadline(s.until) // net/http's streams can
	}
}

// head is the request's head in HTTP/1.1. net/http has refused what HTTP/2 forbids: bytes that end a line anywhere,
// fields that concern one connection, lengths that the body doesn't have.
func (s *Stream) head(out []byte) []byte {
	r := s.r
	method := r.Method
	if s.malformed() {
		method = "\x00" // no request line begins so: it is refused like any other that is malformed
	}
	out = append(append(append(out, method...), ' '), r.RequestURI...)
	out = append(out, " HTTP/1.1\r\n"...)
	if r.Host != "" {
		out = append(append(append(out, "host: "...), r.Host...), "\r\n"...)
	}
	for name := range r.Header {
		s.names = append(s.names, name)
	}
	slices.Sort(s.names) // in which order they came, net/http doesn't tell
	for _, name := range s.names {
		if name == "Host" || name == "Transfer-Encoding" {
			continue
		}
		for _, value := range r.Header[name] {
			out = appendLower(out, name)
			out = append(append(append(out, ": "...), value...), "\r\n"...)
		}
	}
	if s.chunked {
		out = append(out, "transfer-encoding: chunked\r\n"...)
	}
	return append(out, "\r\n"...)
}

// malformed reports what net/http lets pass, and HTTP/1.1 would take for something else: a method with a blank would
// bring a target of its own, an absolute URI another host than :authority, and a length without a body would leave the
// target waiting (RFC 9113, 8.1.1 and 8.3.1).
func (s *Stream) malformed() bool {
	r := s.r
	if !http1.IsToken([]byte(r.Method)) || r.RequestURI != "*" && !strings.HasPrefix(r.RequestURI, "/") {
		return true
	}
	length := r.Header["Content-Length"]
	return s.noMore && len(length) > 0 && strings.Trim(length[0], "0") != ""
}

// appendLower appends a field's name as HTTP/2 has it.
func appendLower(out []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return out
}

// Read reads the request.
func (s *Stream) Read(p []byte) (int, error) {
	if len(s.unread) > 0 {
		n := copy(p, s.unread)
		s.unread = s.unread[n:]
		return n, nil
	}
	if s.noMore {
		return 0, io.EOF
	}
	s.touch()
	if err := s.applyReadDeadline(); err != nil {
		return 0, err
	}
	if !s.chunked {
		return s.r.Body.Read(p)
	}
	if len(p) < 4*frame {
		small := make([]byte, 4*frame)
		n, err := s.readChunk(small)
		s.unread = small[:n]
		n = copy(p, s.unread)
		s.unread = s.unread[n:]
		return n, err
	}
	return s.readChunk(p)
}

// frame is room for a chunk's size in hexadecimal digits, and for the ends of its lines, in bytes.
const frame = 16

// readChunk reads a piece of a body whose length nobody knows, as a chunk.
func (s *Stream) readChunk(p []byte) (int, error) {
	n, err := s.r.Body.Read(p[frame : len(p)-frame])
	if n > 0 {
		size := append(strconv.AppendInt(make([]byte, 0, frame), int64(n), 16), "\r\n"...)
		copy(p[len(size):], p[frame:frame+n]) // an error comes again
		out := append(append(p[:0], size...), p[len(size):len(size)+n]...)
		return len(append(out, "\r\n"...)), nil
	}
	if err != io.EOF {
		return 0, err
	}
	s.noMore = true
	return copy(p, "0\r\n\r\n"), nil
}

// Write writes the answer. Its head comes in one piece.
func (s *Stream) Write(p []byte) (int, error) {
	s.touch()
	if s.failed {
		return 0, net.ErrClosed
	}
	data := p
	if !s.answered {
		end := bytes.Index(p, []byte("\r\n\r\n"))
		if end < 0 || s.answer.ParseResponse(p[:end+4]) != nil {
			s.failed = true
			return 0, http1.ErrMalformed
		}
		data = p[end+4:]
		s.begin(p[:end+4])
	}
	if s.left >= 0 {
		data = data[:min(int64(len(data)), s.left)]
		s.left -= int64(len(data))
	}
	var err error
	if len(data) > 0 {
		_, err = s.w.Write(data)
	}
	if err == nil && s.left == http1.UntilEOF && !s.last {
		err = s.control.Flush()
	}
	if err != nil {
		s.failed = true
		return 0, err
	}
	return len(p), nil
}

// begin takes the answer's head over.
func (s *Stream) begin(head []byte) {
	m := &s.answer
	h := s.w.Header()
	text := string(head) // once for all fields
	part := func(b []byte) string {
		at := cap(head) - cap(b)
		return text[at : at+len(b)]
	}
	values := make([]string, len(m.Fields))
	// What the target doesn't say, nobody says in its place.
	h["Content-Type"], h["Date"] = nil, nil
	for i, f := range m.Fields {
		if m.HopByHop(f.Name) {
			continue
		}
		name := http.CanonicalHeaderKey(part(f.Name))
		values[i] = part(f.Value)
		if h[name] == nil {
			h[name] = values[i : i+1 : i+1]
			continue
		}
		h[name] = append(h[name], values[i])
	}
	s.left = http1.UntilEOF
	if m.ContentLength >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(m.ContentLength, 10)}
		s.left = m.ContentLength
	}
	if s.r.Method == http.MethodHead || m.Status == http.StatusNoContent || m.Status == http.StatusNotModified {
		s.left = 0
	}
	s.w.WriteHeader(m.Status)
	s.answered = true
}

// Flush sends what was written: the target takes its time over the rest. What has a length waits for that.
func (s *Stream) Flush() {
	if s.answered && s.left > 0 && s.control.Flush() != nil {
		s.failed = true
	}
}

// Last says that the next write is the answer's end.
func (s *Stream) Last() { s.last = true }

// Fail says that the answer breaks off here.
func (s *Stream) Fail() { s.failed = true }

// broken reports whether there is no answer, or not all of it.
func (s *Stream) broken() bool { return !s.answered || s.failed || s.left > 0 }

// State reports a client that has given the request up, or has left.
func (s *Stream) State() peek.State {
	if s.r.Context().Err() != nil {
		return peek.Gone
	}
	return peek.Quiet
}

// SetReadDeadline holds for reads to come, and where it has passed for one that waits: then nothing more can be read.
func (s *Stream) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readBefore = t
	if !t.IsZero() && t.Before(time.Now()) {
		return s.control.SetReadDeadline(t)
	}
	return nil
}

// slack is by how much a deadline may be early, so that net/http needn't hear of each.
const slack = time.Second

func (s *Stream) applyReadDeadline() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ahead := s.readBefore.Sub(s.readUntil); ahead >= 0 && ahead < slack {
		return nil
	}
	s.readUntil = s.readBefore
	return s.control.SetReadDeadline(s.readBefore)
}

// SetWriteDeadline does nothing: a stream that nothing passes over ends by itself.
func (s *Stream) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is SetReadDeadline.
func (s *Stream) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// CloseWrite does nothing: the stream ends with its request.
func (s *Stream) CloseWrite() error { return nil }

// Close does nothing: the stream ends with its request.
func (s *Stream) Close() error { return nil }

// LocalAddr is the connection's.
func (s *Stream) LocalAddr() net.Addr { return s.client.LocalAddr() }

// RemoteAddr is the connection's.
func (s *Stream) RemoteAddr() net.Addr { return s.client.RemoteAddr() }
