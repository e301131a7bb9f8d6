package terminal

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What comes from elsewhere, such as a tag or an error of AWS's, can hold characters that a terminal obeys, that end a line,
// or that turn the order of what stands beside them. They are shown, as `\x1b`, `\u009b`, `\n` or `\u202e`, and never sent.
//
// OneLine and Printable show them where a text is put among ours. Guard is the last one to look, at all that a command
// writes: what nobody has escaped before doesn't get past it either, but for line breaks.

// obeyed reports whether a character does something to a terminal, or to the text around it, beside standing there.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// shown is a character as it is shown; a byte that is no character is utf8.RuneError of width 1.
func shown(text string, r rune, width int) string {
	switch {
	case r == utf8.RuneError && width == 1:
		return fmt.Sprintf(`\x%02x`, text[0])
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// escape shows what is obeyed, but for some characters that stay.
func escape(text, stay string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, width := utf8.DecodeRuneInString(text)
		if (obeyed(r) && !strings.ContainsRune(stay, r)) || r == utf8.RuneError && width == 1 {
			out.WriteString(shown(text, r, width))
		} else {
			out.WriteString(text[:width])
		}
		text = text[width:]
	}
	return out.String()
}

// OneLine makes text from elsewhere fit for a line of ours: all that a terminal would obey is shown, line breaks too.
func OneLine(text string) string { return escape(strings.TrimSpace(text), "") }

// Printable is the same of text that has lines of its own: only its line breaks and tabs stay.
func Printable(text string) string {
	return escape(strings.ReplaceAll(text, "\r\n", "\n"), "\n\t")
}

// Sentence is a text of ours on one line, whatever in it is from elsewhere.
func Sentence(text string) string { return strings.Join(strings.Fields(Printable(text)), " ") }

// drawing are the sequences that this program itself sends: colours, and those that redraw lines in place.
var drawing = regexp.MustCompile(`^\x1b\[(?:[0-9;]*m|\?25[hl]|[0-9]*A|0?[JK])`)

// Guard is a writer that shows what a terminal would obey. Where it draws, the sequences by which this program draws pass, and
// so do carriage returns.
func Guard(w io.Writer, draws bool) io.Writer { return &guard{Writer: w, draws: draws} }

type guard struct {
	io.Writer
	draws bool
	begun []byte // of a character whose end comes with the next write
}

// Write implements io.Writer. It reports what it was given as written, or nothing.
func (g *guard) Write(p []byte) (int, error) {
	text := slices.Concat(g.begun, p)
	g.begun = nil
	if cut := unfinished(text); cut < len(text) {
		g.begun, text = bytes.Clone(text[cut:]), text[:cut]
	}
	if _, err := io.WriteString(g.Writer, g.show(string(text))); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (g *guard) show(text string) string {
	if !g.draws {
		return escape(text, "\n\t")
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(text, '\x1b')
		if i < 0 {
			break
		}
		out.WriteString(escape(text[:i], "\n\t\r"))
		sequence := drawing.FindString(text[i:])
		if sequence == "" {
			out.WriteString(`\x1b`)
			text = text[i+1:]
			continue
		}
		out.WriteString(sequence)
		text = text[i+len(sequence):]
	}
	return out.String() + escape(text, "\n\t\r")
}

// unfinished is where the last character begins, if its end is missing.
func unfinished(text []byte) int {
	for i := len(text) - 1; i >= 0 && i >= len(text)-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if utf8.FullRune(text[i:]) {
				return len(text)
			}
			return i
		}
	}
	return len(text)
}
