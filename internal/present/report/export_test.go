package report

// NewProgressAt is NewProgress with a clock, and without a ticker.
var NewProgressAt = newProgress

// Redraw draws as each tick does.
func (p *Progress) Redraw() { p.live.Redraw() }
