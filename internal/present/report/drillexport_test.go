package report

// NewDrillWatchAt is NewDrillWatch with a clock, and without a ticker.
var NewDrillWatchAt = newDrillWatch

// Redraw draws as each tick does.
func (w *DrillWatch) Redraw() { w.live.Redraw() }
