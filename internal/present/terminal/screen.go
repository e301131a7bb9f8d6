package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Screen keeps a block of lines at the end of a terminal's output, redrawn in
// place, with finished lines scrolling away above it. Between two calls the
// cursor stands at the beginning of the line below the block. Each call is a
// single write, so that no half-drawn block is ever seen or left behind.
type Screen struct {
	out  io.Writer
	size func() (width, height int)

	hidden bool  // the cursor
	widths []int // of the lines of the block that is on the screen
}

// NewScreen is one that is written to out.
func NewScreen(out io.Writer, size func() (width, height int)) *Screen {
	return &Screen{out: out, size: size}
}

// Draw replaces the block, after writing the finished lines above it. What is
// too wide or too high for the terminal is cut off: a wrapped line or a block
// that scrolled out of reach couldn't be redrawn.
func (s *Screen) Draw(finished, block []string) {
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
		frame.WriteString(Fit(line, room) + ansi.EraseLineRight + "\n")
	}
	s.widths = s.widths[:0]
	for _, line := range Clip(block, max(height-1, 1)) {
		line = Fit(line, room)
		s.widths = append(s.widths, ansi.StringWidth(line))
		frame.WriteString(line + ansi.EraseLineRight + "\n")
	}
	frame.WriteString(ansi.EraseScreenBelow)
	s.write(frame.String())
}

// Leave gives the cursor back. The block stays.
func (s *Screen) Leave() {
	if s.hidden {
		s.hidden = false
		s.widths = nil
		s.write(ansi.ShowCursor)
	}
}

// home moves the cursor to the block's first line. In a window made narrower
// since, its lines take more rows than they did.
func (s *Screen) home(frame *strings.Builder, width int) {
	rows := 0
	for _, w := range s.widths {
		rows += max((w+width-1)/width, 1)
	}
	if rows > 0 {
		frame.WriteString("\r" + ansi.CursorUp(rows))
	}
}

func (s *Screen) write(frame string) {
	_, _ = io.WriteString(s.out, frame) // nobody is left to tell when the terminal is gone
}

// Clip cuts off lines beyond the first n, and says so in the last one.
func Clip(block []string, n int) []string {
	if len(block) <= n {
		return block
	}
	return append(block[:n-1:n-1], More(len(block)-n+1))
}

// More is the line for n things that are not shown.
func More(n int) string { return fmt.Sprintf("%s%s and %d more", Gap, Ellipsis, n) }
