package report

import (
	"fmt"
	"strings"
	"time"
)

// LocalLogs is the document of `local logs`.
type LocalLogs struct {
	Calls List[LocalCall] `json:"calls"` // the oldest first
}

// LocalCall is an API call that the local cloud has answered.
type LocalCall struct {
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

// LocalCall writes a call as a line, with the time of day as it was given. Lines stand in columns, and each is written at
// once, so that calls can be followed.
func (s Streams) LocalCall(call LocalCall) error {
	st := s.outStyles()
	outcome := st.good
	text := "ok"
	switch {
	case call.Code != "":
		outcome, text = st.caution, oneLine(call.Code)
		if call.Status >= 500 {
			outcome = st.bad
		}
	case call.Status == 0:
		outcome, text = st.bad, "no answer"
	}
	if call.Fault != "" {
		text += " (" + call.Fault + ")"
	}
	const timeOfDay = "15:04:05.000"
	line := fmt.Sprintf("%s  %6s  %-20s  %s  %-44s  %s", st.muted.Render(call.Time.Format(timeOfDay)), milliseconds(call.Seconds),
		oneLine(call.Service), st.strong.Render(fmt.Sprintf("%-32s", oneLine(call.Operation))), shortARN(oneLine(call.Resource)), outcome.Render(text))
	if _, err := fmt.Fprintln(s.Out, strings.TrimRight(line, " ")); err != nil {
		return fmt.Errorf("write the log of calls: %w", err)
	}
	return nil
}

// shortARN is the part of an ARN after the account, which says what it is; anything else
// as it is.
func shortARN(resource string) string {
	if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return resource
}

func milliseconds(seconds float64) string {
	if seconds >= 1 {
		return fmt.Sprintf("%.1fs", seconds)
	}
	return fmt.Sprintf("%.0fms", seconds*1000)
}
