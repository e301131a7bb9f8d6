package report

import (
	"fmt"
	"io"
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
func (s Streams) outStyles() styles { return newStyles(s.Color && s.OutTerminal) }
func (s Streams) errStyles() styles { return newStyles(s.Color && s.Terminal) }

// lines writes each string as a line.
func lines(w io.Writer, all ...string) {
	for _, line := range all {
		fmt.Fprintln(w, line)
	}
}
