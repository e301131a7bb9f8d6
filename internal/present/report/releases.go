package report

import (
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Releases is the document of `releases`.
type Releases struct {
	Releases terminal.List[ReleaseLine] `json:"releases"`
	// UnderWay is the release that not all instances serve yet, and By who asked for it; "" for none.
	UnderWay string `json:"under_way,omitempty"`
	By       string `json:"by,omitempty"`
}

// ReleaseLine is a release of the platform's site.
type ReleaseLine struct {
	ID string `json:"id"`
	// Released is when, as RFC 3339 has it.
	Released string `json:"released"`
	Files    int    `json:"files"`
	Bytes    int64  `json:"bytes"`
	// From is the directory that it was made of.
	From string `json:"from"`
	// Current says that it is what is served.
	Current bool `json:"current"`
}

// Show writes a table of the releases, as old as they are now, the newest last.
func (doc Releases) Show(s terminal.Streams, now time.Time) {
	st := s.OutStyles()
	if len(doc.Releases) == 0 {
		s.Nothing("nothing was released yet")
		return
	}
	rows := [][]string{{st.Muted.Render("release"), st.Muted.Render("age"), st.Muted.Render("files"), st.Muted.Render("size"), st.Muted.Render("from"), ""}}
	for _, r := range doc.Releases {
		current := ""
		if r.Current {
			current = st.Good.Render(terminal.SymbolGood + " serves")
		}
		rows = append(rows, []string{st.Strong.Render(r.ID), age(r.Released, now), fmt.Sprint(r.Files), size(r.Bytes), terminal.OneLine(r.From), current})
	}
	s.Table(rows...)
	if doc.UnderWay != "" {
		s.Text("", st.Caution.Render(terminal.SymbolWarning)+" release "+doc.UnderWay+" is under way, by "+terminal.OneLine(doc.By))
	}
}

// size is a number of bytes for people, in thousands.
func size(bytes int64) string {
	unit, amount := "B", float64(bytes)
	for _, larger := range []string{"kB", "MB", "GB"} {
		if amount < 999.5 {
			break
		}
		unit, amount = larger, amount/1000
	}
	if unit == "B" || amount >= 99.95 {
		return fmt.Sprintf("%.0f %s", amount, unit)
	}
	return fmt.Sprintf("%.1f %s", amount, unit)
}
