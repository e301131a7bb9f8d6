package desync

import "github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"

// The letters beyond ASCII that are S and I in upper case: Latin small long s, Latin small dotless i.
const (
	longS    = "ſ"
	dotlessI = "ı"
)

func startsWith(b []byte, text string) bool {
	return len(b) >= len(text) && string(b[:len(text)]) == text
}

// bodyFields are the fields of a request that say where its body ends, and those that look like them.
type bodyFields struct {
	lengths, encodings int
	value              int64 // of the first length that is a number
	valued             bool

	differ, same, noNumber bool // of the lengths
	chunked                bool // the last coding so far is chunked
	twice, unknown         bool // of the codings
}

func (b *bodyFields) length(value []byte) {
	b.lengths++
	n, ok := http1.ParseLength(http1.TrimSpace(value))
	switch {
	case !ok:
		b.noNumber = true
	case !b.valued:
		b.value, b.valued = n, true
	case n == b.value:
		b.same = true
	default:
		b.differ = true
	}
}

func (b *bodyFields) encoding(value []byte) {
	b.encodings++
	for name := range http1.Encodings(value) {
		chunked := http1.Is(name, "chunked")
		switch {
		case chunked:
			b.twice = b.twice || b.chunked
		case !http1.Is(name, "identity") && !http1.Is(name, "gzip") && !http1.Is(name, "deflate") && !http1.Is(name, "compress"):
			b.unknown = true
			continue
		}
		b.chunked = chunked
	}
}

// judge judges them together, and by the method and the version.
func (b *bodyFields) judge(v *Verdict, m *http1.Message) {
	older := string(http1.TrimSpace(m.Version))
	switch {
	case (older == "" || older == "HTTP/0.9" || older == "HTTP/1.0") && b.encodings > 0:
		v.raise(Ambiguous, "UndefinedTransferEncodingSemantics")
		return
	case (older == "" || older == "HTTP/0.9") && b.lengths > 0:
		v.raise(Ambiguous, "UndefinedContentLengthSemantics")
		return
	}
	// In this order the reasons of a request with several are AWS's.
	if b.unknown {
		v.raise(Severe, "BadTransferEncoding")
	}
	if b.twice {
		v.raise(Severe, "MultipleTransferEncodingChunked")
	}
	if b.noNumber {
		v.raise(Severe, "BadContentLength")
	}
	if b.differ {
		v.raise(Severe, "MultipleContentLength")
	}
	if b.same {
		v.raise(Ambiguous, "DuplicateContentLength")
	}
	if method := string(m.Method); method == "GET" || method == "HEAD" {
		if b.encodings > 0 {
			v.raise(Ambiguous, "UndefinedTransferEncodingSemantics")
		}
		if b.valued && b.value == 0 {
			v.raise(Acceptable, "GetHeadZeroContentLength")
		} else if b.valued {
			v.raise(Ambiguous, "UndefinedContentLengthSemantics")
		}
	}
	if b.valued && b.encodings > 0 {
		v.raise(Ambiguous, "BothTeClPresent")
	}
}
