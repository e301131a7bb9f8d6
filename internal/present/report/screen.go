package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// screen keeps a block of lines at the end of a terminal's output, redrawn in
// place, with finished lines scrolling away above it. Between two calls the
// cursor stands at the beginning of the line below the block. Each call is a
// single write, so that no half-drawn block is ever seen or left behind.
type screen struct {
	out  io.Writer
	size func() (width, height int)

	hidden bool  // the cursor
	widths []int // of the lines of the block that is on the screen
}

// newScreen is one that is written to out.
func newScreen(out io.Writer, size func() (width, height int)) *screen {
	return &screen{out: out, size: size}
}

// draw replaces the block, after writing the finished lines above it. What is
// too wide or too high for the terminal is cut off: a wrapped line or a block
// that scrolled out of reach couldn't be redrawn.
func (s *screen) draw(finished, block []string) {
	width, height := s.size()
	var frame strings.Builder
	if !s.hidden {
		s.hidden = true
		frame.WriteString(ansi.HideCursor)
	}
	s.home(&frame, width)
	// One column less than there are: after a line in the last column,
	// terminals differ in where erasing starts.
	room := max(width-1, 1)
	for _, line := range finished {
		frame.WriteString(fit(line, room) + ansi.EraseLineRight + "\n")
	}
	s.widths = s.widths[:0]
	for _, line := range clip(block, max(height-1, 1)) {
		line = fit(line, room)
		s.widths = append(s.widths, ansi.StringWidth(line))
		frame.WriteString(line + ansi.EraseLineRight + "\n")
	}
	frame.WriteString(ansi.EraseScreenBelow)
	s.write(frame.String())
}

// leave gives the cursor back. The block stays.
func (s *screen) leave() {
	if s.hidden {
		s.hidden = false
		s.widths = nil
		s.write(ansi.ShowCursor)
	}
}

// home moves the cursor to the block's first line. In a window made narrower
// since, its lines take more rows than they did.
func (s *screen) home(frame *strings.Builder, width int) {
	rows := 0
	for _, w := range s.widths {
		rows += max((w+width-1)/width, 1)
	}
	if rows > 0 {
		frame.WriteString("\r" + ansi.CursorUp(rows))
	}
}

func (s *screen) write(frame string) {
	_, _ = io.WriteString(s.out, frame) // nobody is left to tell when the terminal is gone
}

// clip cuts off lines beyond the first n, and says so in the last one.
func clip(block []string, n int) []string {
	if len(block) <= n {
		return block
	}
	return append(block[:n-1:n-1], more(len(block)-n+1))
}

func more(n int) string { return fmt.Sprintf("%s%s and %d more", gap, ellipsis, n) }
