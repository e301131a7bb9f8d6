// Package desync says how dangerous a request is: whether two servers in a row may see its end, or its fields,
// differently, so that one user's bytes become another's request (HTTP desync, request smuggling). The tiers and the
// reasons are those that a load balancer of AWS's tells by.
//
// Sources: docs "Edit attributes for your Application Load Balancer", desync mitigation mode; the README of AWS's
// http-desync-guardian, classification reasons. What the tables there leave open is decided as its tests have it.
//
// What becomes of a request is package proxy's, and so is where its body ends: see Mode.
package desync

import "github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"

// Tier is how dangerous a request is.
type Tier int

// The tiers, the least dangerous first.
const (
	Compliant  Tier = iota // with the standards
	Acceptable             // against them, and harmless
	Ambiguous              // servers may differ over it
	Severe                 // malformed, or made to deceive
)

// String is AWS's word for the tier.
func (t Tier) String() string {
	return [...]string{"Compliant", "Acceptable", "Ambiguous", "Severe"}[t]
}

// Verdict is the tier of a request, and why. Reason is a word of AWS's, such as BothTeClPresent.
type Verdict struct {
	Tier   Tier
	Reason string
}

// Mode is what routing.http.desync_mitigation_mode says: monitor, defensive or strictest. Anything else is defensive.
type Mode string

// Refuses reports whether such a request is answered with 400, and its connection closed.
func (m Mode) Refuses(t Tier) bool {
	switch m {
	case "monitor":
		return false
	case "strictest":
		return t > Compliant
	}
	return t == Severe
}

// Closes reports whether such a request goes on to a target, and ends both connections that it came over.
func (m Mode) Closes(t Tier) bool { return m != "monitor" && t == Ambiguous }

// raise keeps the first of the worst.
func (v *Verdict) raise(tier Tier, reason string) {
	if tier > v.Tier {
		*v = Verdict{tier, reason}
	}
}

// Classify judges the head of a request.
func Classify(m *http1.Message) Verdict {
	v := Verdict{Reason: "Compliant"}
	b := bodyFields{}
	for _, f := range m.Fields {
		b.field(&v, f)
	}
	if m.Folded {
		v.raise(Ambiguous, "MultilineHeader")
	}
	if m.NoColon {
		v.raise(Ambiguous, "MissingHeaderColon")
	}
	if b.lengths+b.encodings > 0 {
		b.judge(&v, m)
	}
	if !http1.IsToken(m.Method) {
		v.raise(Severe, "BadMethod")
	}
	version(&v, m.Version)
	target(&v, m)
	return v
}

func version(v *Verdict, version []byte) {
	trimmed := string(http1.TrimSpace(version))
	switch {
	case trimmed == "", trimmed == "HTTP/0.9":
		v.raise(Acceptable, "NonCompliantVersion")
	case len(trimmed) != len("HTTP/1.1") || trimmed[:7] != "HTTP/1." || trimmed[7] < '0' || trimmed[7] > '9':
		v.raise(Severe, "BadVersion")
	case len(trimmed) != len(version) || trimmed[7] > '1':
		v.raise(Acceptable, "NonCompliantVersion")
	}
}

func target(v *Verdict, m *http1.Message) {
	for _, c := range m.Target {
		switch {
		case c > ' ' && c != 0x7f:
		case bad(c):
			v.raise(Severe, "BadUri")
		case c == ' ':
			v.raise(Acceptable, "SpaceInUri")
		case len(m.Version) == 0:
			v.raise(Severe, "BadUri") // to a server that takes a tab for a blank, this line has a version
		default:
			v.raise(Ambiguous, "AmbiguousUri")
		}
	}
}

// bad reports a byte that ends a line, or a string, for somebody.
func bad(c byte) bool { return c == '\r' || c == '\n' || c == 0 }

// rank is the tier of a name or a value by its bytes alone.
func rank(b []byte, allowed func(byte) bool) Tier {
	tier := Compliant
	for _, c := range b {
		if allowed(c) {
			continue
		}
		if bad(c) {
			return Severe
		}
		tier = Acceptable
	}
	return tier
}

func inValue(c byte) bool { return c >= ' ' && c != 0x7f || c == '\t' }

// field judges one field, and keeps it if it says where the body ends, or looks as if it did.
func (b *bodyFields) field(v *Verdict, f http1.Field) {
	tier := max(rank(f.Name, http1.IsTokenChar), rank(f.Value, inValue))
	switch tier {
	case Severe:
		v.raise(Severe, "BadHeader")
	case Acceptable:
		v.raise(Acceptable, "NonCompliantHeader")
	}
	if name := http1.TrimSpace(f.Name); len(name) == 0 || name[0] == ':' {
		v.raise(Ambiguous, "EmptyHeader")
		return
	}
	encoding := resembles(f.Name, "transfer", "encoding")
	if !encoding && !resembles(f.Name, "content", "length") {
		return
	}
	if !http1.Is(f.Name, "transfer-encoding") && !http1.Is(f.Name, "content-length") {
		if tier == Severe {
			return
		}
		v.raise(Ambiguous, "SuspiciousHeader")
	}
	if encoding {
		b.encoding(f.Value)
		return
	}
	b.length(f.Value)
}

// resembles reports whether some server may take a name for the one of these two words: whatever the case, with other
// bytes than letters and digits around them and between them, blanks and control characters within them, and the two
// letters beyond ASCII that become S and I in upper case.
func resembles(name []byte, first, second string) bool {
	if len(name) < len(first)+len(second)+1 {
		return false
	}
	rest, ok := word(skipOthers(name), first)
	if !ok {
		return false
	}
	between := skipOthers(rest)
	if len(between) == len(rest) {
		return false
	}
	rest, ok = word(between, second)
	return ok && len(skipOthers(rest)) == 0
}

// skipOthers cuts off what is no letter or digit, but for the two letters.
func skipOthers(b []byte) []byte {
	for len(b) > 0 && !alphanumeric(b[0]) && !startsWith(b, longS) && !startsWith(b, dotlessI) {
		b = b[1:]
	}
	return b
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// word cuts a word off, in lower case, and the blanks and control characters in it.
func word(b []byte, lower string) (rest []byte, ok bool) {
	for i := range len(lower) {
		for i > 0 && len(b) > 0 && b[0] <= ' ' {
			b = b[1:]
		}
		switch {
		case len(b) > 0 && b[0]|0x20 == lower[i] && alphanumeric(b[0]):
			b = b[1:]
		case lower[i] == 's' && startsWith(b, longS), lower[i] == 'i' && startsWith(b, dotlessI):
			b = b[2:]
		default:
			return nil, false
		}
	}
	return b, true
}
