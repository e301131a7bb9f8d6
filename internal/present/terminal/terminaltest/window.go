// Package terminaltest is a terminal for tests, which see on it what a person would see.
package terminaltest

import (
	"fmt"
	"strings"
	"testing"
)

// Window understands as much of what is written to it as package
// terminal writes, and refuses the rest, so that a test sees what a person would see.
type Window struct {
	t             *testing.T
	width, height int
	rows          [][]rune // all that was ever shown; the last height of them are on the screen
	row, Column   int
	Hidden        bool // the cursor
	Writes        int  // calls of Write
	Wrapped       int  // lines that were too wide
}

// New makes an empty one.
func New(t *testing.T, width, height int) *Window {
	return &Window{t: t, width: width, height: height, rows: [][]rune{nil}}
}

// Size is how many columns and rows it has.
func (v *Window) Size() (int, int) { return v.width, v.height }

// Write implements io.Writer.
func (v *Window) Write(p []byte) (int, error) {
	v.Writes++
	text := []rune(string(p))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; r {
		case '\r':
			v.Column = 0
		case '\n':
			v.down()
			v.Column = 0
		case '\x1b':
			end := i + 2
			for end < len(text) && !(text[end] >= '@' && text[end] <= '~') {
				end++
			}
			if text[i+1] != '[' || end >= len(text) {
				v.t.Fatalf("an escape sequence that is cut short: %q", p)
			}
			v.control(string(text[i+2:end]), text[end])
			i = end
		default:
			v.put(r)
		}
	}
	return len(p), nil
}

func (v *Window) control(parameter string, final rune) {
	switch {
	case final == 'm':
	case final == 'h' && parameter == "?25":
		v.Hidden = false
	case final == 'l' && parameter == "?25":
		v.Hidden = true
	case final == 'A':
		n := 0
		for _, digit := range parameter {
			n = 10*n + int(digit-'0')
		}
		v.row = max(v.row-max(n, 1), len(v.rows)-v.height, 0)
	case final == 'K' && parameter == "":
		v.rows[v.row] = v.rows[v.row][:min(v.Column, len(v.rows[v.row]))]
	case final == 'J' && parameter == "":
		v.rows[v.row] = v.rows[v.row][:min(v.Column, len(v.rows[v.row]))]
		for i := v.row + 1; i < len(v.rows); i++ {
			v.rows[i] = nil
		}
	default:
		v.t.Fatalf("unexpected control sequence %q %c", parameter, final)
	}
}

func (v *Window) put(r rune) {
	if v.Column == v.width {
		v.Wrapped++
		v.down()
		v.Column = 0
	}
	for len(v.rows[v.row]) <= v.Column {
		v.rows[v.row] = append(v.rows[v.row], ' ')
	}
	v.rows[v.row][v.Column] = r
	v.Column++
}

func (v *Window) down() {
	v.row++
	if v.row == len(v.rows) {
		v.rows = append(v.rows, nil)
	}
}

// Shrink makes the window narrower, and wraps what is in it as terminals do.
func (v *Window) Shrink(width int) {
	var rows [][]rune
	for i, row := range v.rows {
		if i == v.row {
			v.row = len(rows)
		}
		for len(row) > width {
			rows, row = append(rows, row[:width:width]), row[width:]
		}
		rows = append(rows, row)
	}
	v.rows, v.width = rows, width
}

// Resize makes the window another size, and wraps what is in it as terminals do.
func (v *Window) Resize(width, height int) {
	v.Shrink(width)
	v.height = height
}

// Text is all that was shown and not erased, without the empty rows at its end.
func (v *Window) Text() string {
	var out strings.Builder
	for _, row := range v.rows {
		out.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return strings.TrimRight(out.String(), "\n")
}

// Screen is what is in the window now: the last rows.
func (v *Window) Screen() string {
	var out strings.Builder
	for _, row := range v.rows[max(len(v.rows)-v.height, 0):] {
		out.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return out.String()
}

// Size is a terminal's, in columns and rows.
type Size struct{ Width, Height int }

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Width, s.Height) }

// Sizes are a narrow window, the smallest usual one, and a large one.
func Sizes() []Size { return []Size{{40, 24}, {80, 24}, {80, 50}, {200, 24}, {200, 50}} }
