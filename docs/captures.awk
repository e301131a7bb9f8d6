# Makes an SVG of a terminal's screen, as `tmux capture-pane -e` writes it: every
# run of characters in one style stands at its own column, so that the lines
# are aligned with any monospaced font. Give it width and height in cells, and a title.
function paint(code) {
	if (code == "" || code == 0) { color = ""; bold = 0; faint = 0 }
	else if (code == 1) bold = 1
	else if (code == 2) faint = 1
	else if (code == 22) { bold = 0; faint = 0 }
	else if (code == 39) color = ""
	else if (code >= 30 && code <= 37) color = palette[code - 30]
	else if (code >= 90 && code <= 97) color = palette[code - 90]
}
function escaped(text) {
	gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
	gsub(/ /, "\302\240", text) # which no renderer leaves out
	return text
}
# columns is how many characters text has: its bytes without those that go on one.
function columns(text) { gsub(/[\200-\277]/, "", text); return length(text) }
function flush(  start, shown, n) {
	if (text ~ /[^ ]/) {
		match(text, /^ */); start = column + RLENGTH
		shown = text; sub(/^ +/, "", shown); sub(/ +$/, "", shown); n = columns(shown)
		printf "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\"", margin + start * cell, margin + NR * line - 4, n * cell
		if (color != "") printf " fill=\"%s\"", color
		if (bold) printf " font-weight=\"bold\""
		if (faint) printf " opacity=\"0.65\""
		printf ">%s</text>\n", escaped(shown)
	}
	column += columns(text); text = ""
}
BEGIN {
	cell = 8.4; line = 18; margin = 12
	split("#ff7b72 #7ee787 #e3b341 #79c0ff #d2a8ff #76e3ea #e6edf3", colors, " ")
	palette[0] = "#6e7681"; for (i in colors) palette[i] = colors[i]
	w = 2 * margin + width * cell; h = 2 * margin + height * line
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%.0f\" height=\"%d\" role=\"img\">\n", w, h, w, h
	printf "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#0d1117\"/>\n", escaped(title)
	print "<g fill=\"#e6edf3\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">"
}
{
	color = ""; bold = 0; faint = 0; column = 0; text = ""
	rest = $0
	while (match(rest, /\033\[[0-9;]*m/)) {
		text = text substr(rest, 1, RSTART - 1)
		n = split(substr(rest, RSTART + 2, RLENGTH - 3), codes, ";")
		rest = substr(rest, RSTART + RLENGTH) # before another match
		flush()
		if (n == 0) paint(0)
		for (i = 1; i <= n; i++) paint(codes[i])
	}
	text = text rest
	flush()
}
END { print "</g>\n</svg>" }
