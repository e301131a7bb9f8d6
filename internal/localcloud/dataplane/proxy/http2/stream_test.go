package http2

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
)

// request is one as net/http hands it over.
func request(method, uri string, header http.Header, body string, length int64) *http.Request {
	return &http.Request{Method: method, RequestURI: uri, Host: "shop.example", Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: length}
}

// writer takes deadlines, as net/http's does.
type writer struct{ *httptest.ResponseRecorder }

func (writer) SetReadDeadline(time.Time) error  { return nil }
func (writer) SetWriteDeadline(time.Time) error { return nil }

// Whatever method and path a client sends, the head has one request line, and that is theirs or refused.
func TestStream_HeadIsOneRequest(t *testing.T) {
	for _, tt := range []struct {
		method, uri string
		refused     bool
	}{
		{"GET", "/a?b=c", false}, {"OPTIONS", "*", false}, {"PURGE", "/", false}, {"GET", "/a b", false},
		{"GET /x HTTP/1.1", "/", true}, {"GET", "/x HTTP/1.1", true}, {"G(T", "/", true}, {"GET", "/ HTTP/1.1 HTTP/1.1", true},
		{"GET", "http://other/x", true}, {"GET", "x", true},
	} {
		s := newStream(nil, time.Minute, httptest.NewRecorder(), request(tt.method, tt.uri, http.Header{"X-A": {"1", "2"}, "Host": {"other"}}, "", 0))
		head, err := io.ReadAll(s)
		if err != nil || !bytes.HasSuffix(head, []byte("\r\n\r\n")) || bytes.Count(head, []byte("\r\n\r\n")) != 1 {
			t.Fatalf("%q, %v", head, err)
		}
		var m http1.Message
		err = m.ParseRequest(head)
		if err == nil && !http1.IsToken(m.Method) {
			err = http1.ErrMalformed
		}
		if (err != nil) != tt.refused {
			t.Errorf("%s %s: %v", tt.method, tt.uri, err)
		}
		if err == nil && (string(m.Method) != tt.method || string(m.Target) != tt.uri || m.Hosts != 1 || string(m.Host) != "shop.example" || len(m.Fields) != 3) {
			t.Errorf("%s %s became %q", tt.method, tt.uri, head)
		}
	}
}

// A length that no body follows is refused, before a target waits for it; a length of nothing isn't.
func TestStream_LengthWithoutBodyIsMalformed(t *testing.T) {
	for length, refused := range map[string]bool{"5": true, "0": false, "00": false, "": false, "x": true} {
		header := http.Header{"Content-Length": {length}}
		if length == "" {
			header = http.Header{}
		}
		head, err := io.ReadAll(newStream(nil, time.Minute, httptest.NewRecorder(), request("POST", "/", header, "", 0)))
		if err != nil {
			t.Fatal(err)
		}
		if got := head[0] == 0; got != refused {
			t.Errorf("content-length %q: refused %v", length, got)
		}
	}
}

// A body arrives with its end, and in chunks where nobody knows its length, however little is read at a time.
func TestStream_ReadFramesBody(t *testing.T) {
	text := strings.Repeat("0123456789", 1000)
	for _, room := range []int{1, 20, 63, 64, 100, 1 << 14} {
		for _, length := range []int64{int64(len(text)), -1} {
			s := newStream(nil, time.Minute, writer{httptest.NewRecorder()}, request("POST", "/", http.Header{}, text, length))
			if length >= 0 {
				s.unread = append(s.unread[:len(s.unread)-2], "content-length: 10000\r\n\r\n"...)
			}
			var all []byte
			for p := make([]byte, room); ; {
				n, err := s.Read(p)
				all = append(all, p[:n]...)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(all)))
			if err != nil {
				t.Fatalf("%d, %d: %v", room, length, err)
			}
			if body, err := io.ReadAll(got.Body); string(body) != text || err != nil {
				t.Errorf("%d, %d: %d bytes, %v", room, length, len(body), err)
			}
		}
	}
}

// The answer's fields are the target's, and none of net/http's own.
func TestStream_WriteAnswers(t *testing.T) {
	w := httptest.NewRecorder()
	s := newStream(nil, time.Minute, writer{w}, request("GET", "/", http.Header{}, "", 0))
	answer := "HTTP/1.1 203 Other\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhel"
	for _, piece := range []string{answer, "lo, and more"} {
		if _, err := io.WriteString(s, piece); err != nil {
			t.Fatal(err)
		}
	}
	if s.broken() || w.Code != 203 || w.Body.String() != "hello" || strings.Join(w.Header()["X-A"], ",") != "1,2" || w.Header()["Connection"] != nil || len(w.Header()["Date"]) > 0 {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	for name, answer := range map[string]string{"no head": "", "half": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "none": "nonsense\r\n\r\n"} {
		s := newStream(nil, time.Minute, writer{httptest.NewRecorder()}, request("GET", "/", http.Header{}, "", 0))
		if answer != "" {
			_, _ = io.WriteString(s, answer)
		}
		if !s.broken() {
			t.Errorf("%s is whole", name)
		}
	}
}
