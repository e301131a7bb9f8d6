package report

import (
	"fmt"
	"io"

	"github.com/charmbracelet/x/ansi"
)

// Streams are where a command writes.
type Streams struct {
	Out, Err io.Writer
	// Terminal says that Err is a terminal, OutTerminal that Out is one.
	Terminal, OutTerminal bool
	// Color allows escape codes on those streams that are terminals. Without
	// it there are none at all, so progress comes as plain lines too.
	Color bool
	// Width is the terminal's width in columns, Height its height in rows.
	// Zero: 80 by 24.
	Width, Height int
	// Size, where there is one, is asked before each redraw, so that a window
	// resized meanwhile is drawn right. Zeros mean that it is not known.
	Size func() (width, height int)
}

// size is the terminal's size at this moment.
func (s Streams) size() (width, height int) {
	width, height = s.Width, s.Height
	if s.Size != nil {
		if w, h := s.Size(); w > 0 && h > 0 {
			width, height = w, h
		}
	}
	if width <= 0 {
		width = 80
	}
	if height <= 0 {
		height = 24
	}
	return width, height
}

// outStyles and errStyles are the palette as far as each stream can show it.
func (s Streams) outStyles() styles { return newStyles(s.liveOut()) }
func (s Streams) errStyles() styles { return newStyles(s.liveErr()) }

// liveErr and liveOut say whether what is written can be redrawn in place.
func (s Streams) liveErr() bool { return s.Color && s.Terminal }
func (s Streams) liveOut() bool { return s.Color && s.OutTerminal }

// Restore gives the terminal's cursor back, for a process that ends at once,
// without the Stop of its Progress or Watch.
func (s Streams) Restore() {
	if s.liveErr() {
		fmt.Fprint(s.Err, ansi.ShowCursor)
	}
	if s.liveOut() {
		fmt.Fprint(s.Out, ansi.ShowCursor)
	}
}

// lines writes each string as a line.
func lines(w io.Writer, all ...string) {
	for _, line := range all {
		fmt.Fprintln(w, line)
	}
}
