package desync

import (
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
)

// classify judges a head as it comes over the wire, without its last line end.
func classify(t *testing.T, head string) string {
	t.Helper()
	var m http1.Message
	if err := m.ParseRequest([]byte(head + "\r\n\r\n")); err != nil {
		t.Fatalf("%q: %v", head, err)
	}
	v := Classify(&m)
	return v.Tier.String() + " " + v.Reason
}

func TestClassify(t *testing.T) {
	for _, tt := range []struct{ name, head, want string }{
		{"plain", "GET / HTTP/1.1\r\nHost: x\r\nAccept: */*", "Compliant Compliant"},
		{"length", "POST / HTTP/1.1\r\nContent-Length: 5", "Compliant Compliant"},
		{"chunks", "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked", "Compliant Compliant"},
		{"coding with a parameter", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip;q=1, chunked ;x", "Compliant Compliant"},
		{"obs-text in a value", "GET / HTTP/1.1\r\nX: caf\xe9", "Compliant Compliant"},
		{"name that begins alike", "GET / HTTP/1.1\r\nContent-Length-Hint: 5", "Compliant Compliant"},
		{"name of one word", "GET / HTTP/1.1\r\nContentLength: 5", "Compliant Compliant"},
		{"HTTP/1.0", "GET / HTTP/1.0", "Compliant Compliant"},

		{"control character in a value", "GET / HTTP/1.1\r\nX: a\x01", "Acceptable NonCompliantHeader"},
		{"blank after a name", "GET / HTTP/1.1\r\nX : a", "Acceptable NonCompliantHeader"},
		{"blank in the target", "GET /a b HTTP/1.1", "Acceptable SpaceInUri"},
		{"HTTP/1.7", "GET / HTTP/1.7", "Acceptable NonCompliantVersion"},
		{"blank after the version", "GET / HTTP/1.1 ", "Acceptable NonCompliantVersion"},
		{"HTTP/0.9", "GET /", "Acceptable NonCompliantVersion"},
		{"GET without length", "GET / HTTP/1.1\r\nContent-Length: 0", "Acceptable GetHeadZeroContentLength"},

		{"GET with a length", "GET / HTTP/1.1\r\nContent-Length: 1", "Ambiguous UndefinedContentLengthSemantics"},
		{"HEAD with chunks", "HEAD / HTTP/1.1\r\nTransfer-Encoding: chunked", "Ambiguous UndefinedTransferEncodingSemantics"},
		{"HTTP/1.0 with chunks", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked", "Ambiguous UndefinedTransferEncodingSemantics"},
		{"HTTP/0.9 with a length", "POST /\r\nContent-Length: 1", "Ambiguous UndefinedContentLengthSemantics"},
		{"the same length twice", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5", "Ambiguous DuplicateContentLength"},
		{"length and chunks", "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", "Ambiguous BothTeClPresent"},
		{"underscore", "POST / HTTP/1.1\r\nTransfer_Encoding: chunked", "Ambiguous SuspiciousHeader"},
		{"blank before the colon", "POST / HTTP/1.1\r\nContent-Length : 5", "Ambiguous SuspiciousHeader"},
		{"blank in the word", "POST / HTTP/1.1\r\nCont ent-Length: 5", "Ambiguous SuspiciousHeader"},
		{"long s", "POST / HTTP/1.1\r\nTranſfer-Encoding: chunked", "Ambiguous SuspiciousHeader"},
		{"dotless i", "POST / HTTP/1.1\r\nTransfer-Encodıng: chunked", "Ambiguous SuspiciousHeader"},
		{"blank before the first name", "POST / HTTP/1.1\r\n Transfer-Encoding: chunked", "Ambiguous SuspiciousHeader"},
		{"no name", "GET / HTTP/1.1\r\n: a", "Ambiguous EmptyHeader"},
		{"name of blanks", "GET / HTTP/1.1\r\n \t : a", "Ambiguous EmptyHeader"},
		{"no colon", "GET / HTTP/1.1\r\nHost: x\r\nthat", "Ambiguous MissingHeaderColon"},
		{"value in two lines", "GET / HTTP/1.1\r\nX: a\r\n b", "Ambiguous MultilineHeader"},
		{"tab in the target", "GET /a\tb HTTP/1.1", "Ambiguous AmbiguousUri"},

		{"NUL in a value", "GET / HTTP/1.1\r\nX: a\x00b", "Severe BadHeader"},
		{"CR in a value", "GET / HTTP/1.1\r\nX: a\rContent-Length: 5", "Severe BadHeader"},
		{"LF in a value", "GET / HTTP/1.1\r\nX: a\nContent-Length: 5", "Severe BadHeader"},
		{"CR in a name", "GET / HTTP/1.1\r\nX\r: a", "Severe BadHeader"},
		{"length in two lines", "POST / HTTP/1.1\r\nContent-Length: 5\r\n 6", "Severe BadHeader"},
		{"two lengths", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6", "Severe MultipleContentLength"},
		{"two lengths, one with a blank", "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length : 6", "Severe MultipleContentLength"},
		{"list of lengths", "POST / HTTP/1.1\r\nContent-Length: 5, 5", "Severe BadContentLength"},
		{"signed length", "POST / HTTP/1.1\r\nContent-Length: +5", "Severe BadContentLength"},
		{"no length", "POST / HTTP/1.1\r\nContent-Length:", "Severe BadContentLength"},
		{"length over 63 bits", "POST / HTTP/1.1\r\nContent-Length: 9223372036854775808", "Severe BadContentLength"},
		{"unknown coding", "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked", "Severe BadTransferEncoding"},
		{"no coding", "POST / HTTP/1.1\r\nTransfer-Encoding: ,chunked", "Severe BadTransferEncoding"},
		{"chunked twice", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Severe MultipleTransferEncodingChunked"},
		{"method", "GE\x01T / HTTP/1.1", "Severe BadMethod"},
		{"NUL in the target", "GET /a\x00 HTTP/1.1", "Severe BadUri"},
		{"tabs for blanks", "GET /a\tHTTP/1.1", "Severe BadUri"},

		{"the worst counts", "GET /a b HTTP/1.1\r\nX: \x01\r\nContent-Length: 1\r\nContent-Length: x", "Severe BadContentLength"},
	} {
		if got := classify(t, tt.head); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestClassify_Version(t *testing.T) {
	for version, want := range map[string]string{"HTTP/1.1 HTTP/1.1": "BadVersion", "http/1.1": "BadVersion", "HTTP/1.x": "BadVersion", "HTTP/1.9": "NonCompliantVersion"} {
		if v := Classify(&http1.Message{Method: []byte("GET"), Target: []byte("/"), Version: []byte(version)}); v.Reason != want {
			t.Errorf("%s: %+v, want %s", version, v, want)
		}
	}
}

// TestMode has the table of "Edit attributes for your Application Load Balancer": r refused, c closes both connections.
func TestMode(t *testing.T) {
	for mode, want := range map[Mode]string{"monitor": "- - - -", "defensive": "- - c r", "": "- - c r", "strictest": "- r r r"} {
		var got []string
		for tier := Compliant; tier <= Severe; tier++ {
			switch {
			case mode.Refuses(tier):
				got = append(got, "r")
			case mode.Closes(tier):
				got = append(got, "c")
			default:
				got = append(got, "-")
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q: %s, want %s", mode, text, want)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	var m http1.Message
	head := []byte("GET /index.html?a=b HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n" +
		"Accept: text/html,application/xhtml+xml,application/xml;q=0.9\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\n\r\n")
	for b.Loop() {
		if err := m.ParseRequest(head); err != nil || Classify(&m).Tier != Compliant {
			b.Fatal(err, m)
		}
	}
}
