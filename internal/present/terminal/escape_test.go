package terminal

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// hostile has a bit of everything that a terminal obeys, or that misleads a reader.
const hostile = "a\x1b[31mb\u009b2Jc\nd\re\tf\x7fg\u202eh\u2028i\u200bj\U000e0001k\xffl"

const harmless = `a\x1b[31mb\u009b2Jc\nd\re\tf\x7fg\u202eh\u2028i\u200bj\U000e0001k\xffl`

func TestOneLine_ShowsWhatATerminalObeys(t *testing.T) {
	if got := OneLine(" " + hostile + "\n"); got != harmless {
		t.Errorf("%s, want %s", got, harmless)
	}
	for _, plain := range []string{"", "shop", "Zürich – 東京 ✓ …", "two  spaces", `a\nb`} {
		if got := OneLine(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}

func TestPrintable_KeepsLinesAlone(t *testing.T) {
	want := strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(harmless)
	if got := Printable(hostile); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Printable("a\r\nb"); got != "a\nb" {
		t.Errorf("lines of Windows: %q", got)
	}
	if got := Sentence("a\n  b\tc\x1b"); got != `a b c\x1b` {
		t.Errorf("a sentence: %q", got)
	}
}

// TestJSON_LeavesNothingThatATerminalObeys reads the document again, too: it says the same.
func TestJSON_LeavesNothingThatATerminalObeys(t *testing.T) {
	var out bytes.Buffer
	text := strings.ToValidUTF8(hostile, "") + "<é\U0001f600>"
	if err := JSON(&out, map[string]string{"text": text, "k\u009by": ""}); err != nil {
		t.Fatal(err)
	}
	for _, r := range strings.TrimRight(out.String(), "\n") {
		if obeyed(r) && r != '\n' {
			t.Errorf("%U is in %q", r, out.String())
		}
	}
	if !strings.Contains(out.String(), `\u009b`) || !strings.Contains(out.String(), `\udb40\udc01`) || !strings.Contains(out.String(), "<é\U0001f600>") {
		t.Errorf("%s", out.String())
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["text"] != text || len(back) != 2 {
		t.Errorf("%v: %q", err, back)
	}
}

func TestGuard_PassesItsOwnDrawingAlone(t *testing.T) {
	own := ansi.HideCursor + "\x1b[1;31mred\x1b[0m" + ansi.EraseLineRight + "\r" + ansi.CursorUp(3) + ansi.EraseScreenBelow + ansi.ShowCursor + "\n"
	for _, test := range []struct {
		draws     bool
		text      string
		wantShown string
	}{
		{true, own, own},
		{true, "\x1b]0;title\x07\x1b[2J\x1b[5n\x1bc\u009b31m", `\x1b]0;title\x07\x1b[2J\x1b[5n\x1bc\u009b31m`},
		{false, "\x1b[31mred\r\n\ta\u202e", `\x1b[31mred\r` + "\n\t" + `a\u202e`},
		{false, "✓ shop…\n", "✓ shop…\n"},
	} {
		var whole, pieces bytes.Buffer
		if n, err := Guard(&whole, test.draws).Write([]byte(test.text)); n != len(test.text) || err != nil {
			t.Errorf("%q: wrote %d, %v", test.text, n, err)
		}
		if whole.String() != test.wantShown {
			t.Errorf("drawing %t: %q became %q, want %q", test.draws, test.text, whole.String(), test.wantShown)
		}
		if test.draws {
			continue // its sequences are written at once
		}
		guard := Guard(&pieces, test.draws)
		for i := range len(test.text) {
			if _, err := guard.Write([]byte{test.text[i]}); err != nil {
				t.Error(err)
			}
		}
		if pieces.String() != test.wantShown {
			t.Errorf("in pieces %q became %q", test.text, pieces.String())
		}
	}
}
