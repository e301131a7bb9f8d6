package report

import "github.com/platformctl/platformctl/internal/present/terminal"

// showKept writes what is kept as found.
func showKept(s terminal.Streams, st terminal.Styles, doc Status, brief bool) {
	var kept likes
	for _, r := range doc.Resources {
		if len(r.Kept) > 0 {
			kept.add(r.Key, r.Kept, detailOf(brief))
		}
	}
	rows := kept.rows(st.Muted.Render(terminal.SymbolPaused))
	if len(rows) == 0 {
		return
	}
	s.Text("", "Kept as found: up leaves it as it is")
	if brief {
		showMost(s, rows)
	} else {
		s.Table(rows...)
	}
}

// showProtected writes what is protected, by the configuration and by AWS.
func showProtected(s terminal.Streams, st terminal.Styles, doc Status, brief bool) {
	if doc.Protect {
		s.Text("", "Protected (protect: true): down, replacing changes and another name need --unprotect")
	}
	var protected likes
	for _, r := range doc.Resources {
		if len(r.Protected) > 0 {
			protected.add(r.Key, r.Protected, detailOf(brief))
		}
	}
	rows := protected.rows(st.Muted.Render(terminal.SymbolPaused))
	if len(rows) == 0 {
		return
	}
	s.Text("", "Protected: AWS refuses to end it")
	if brief {
		showMost(s, rows)
	} else {
		s.Table(rows...)
	}
}
