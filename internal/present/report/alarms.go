package report

import (
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Alarm is an alarm of the platform.
type Alarm struct {
	Name string `json:"name"`
	// State is CloudWatch's: OK, ALARM or INSUFFICIENT_DATA.
	State string `json:"state"`
	// Reason is why it is in the state, in CloudWatch's words.
	Reason string `json:"reason"`
	// Since is when it came into the state, in RFC 3339.
	Since string `json:"since"`
}

// The states of alarms.
const (
	alarmOK      = "OK"
	alarmRinging = "ALARM"
)

// showAlarms writes how many alarms there are, and those that ring.
func showAlarms(s terminal.Streams, st terminal.Styles, alarms []Alarm) {
	if len(alarms) == 0 {
		return
	}
	var ringing [][]string
	waiting := 0
	for _, alarm := range alarms {
		switch alarm.State {
		case alarmOK:
		case alarmRinging:
			since := alarm.Since
			if at, err := time.Parse(time.RFC3339, alarm.Since); err == nil {
				since = at.Local().Format(time.TimeOnly)
			}
			ringing = append(ringing, []string{st.Bad.Render(terminal.SymbolBad + " " + terminal.OneLine(alarm.Name)), "since " + since, terminal.OneLine(alarm.Reason)})
		default:
			waiting++
		}
	}
	text := terminal.Plural(len(alarms), "alarm")
	switch {
	case len(ringing) == 0 && waiting == 0:
		text += ", all quiet"
	case len(ringing) == 0:
		text += fmt.Sprintf(", none rings; %d without data so far", waiting)
	default:
		text += fmt.Sprintf(", of which %d rings:", len(ringing))
		if len(ringing) > 1 {
			text = fmt.Sprintf("%s, of which %d ring:", terminal.Plural(len(alarms), "alarm"), len(ringing))
		}
	}
	s.Text("", text)
	if len(ringing) > 0 {
		s.Table(ringing...)
	}
}
