package config

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// mark is the byte order mark that a file in UTF-8 may begin with.
const mark = "\ufeff"

// decodeText is a file's text without its byte order mark. Where it isn't in UTF-8, wrong says which encoding it seems
// to have, worded to follow the file's name.
func decodeText(data []byte) (text []byte, wrong string) {
	const next = "; save it as UTF-8"
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe, 0, 0}):
		return nil, "is in UTF-32 (little endian)" + next
	case bytes.HasPrefix(data, []byte{0, 0, 0xfe, 0xff}):
		return nil, "is in UTF-32 (big endian)" + next
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return nil, "is in UTF-16 (little endian), which PowerShell's > writes" + next
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return nil, "is in UTF-16 (big endian)" + next
	}
	// Without a mark: YAML begins with a character of ASCII, whose other half is zero.
	if nul := bytes.IndexByte(data, 0); nul >= 0 {
		switch {
		case len(data) > 3 && nul == 0 && data[1] == 0:
			return nil, "seems to be in UTF-32 (big endian)" + next
		case len(data) > 3 && nul == 1 && data[2] == 0:
			return nil, "seems to be in UTF-32 (little endian)" + next
		case nul == 0 && len(data) > 1:
			return nil, "seems to be in UTF-16 (big endian)" + next
		case nul == 1:
			return nil, "seems to be in UTF-16 (little endian)" + next
		}
		return nil, fmt.Sprintf("is not text: it has a zero byte on line %d", lineOf(data, nul))
	}
	if at := notUTF8(data); at >= 0 {
		return nil, fmt.Sprintf("is not UTF-8: byte 0x%02x on line %d, as in ISO 8859-1 (Latin-1) or Windows-1252%s", data[at], lineOf(data, at), next)
	}
	return bytes.TrimPrefix(data, []byte(mark)), ""
}

// notUTF8 is where text stops being UTF-8; -1 where it doesn't.
func notUTF8(data []byte) int {
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// lineOf is the line of a byte, counted from 1.
func lineOf(data []byte, at int) int { return 1 + bytes.Count(data[:at], []byte("\n")) }
