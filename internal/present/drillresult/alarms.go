package drillresult

import "github.com/platformctl/platformctl/internal/present/terminal"

// ExpectedAlarms says which alarms the fault raises for certain, a line for each.
func (d Drill) ExpectedAlarms() (lines []string) {
	for _, alarm := range d.Alarms {
		if alarm.Predicted != nil {
			lines = append(lines, "alarm "+terminal.OneLine(alarm.Name)+" raised "+Span(*alarm.Predicted)+" after the fault")
		}
	}
	return lines
}

// Rang says which alarms were raised and when they told, a sentence for each.
func (d Drill) Rang() (sentences []string) {
	for _, alarm := range d.Alarms {
		if alarm.Raised == nil {
			continue
		}
		text := "The alarm " + terminal.OneLine(alarm.Name)
		if alarm.Predicted == nil {
			text += ", which wasn't certain,"
		}
		text += " was raised " + terminal.Seconds(*alarm.Raised) + " after the fault"
		switch {
		case alarm.Notified != nil:
			text += "; its message went out " + terminal.Seconds(*alarm.Notified) + " after it."
		case alarm.Failed != "":
			text += ", and told nobody: " + terminal.OneLine(alarm.Failed) + "."
		default:
			text += "; its message had not gone out when the drill ended."
		}
		sentences = append(sentences, text)
	}
	return sentences
}
