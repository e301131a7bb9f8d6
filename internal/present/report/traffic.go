package report

import (
	"math"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/traffic"
)

// showTraffic draws what users saw: a bar a minute, and the number of the last minute that had requests.
func showTraffic(s terminal.Streams, st terminal.Styles, t *traffic.Traffic) {
	if t == nil {
		return
	}
	last := len(t.Requests) - 1
	for last >= 0 && t.Requests[last] == 0 {
		last--
	}
	if last < 0 {
		terminal.Lines(s.Out, "")
		s.Table([]string{label(st, "requests"), "none in the last " + terminal.Plural(len(t.Requests), "minute")})
		return
	}
	count := func(series []float64) string { return terminal.Thousands(int(series[last])) + " a minute" }
	errors := []string{label(st, "errors"), sparkline(t.Errors), count(t.Errors)}
	if t.Errors[last] > 0 {
		errors[1], errors[2] = st.Bad.Render(errors[1]), st.Bad.Render(errors[2])
	}
	terminal.Lines(s.Out, "")
	s.Table([]string{label(st, "requests"), sparkline(t.Requests), count(t.Requests)}, errors,
		[]string{label(st, "95% within"), sparkline(t.P95), milliseconds(t.P95[last])})
}

// eighths are bars of one to eight eighths of a line's height.
const eighths = "▁▂▃▄▅▆▇█"

// sparkline draws a bar for each value, the highest of which fills the line: nothing is a dot, and whatever is more than
// nothing a bar.
func sparkline(values []float64) string {
	peak := 0.0
	for _, v := range values {
		peak = math.Max(peak, v)
	}
	bars := []rune(eighths)
	var drawn strings.Builder
	for _, v := range values {
		if v <= 0 {
			drawn.WriteString("·")
			continue
		}
		drawn.WriteRune(bars[max(int(math.Ceil(v/peak*float64(len(bars))))-1, 0)])
	}
	return drawn.String()
}

// milliseconds writes a time in seconds: 12 ms, 1.5 s.
func milliseconds(seconds float64) string {
	if seconds < 1 {
		return terminal.Thousands(int(math.Ceil(seconds*1000))) + " ms"
	}
	return terminal.Seconds(seconds)
}
