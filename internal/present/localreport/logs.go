package localreport

import (
	"fmt"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Logs is the document of `local logs`.
type Logs struct {
	Calls terminal.List[Call] `json:"calls"` // the oldest first
}

// Call is an API call that the local cloud has answered.
type Call struct {
	Time      time.Time `json:"time"`
	Service   string    `json:"service"` // AWS's signing name
	Operation string    `json:"operation"`
	Region    string    `json:"region"`
	// Resource is the ID or name of what the call was about; "" where it was about none.
	Resource string `json:"resource,omitempty"`
	Code     string `json:"code,omitempty"` // AWS's error code; "" where it succeeded
	Status   int    `json:"status"`         // HTTP status; 0 where no answer was sent
	// Fault is what was injected into the call; "" where nothing was.
	Fault   string  `json:"fault,omitempty"`
	Seconds float64 `json:"duration_seconds"`
}

// wideCall is how wide a terminal is that shows all columns of a call.
const wideCall = 132

// Show writes a call as a line, with the time of day as it was given. Lines stand in columns, and each is written at
// once, so that calls can be followed.
func (call Call) Show(s terminal.Streams) error {
	st := s.OutStyles()
	symbol, outcome := terminal.SymbolGood, st.Good
	text := "ok"
	switch {
	case call.Code != "":
		symbol, outcome, text = terminal.SymbolWarning, st.Caution, terminal.OneLine(call.Code)
		if call.Status >= 500 {
			symbol, outcome = terminal.SymbolBad, st.Bad
		}
	case call.Status == 0:
		symbol, outcome, text = terminal.SymbolBad, st.Bad, "no answer"
	}
	if call.Fault != "" {
		text += " (" + call.Fault + ")"
	}
	const timeOfDay = "15:04:05.000"
	if width := s.LineWidth(); width > 0 && width < wideCall {
		refusal := ""
		if text != "ok" {
			refusal = outcome.Render(text)
		}
		line := strings.Join(terminal.NotEmpty(st.Muted.Render(call.Time.Format(time.TimeOnly)), fmt.Sprintf("%6s", milliseconds(call.Seconds)),
			outcome.Render(symbol)+" "+st.Strong.Render(terminal.OneLine(call.Operation)), refusal,
			terminal.ShortID(terminal.OneLine(call.Resource))), terminal.Gap)
		if _, err := fmt.Fprintln(s.Out, terminal.Fit(line, width-1)); err != nil {
			return fmt.Errorf("write the log of calls: %w", err)
		}
		return nil
	}
	line := fmt.Sprintf("%s  %6s  %-20s  %s  %-44s  %s", st.Muted.Render(call.Time.Format(timeOfDay)), milliseconds(call.Seconds),
		terminal.OneLine(call.Service), st.Strong.Render(fmt.Sprintf("%-32s", terminal.OneLine(call.Operation))), terminal.ShortID(terminal.OneLine(call.Resource)), outcome.Render(text))
	if _, err := fmt.Fprintln(s.Out, strings.TrimRight(line, " ")); err != nil {
		return fmt.Errorf("write the log of calls: %w", err)
	}
	return nil
}

func milliseconds(seconds float64) string {
	if seconds >= 1 {
		return fmt.Sprintf("%.1fs", seconds)
	}
	return fmt.Sprintf("%.0fms", seconds*1000)
}
