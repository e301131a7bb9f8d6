package report

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// gap is what stands between two columns.
const gap = "  "

// columns lines up the cells of rows, each row indented by a gap. The last
// cell of a row may be as long as it likes.
func columns(rows [][]string) []string {
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
		for i, cell := range row {
			line.WriteString(gap + cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)))
			}
		}
		out = append(out, strings.TrimRight(line.String(), " "))
	}
	return out
}

// oneLine makes text from elsewhere fit for a line: line breaks become spaces,
// and control characters, which a terminal would obey, go.
func oneLine(text string) string {
	return strings.Join(strings.Fields(printable(text)), " ")
}

// printable drops escape sequences and control characters other than white
// space.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, ansi.Strip(text))
}

// fit cuts a line that is too wide.
func fit(line string, width int) string { return ansi.Truncate(line, width, ellipsis) }

// plural is "1 object", "2 objects".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// duration is a time for people: tenths of a second below a minute.
func duration(d time.Duration) string {
	tenths := d.Round(100 * time.Millisecond)
	if tenths < time.Minute {
		return fmt.Sprintf("%.1fs", tenths.Seconds())
	}
	whole := d.Round(time.Second)
	if whole < time.Hour {
		return fmt.Sprintf("%dm%02ds", whole/time.Minute, whole%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", whole/time.Hour, whole%time.Hour/time.Minute)
}

func seconds(s float64) string { return duration(time.Duration(s * float64(time.Second))) }

// percent is a share of a whole in whole percent; 0 where there is no whole.
func percent(part, whole float64) int {
	if whole <= 0 {
		return 0
	}
	return int(math.Round(100 * part / whole))
}
