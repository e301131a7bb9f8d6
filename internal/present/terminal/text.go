package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Gap is what stands between two columns.
const Gap = "  "

// narrowest is the least room for the last cell of a row; with less, it has
// lines of its own below the others.
const narrowest = 24

// Columns lines up the cells of rows, each row indented by a gap. The last
// cell of a row may be as long as it likes; where there is a width, it is
// folded so that the lines fit.
func Columns(rows [][]string, width int) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:max(len(row)-1, 0)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	out := make([]string, 0, len(rows))
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row[:max(len(row)-1, 0)] {
			line.WriteString(Gap + cell + strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)))
		}
		last := ""
		if len(row) > 0 {
			last = row[len(row)-1]
		}
		indent := ansi.StringWidth(line.String()) + len(Gap)
		if width > 0 && last != "" && indent+ansi.StringWidth(last) >= width {
			if len(row) > 1 && width-indent < narrowest {
				if head := strings.TrimRight(line.String(), " "); head != "" {
					out = append(out, head)
				}
				line.Reset()
				indent = 3 * len(Gap)
				line.WriteString(strings.Repeat(" ", indent-len(Gap)))
			}
			for i, part := range fold(last, width-indent) {
				if i > 0 {
					line.WriteString(strings.Repeat(" ", indent-len(Gap)))
				}
				out = append(out, line.String()+Gap+part)
				line.Reset()
			}
			continue
		}
		out = append(out, strings.TrimRight(line.String()+Gap+last, " "))
	}
	return out
}

// fold breaks text between words, so that the lines are narrower than a width:
// some terminals wrap already after the last column. A word that is too long
// stays whole, as an ID or an address that is broken can't be copied.
func fold(text string, width int) []string { return Pack(strings.Fields(text), width) }

// Pack puts as many words on a line as fit.
func Pack(words []string, width int) []string {
	width = max(width-1, 1)
	var out []string
	line := ""
	for _, word := range words {
		if line != "" && ansi.StringWidth(line)+1+ansi.StringWidth(word) > width {
			out = append(out, line)
			line = word
			continue
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(out, line)
}

// Hang folds text, and indents all lines but the first. Without a width the
// text stays as it is.
func Hang(text string, width int) []string {
	if width <= 0 || ansi.StringWidth(text) < width {
		return []string{text}
	}
	return Hanging(fold(text, width-len(Gap)))
}

// Hanging indents all lines but the first.
func Hanging(all []string) []string {
	for i := range all[1:] {
		all[i+1] = Gap + all[i+1]
	}
	return all
}

// Wrap folds text, and indents each line by a gap.
func Wrap(text string, width int) []string {
	out := fold(text, width-len(Gap))
	for i := range out {
		out[i] = Gap + out[i]
	}
	return out
}

// Fit cuts a line that is too wide.
func Fit(line string, width int) string { return ansi.Truncate(line, width, Ellipsis) }

// Plural is "1 object", "2 objects".
func Plural(n int, noun string) string {
	if n == 1 || strings.HasSuffix(noun, "s") { // security-group-rules
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// NotEmpty are the texts that aren't empty.
func NotEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// ShortID is an ID without what is the same in all of them: of an ARN, what comes
// after its region and account; of a registration, without its target group.
// JSON has the IDs whole.
func ShortID(id string) string {
	if _, target, ok := strings.Cut(id, "|"); ok {
		return strings.Replace(target, "|", ":", 1)
	}
	parts := strings.SplitN(id, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return id
}
