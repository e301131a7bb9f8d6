package progress

// NewAt is NewProgress with a clock, and without a ticker.
var NewAt = newAt

// Redraw draws as each tick does.
func (p *Progress) Redraw() { p.live.Redraw() }
