package report

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// The symbols of things and of what is done to them.
const (
	symbolGood    = "✓"
	symbolBad     = "✗"
	symbolPaused  = "–"
	symbolWarning = "!"
	symbolCreate  = "+"
	symbolUpdate  = "~"
	symbolReplace = "±"
	symbolDelete  = "-"
	spinner       = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
	symbolWait    = "·"
	bar           = "█"
	track         = "░"
	ellipsis      = "…"
)

// styles is the palette, named by meaning. The colours are the terminal's own
// sixteen, which its user has chosen to be readable.
type styles struct {
	good, caution, bad lipgloss.Style
	strong             lipgloss.Style // what to see first
	muted              lipgloss.Style // what can be overlooked
	accent             lipgloss.Style // what moves, or is to be clicked
}

func newStyles(color bool) styles {
	// The renderer never writes to its output, and with the profile set it
	// never asks the terminal either.
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	if color {
		renderer.SetColorProfile(termenv.ANSI)
	}
	foreground := func(color string) lipgloss.Style { return renderer.NewStyle().Foreground(lipgloss.Color(color)) }
	return styles{
		good:    foreground("2"),
		caution: foreground("3"),
		bad:     foreground("1"),
		accent:  foreground("6"),
		strong:  renderer.NewStyle().Bold(true),
		muted:   renderer.NewStyle().Faint(true),
	}
}
