package runbook

import "strings"

// width is how long a line of the documents may be.
const width = 119

// folded breaks the lines of text and lists that are too long for the documents. Tables and commands stay.
func folded(markdown string) string {
	var b strings.Builder
	fenced := false
	for line := range strings.Lines(markdown) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced || strings.HasPrefix(line, "|") {
			b.WriteString(line)
			continue
		}
		indent := ""
		if strings.HasPrefix(line, "- ") {
			indent = "  "
		}
		column := 0
		for i, word := range strings.Fields(line) {
			switch length := len([]rune(word)); {
			case i == 0:
				column = length
			case column+1+length > width:
				b.WriteString("\n" + indent)
				column = len(indent) + length
			default:
				b.WriteString(" ")
				column += 1 + length
			}
			b.WriteString(word)
		}
		b.WriteString("\n")
	}
	return b.String()
}
