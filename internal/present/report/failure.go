package report

import (
	"strings"

	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
)

// Failure is the document of a command that failed.
type Failure struct {
	Error FailureDetail `json:"error"`
}

// FailureDetail is what failed.
type FailureDetail struct {
	// Code is short and stable, for scripts.
	Code    string `json:"code"`
	Message string `json:"message"`
	// Hint is what to do next.
	Hint string `json:"hint"`
	// Resource is the key of the object that it is about; empty: none.
	Resource string `json:"resource"`
	// Blockers are what AWS would refuse a deletion for.
	Blockers []Blocker `json:"blockers,omitempty"`
	// DNSRecords are to be made before the certificate is issued.
	DNSRecords []dns.Needed `json:"dns_records,omitempty"`
}

// Blocker is one thing that isn't the platform's, or one of its own that is protected.
type Blocker struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
	// Owner is a platform, a service of AWS, or an account.
	Owner string `json:"owner"`
	Note  string `json:"note"`
	// Protection keeps an object of the platform's own from being deleted or stopped; Lift
	// is the command that ends it, or that puts back the tag that an object of its own has lost.
	Protection string `json:"protection,omitempty"`
	Lift       string `json:"lift,omitempty"`
}

// BlockersOf are blockers as documents have them.
func BlockersOf(blockers []resource.Blocker) []Blocker {
	documents := make([]Blocker, 0, len(blockers))
	for _, b := range blockers {
		document := Blocker{Type: b.Type, ID: b.ID, Name: b.Name, Owner: b.Owner(), Note: b.Note(), Protection: b.Protection, Lift: b.Lift}
		if b.Protection != "" || b.Untagged() {
			document.Owner = "this platform"
		}
		documents = append(documents, document)
	}
	return documents
}

// showBlockers writes why up would not begin, and what to do about it.
func showBlockers(s terminal.Streams, st terminal.Styles, blockers []Blocker) {
	if len(blockers) == 0 {
		return
	}
	s.Text(st.Caution.Render(terminal.SymbolWarning) + " up would not begin before this is done:")
	for _, line := range (FailureDetail{Blockers: blockers}).lines() {
		// Nothing was to be changed: up was not asked for.
		line = strings.TrimSuffix(strings.TrimSuffix(line, "; nothing was changed"), "; nothing was deleted")
		s.Table([]string{line})
	}
}

// lines are the message, a line each. What AWS would refuse is told from the blockers, since their names and notes can hold
// line breaks.
func (d FailureDetail) lines() []string {
	if len(d.Blockers) == 0 {
		return strings.Split(strings.TrimSpace(terminal.Printable(d.Message)), "\n")
	}
	blocked := &preflight.Blocked{}
	for _, b := range d.Blockers {
		shown := resource.Blocker{Type: terminal.OneLine(b.Type), ID: terminal.OneLine(b.ID), Name: terminal.OneLine(b.Name), Protection: terminal.OneLine(b.Protection), Lift: terminal.OneLine(b.Lift)}
		if b.Protection == "" && b.Lift == "" {
			shown.Requester = terminal.OneLine(b.Owner)
		}
		if b.Note != "" {
			shown.Notes = []string{terminal.OneLine(b.Note)}
		}
		blocked.Blockers = append(blocked.Blockers, shown)
	}
	return strings.Split(blocked.Error(), "\n")
}

// Show writes to Err what failed, with which object, and what to do next.
func (f Failure) Show(s terminal.Streams) {
	s = s.OnErr()
	st := s.OutStyles()
	message := f.Error.lines()
	for _, line := range terminal.Hang(terminal.SymbolBad+" "+message[0], s.LineWidth()) {
		terminal.Lines(s.Out, st.Bad.Render(line))
	}
	for _, line := range message[1:] {
		s.Table([]string{line})
	}
	var rows [][]string
	for _, detail := range []struct{ name, text string }{
		{"object", f.Error.Resource},
		{"code", f.Error.Code},
	} {
		if detail.text != "" {
			rows = append(rows, []string{st.Muted.Render(detail.name), terminal.OneLine(detail.text)})
		}
	}
	name := "next"
	for line := range strings.Lines(strings.TrimSpace(terminal.Printable(f.Error.Hint))) {
		rows = append(rows, []string{st.Muted.Render(name), st.Strong.Render(strings.TrimRight(line, "\n"))})
		name = ""
	}
	s.Table(rows...)
}
