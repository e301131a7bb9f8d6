package report

import (
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Version is the document of `version`.
type Version struct {
	Version string `json:"version"`
	// Commit is what the binary was built from, Time when that was made; not there
	// where the build did not record them.
	Commit string `json:"commit,omitempty"`
	Time   string `json:"time,omitempty"`
	// Go is the version of Go that built it.
	Go string `json:"go"`
	// Platform is the operating system and architecture, as "linux/amd64".
	Platform string `json:"platform"`
}

// Show writes the version on one line.
func (doc Version) Show(s terminal.Streams) {
	details := terminal.NotEmpty(doc.Commit, doc.Time, doc.Go, doc.Platform)
	line := "platformctl " + doc.Version
	if len(details) > 0 {
		line += s.OutStyles().Muted.Render(" (" + strings.Join(details, ", ") + ")")
	}
	s.Text(line)
}
