package terminal

import (
	"bytes"
	"fmt"
	"io"

	"github.com/charmbracelet/x/ansi"
)

// Streams are where a command writes.
type Streams struct {
	Out, Err io.Writer
	// Terminal says that Err is a terminal that can redraw what it shows,
	// OutTerminal that Out is one.
	Terminal, OutTerminal bool
	// Color allows colours on those streams that are terminals.
	Color bool
	// Full says that nothing is summed up that is too long for the terminal.
	// Elsewhere nothing ever is.
	Full bool
	// Flags are those that say which platform is meant, such as "--config eu.yaml": a command
	// that a hint names needs them, too. "" for none.
	Flags string
	// Width is the terminal's width in columns, Height its height in rows.
	// Zero: 80 by 24.
	Width, Height int
	// Size, where there is one, is asked before each redraw, so that a window
	// resized meanwhile is drawn right. Zeros mean that it is not known.
	Size func() (width, height int)
}

// WindowSize is the terminal's size at this moment.
func (s Streams) WindowSize() (width, height int) {
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

// LineWidth is how wide the lines on Out may be; 0: as wide as they like.
func (s Streams) LineWidth() int {
	if !s.OutTerminal {
		return 0
	}
	width, _ := s.WindowSize()
	return width
}

// OutStyles and errStyles are the palette as far as each stream can show it.
func (s Streams) OutStyles() Styles { return NewStyles(s.Color && s.OutTerminal) }
func (s Streams) errStyles() Styles { return NewStyles(s.Color && s.Terminal) }

// OnErr are the streams with everything on standard error.
func (s Streams) OnErr() Streams {
	s.Out, s.OutTerminal = s.Err, s.Terminal
	return s
}

// ShowCursor gives the terminal's cursor back, for a process that ends at once,
// without the Stop of its Progress or Watch.
func (s Streams) ShowCursor() {
	if s.Terminal {
		fmt.Fprint(s.Err, ansi.ShowCursor)
	}
	if s.OutTerminal {
		fmt.Fprint(s.Out, ansi.ShowCursor)
	}
}

// Lines writes each string as a line.
func Lines(w io.Writer, all ...string) {
	for _, line := range all {
		fmt.Fprintln(w, line)
	}
}

// Text writes sentences, each folded to the width.
func (s Streams) Text(all ...string) {
	for _, sentence := range all {
		Lines(s.Out, Hang(sentence, s.LineWidth())...)
	}
}

// Table writes rows of cells that line up.
func (s Streams) Table(rows ...[]string) { Lines(s.Out, Columns(rows, s.LineWidth())...) }

// Done writes that something was done, in a sentence.
func (s Streams) Done(text string) {
	s.Text(s.OutStyles().Good.Render(SymbolGood) + " " + Sentence(text))
}

// Nothing writes that there was nothing to do, in a sentence.
func (s Streams) Nothing(text string) {
	s.Text(s.OutStyles().Muted.Render(SymbolPaused) + " " + Sentence(text))
}

// Warn writes to Err what should be known, and stopped nothing.
func (s Streams) Warn(text string) {
	s.OnErr().Text(s.errStyles().Caution.Render(SymbolWarning) + " " + Sentence(text))
}

// Fitting writes to Out what the first of its forms writes: whole where it is no terminal, where
// everything is wanted, or where it is not higher than the window; else summed up by the next form that
// fits, or by the last one, with a hint at how to see it all. The command and the next prompt are in
// the window, too; beneath says how many lines more will be.
func (s Streams) Fitting(hint string, beneath int, whole func(Streams), brief ...func(Streams)) {
	var text bytes.Buffer
	to := s
	to.Out = &text
	whole(to)
	long := bytes.Clone(text.Bytes())
	_, height := s.WindowSize()
	fits := func() bool {
		return !s.OutTerminal || s.Full || bytes.Count(text.Bytes(), []byte("\n")) <= height-2-beneath
	}
	for i := 0; i < len(brief) && !fits(); i++ {
		text.Reset()
		brief[i](to)
		if !bytes.Equal(long, text.Bytes()) {
			to.Text(s.OutStyles().Muted.Render(hint))
		}
	}
	_, _ = s.Out.Write(text.Bytes()) // as of each line: nobody is left to tell
}
