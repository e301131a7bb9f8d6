package http1

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func FuzzMessage(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: a, b\r\n\r\n"))
	f.Add([]byte("GET http://a/b c HTTP/1.1\r\nX: a\r\n b\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	f.Add([]byte("5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if m.ParseRequest(bytes.Clone(b)) == nil && m.Normalize() == nil && bytes.ContainsAny(m.Target, " \r\n\t\x00") {
			t.Errorf("target %q", m.Target)
		}
		if m.ParseResponse(bytes.Clone(b)) == nil && m.Framing != nil {
			t.Error("a response whose end can't be told")
		}
		var s chunkScanner
		for len(b) > 0 && s.state != chunkDone {
			n, _, _, err := s.next(b)
			if err != nil || n == 0 {
				return
			}
			b = b[n:]
		}
	})
}

func TestParseRequest_Framing(t *testing.T) {
	for _, tt := range []struct {
		fields string
		want   string // chunked, the length, or the error
	}{
		{"", "-1"},
		{"Content-Length: 5", "5"},
		{"content-length:\t5 ", "5"},
		{"Content-Length: 5\r\nContent-Length: 5", "5"},
		{"Content-Length: 5\r\nContent-Length: 6", "malformed message"},
		{"Content-Length: 5,5", "malformed message"},
		{"Content-Length: 0x5", "malformed message"},
		{"Content-Length: -0", "malformed message"},
		{"Content-Length:", "malformed message"},
		{"Content-Length: 5\r\n 6", "malformed message"},
		{"Transfer-Encoding: chunked", "chunked"},
		{"Transfer-Encoding: identity", "-1"},
		{"Transfer-Encoding: identity, chunked", "chunked"},
		{"Transfer-Encoding: chunked\r\nContent-Length: 5", "chunked"},
		{"Transfer-Encoding: gzip", "a transfer encoding other than chunked and identity"},
		{"Transfer-Encoding:\r\n chunked", "a transfer encoding other than chunked and identity"},
		{"Transfer-Encoding : chunked", "-1"},
		{"Connection: Content-Length\r\nContent-Length: 5", "5"},
	} {
		var m Message
		if err := m.ParseRequest([]byte("POST / HTTP/1.1\r\n" + tt.fields + "\r\n\r\n")); err != nil {
			t.Errorf("%q: %v", tt.fields, err)
			continue
		}
		got := fmt.Sprint(m.ContentLength)
		switch {
		case m.Framing != nil:
			got = m.Framing.Error()
		case m.Chunked:
			got = "chunked"
		}
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.fields, got, tt.want)
		}
	}
}

func TestParseRequest_Refused(t *testing.T) {
	for head, want := range map[string]error{
		"PRI * HTTP/2.0\r\n\r\n":            ErrVersion,
		"GET / HTTP/3\r\n\r\n":              ErrVersion,
		"GET / HTTP/1.1 HTTP/1.1\r\n\r\n":   ErrMalformed,
		"GET / HTTP/1.10\r\n\r\n":           ErrMalformed,
		"GET / http/1.1\r\n\r\n":            ErrMalformed,
		"GET\r\n\r\n":                       ErrMalformed,
		"GET / HTTP/1.1\nHost: x\n\n":       ErrMalformed,
		"GET /a b\r\n\r\n":                  ErrMalformed,
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n": nil,
		"GET / HTTP/1.1\r\n" + "X: " + strings.Repeat("a", MaxField-3) + "\r\n\r\n":                nil,
		"GET / HTTP/1.1\r\n" + "X: " + strings.Repeat("a", MaxField-2) + "\r\n\r\n":                ErrMalformed,
		"GET / HTTP/1.1\r\n" + "X: a\r\n " + strings.Repeat("a", MaxField-3) + "\r\n\r\n":          ErrMalformed,
		"GET / HTTP/1.1\r\n" + strings.Repeat("X: "+strings.Repeat("a", 9<<10)+"\r\n", 8) + "\r\n": ErrMalformed,
		"GET /" + strings.Repeat("a", MaxRequestLine) + " HTTP/1.1\r\n\r\n":                        ErrTooLong,
	} {
		var m Message
		if err := m.ParseRequest([]byte(head)); !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", head, err, want)
		}
	}
}

func TestParseRequest_FoldedValueIsOneLine(t *testing.T) {
	var m Message
	if err := m.ParseRequest([]byte("GET / HTTP/1.1\r\nX: a\r\n b\r\n\tc\r\nY: d\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if len(m.Fields) != 2 || string(m.Fields[0].Value) != "a   b  \tc" || string(m.Fields[1].Value) != "d" || !m.Folded {
		t.Errorf("%q", m.Fields)
	}
}

func TestParseResponse_Refused(t *testing.T) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX: a\x00\r\n\r\n",
		"HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
		"HTTP/1.1 200 OK\nX: a\n\n",
		"HTTP/1.1 20 OK\r\n\r\n",
		"HTTP/1.1 +20 OK\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("a", 9<<10)+"\r\n", 4) + "\r\n",
	} {
		var m Message
		if err := m.ParseResponse([]byte(head)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%.60q: %v", head, err)
		}
	}
	var m Message
	if err := m.ParseResponse([]byte("HTTP/1.1 200\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n")); err != nil || m.ContentLength != 5 {
		t.Errorf("the same length twice: %d, %v", m.ContentLength, err)
	}
}

func TestNormalize(t *testing.T) {
	for _, tt := range []struct{ line, target, host string }{
		{"GET /a?b", "/a?b", "h"},
		{"GET http://other:81/a?b", "/a?b", "other:81"},
		{"GET HTTPS://other", "/", "other"},
		{"GET http://other?b", "/?b", "other"},
		{"GET http://[::1]:81/", "/", "[::1]:81"},
		{"GET ", "/", "h"},
		{"GET /a b\tc\x7f", "/a%20b%09c%7F", "h"},
		{"GET //other/a", "//other/a", "h"},
		{"OPTIONS *", "*", "h"},
		{"GET *", "", ""},
		{"GET a/b", "", ""},
		{"GET ftp://other/", "", ""},
		{"GET http:///a", "", ""},
		{"GET http://user@other/", "", ""},
		{"GET http://a b/", "", ""},
		{"CONNECT other:443", "", ""},
	} {
		var m Message
		if err := m.ParseRequest([]byte(tt.line + " HTTP/1.1\r\nHost: h\r\n\r\n")); err != nil {
			t.Errorf("%q: %v", tt.line, err)
			continue
		}
		err := m.Normalize()
		if name := string(m.Hostname()); err == nil && name != strings.TrimSuffix(string(m.Host), ":81") {
			t.Errorf("%q: name %q", tt.line, name)
		}
		if refused := tt.target == ""; refused != (err != nil) || !refused && (string(m.Target) != tt.target || string(m.Host) != tt.host) {
			t.Errorf("%q: %q %q %v", tt.line, m.Target, m.Host, err)
		}
	}
}

func TestBody_ChunksAreFramedAgain(t *testing.T) {
	for _, tt := range []struct{ sent, want, left string }{
		{"5\r\nhello\r\n0\r\n\r\nGET", "5\r\nhello\r\n0\r\n\r\n", "GET"},
		{"005;a=\"b\"\r\nhello\r\n3 \r\nabc\r\n000\r\nContent-Length: 9\r\nX: y\r\n\r\n", "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n", ""},
		{"5\nhello\n0\n\n", "", "malformed"},
		{"5;\nhello\r\n0\r\n\r\n", "", "malformed"},
		{"5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\r\n", "malformed"},
		{"5\r\nhello\n0\r\n\r\n", "5\r\nhello\r\n", "malformed"},
		{"-1\r\n", "", "malformed"},
		{"0x5\r\nhello", "", "malformed"},
		{";\r\n", "", "malformed"},
		{"1000000000000000\r\n", "", "malformed"},
		{"0\r\n\n", "", "malformed"},
		{"0\r\nX: y\n\r\n", "", "malformed"},
		{"0\r\nX: y\r\r\n", "", "malformed"},
		{"0;" + strings.Repeat("a", maxChunkLine), "", "malformed"},
	} {
		for _, step := range []int{1, 3, len(tt.sent)} { // as it comes in pieces
			b, out, buf, err := Body{Length: -1}, []byte(nil), Buffer{}, error(nil)
			r := strings.NewReader(tt.sent)
			for err == nil && !b.Done() && r.Len() > 0 {
				if err = buf.Fill(&limited{r, step}); err == nil {
					out, err = b.Take(out, &buf)
				}
			}
			if malformed := tt.left == "malformed"; malformed != errors.Is(err, ErrMalformed) || !malformed && step == len(tt.sent) && string(buf.Bytes()) != tt.left {
				t.Errorf("%.40q by %d: %v, left %q", tt.sent, step, err, buf.Bytes())
			}
			if step == len(tt.sent) && string(out) != tt.want {
				t.Errorf("%.40q: %q, want %q", tt.sent, out, tt.want)
			}
		}
	}
}

// limited reads a few bytes at a time.
type limited struct {
	r *strings.Reader
	n int
}

func (l *limited) Read(b []byte) (int, error) { return l.r.Read(b[:min(l.n, len(b))]) }

func TestHead_EndsAtEmptyLine(t *testing.T) {
	for text, want := range map[string]int{"a\r\n\r\nb": 5, "a\n\nb": 3, "a\r\nb\r\n": -1, "a\n\r\nb": 4, "a\r\n\r": -1, "a\n": -1, "\r\n\r\n": 4} {
		var b Buffer
		if err := b.Fill(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		got := -1
		if head := b.Head(); head != nil {
			got = len(head)
		}
		if got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
