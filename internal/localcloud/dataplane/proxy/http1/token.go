package http1

import "bytes"

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

// HasOption looks for an element of a comma-separated list.
func HasOption(list []byte, lower string) bool {
	for part := range bytes.SplitSeq(list, []byte(",")) {
		if Is(TrimSpace(part), lower) {
			return true
		}
	}
	return false
}

// TrimSpace cuts blanks and tabs off both ends, and nothing else.
func TrimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsToken reports whether b is a token of RFC 9110: what a method or a field's name may be.
func IsToken(b []byte) bool {
	for _, c := range b {
		if !IsTokenChar(c) {
			return false
		}
	}
	return len(b) > 0
}

// IsTokenChar reports whether a token may have this byte.
func IsTokenChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c), c == '-':
		return true
	}
	return bytes.IndexByte([]byte("!#$%&'*+.^_`|~"), c) >= 0
}

func hasControl(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// ValidName is what routing.http.drop_invalid_header_fields.enabled lets through:
// letters, digits and hyphens.
func ValidName(b []byte) bool {
	for _, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '-') {
			return false
		}
	}
	return true
}
