package terminal

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// The symbols of things and of what is done to them.
const (
	SymbolGood    = "✓"
	SymbolBad     = "✗"
	SymbolPaused  = "–"
	SymbolWarning = "!"
	SymbolCreate  = "+"
	SymbolUpdate  = "~"
	SymbolReplace = "±"
	SymbolDelete  = "-"
	spinner       = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
	SymbolWait    = "·"
	Bar           = "█"
	Track         = "░"
	Ellipsis      = "…"
)

// Styles is the palette, named by meaning. The colours are the terminal's own
// sixteen, which its user has chosen to be readable.
type Styles struct {
	Good, Caution, Bad lipgloss.Style
	Strong             lipgloss.Style // what to see first
	Muted              lipgloss.Style // what can be overlooked
	Accent             lipgloss.Style // what moves, or is to be clicked
}

// NewStyles is the palette, with colours or without.
func NewStyles(color bool) Styles {
	// The renderer never writes to its output, and with the profile set it
	// never asks the terminal either.
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	if color {
		renderer.SetColorProfile(termenv.ANSI)
	}
	foreground := func(color string) lipgloss.Style { return renderer.NewStyle().Foreground(lipgloss.Color(color)) }
	return Styles{
		Good:    foreground("2"),
		Caution: foreground("3"),
		Bad:     foreground("1"),
		Accent:  foreground("6"),
		Strong:  renderer.NewStyle().Bold(true),
		Muted:   renderer.NewStyle().Faint(true),
	}
}
