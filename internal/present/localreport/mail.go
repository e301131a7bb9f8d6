package localreport

import (
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Mails is the document of `local mail`.
type Mails struct {
	Mails terminal.List[Mail] `json:"mails"` // the oldest first
}

// Mail is an e-mail that the local cloud has sent.
type Mail struct {
	Number  int       `json:"number"` // from 1 on
	Sent    time.Time `json:"sent"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Confirm string    `json:"confirm,omitempty"` // the address that confirms a subscription
}

// List writes a line an e-mail.
func (m Mails) List(s terminal.Streams) {
	if len(m.Mails) == 0 {
		s.Nothing("No e-mail has been sent.")
		return
	}
	st := s.OutStyles()
	var rows [][]string
	for _, one := range m.Mails {
		rows = append(rows, []string{st.Muted.Render(strconv.Itoa(one.Number)), one.Sent.Local().Format(time.DateTime), terminal.OneLine(one.To), st.Strong.Render(terminal.OneLine(one.Subject))})
	}
	s.Table(rows...)
}

// Show writes the whole of an e-mail.
func (m Mail) Show(s terminal.Streams) {
	st := s.OutStyles()
	lines := []string{}
	for _, field := range [][2]string{{"To", m.To}, {"Sent", m.Sent.Local().Format(time.DateTime)}, {"Subject", m.Subject}} {
		lines = append(lines, st.Muted.Render(field[0]+":")+" "+terminal.OneLine(field[1]))
	}
	lines = append(lines, "")
	for line := range strings.SplitSeq(strings.TrimRight(m.Text, "\n"), "\n") {
		lines = append(lines, terminal.OneLine(line))
	}
	terminal.Lines(s.Out, lines...)
}
