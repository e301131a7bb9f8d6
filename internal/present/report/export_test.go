package report

// What the tests of the package's outside need of its inside.

// NewDrillWatchAt is NewDrillWatch with a clock, and without a ticker.
var NewDrillWatchAt = newDrillWatch

// Redraw draws as each tick does.
func (w *DrillWatch) Redraw() { w.redraw() }

// NewTerminal makes an empty one.
var NewTerminal = newTerminal

// Text is all that was shown and not erased.
func (v *terminal) Text() string { return v.text() }

// Size is the terminal's.
func (v *terminal) Size() (width, height int) { return v.size() }

// CursorIsHidden and Wrapped are for those who look closely.
func (v *terminal) CursorIsHidden() bool { return v.hidden }

// Wrapped is how many lines were too wide.
func (v *terminal) Wrapped() int { return v.wrapped }

// NewProgressAt is NewProgress with a clock, and without a ticker.
var NewProgressAt = newProgress

// Redraw draws as each tick does.
func (p *Progress) Redraw() { p.redraw() }

// Resize makes the window another size, and wraps what is in it as terminals do.
func (v *terminal) Resize(width, height int) {
	v.shrink(width)
	v.height = height
}

// Screen is what is on the screen now.
func (v *terminal) Screen() string { return v.screen() }
