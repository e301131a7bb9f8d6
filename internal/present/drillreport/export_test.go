package drillreport

// NewLiveAt is NewLive with a clock, and without a ticker.
var NewLiveAt = newLiveAt

// Redraw draws as each tick does.
func (w *Live) Redraw() { w.live.Redraw() }
