package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// TestDiagram_FloodsNoTerminal draws to a terminal: an SVG wants a file, Mermaid is text.
func TestDiagram_FloodsNoTerminal(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"diagram", "--planned"}, exit.WrongUsage, "--file platform.svg"},
		{[]string{"diagram", "--planned", "--format", "mermaid"}, exit.OK, "flowchart"},
		{[]string{"diagram", "--planned", "--file", "platform.svg"}, exit.OK, "Drew shop"},
		{[]string{"diagram", "--planned", "-o", "json"}, exit.OK, `"format": "svg"`},
	} {
		var out bytes.Buffer
		dir := t.TempDir()
		code := Run(t.Context(), Environment{
			Args: test.args, Env: []string{"PLATFORMCTL_HOME=" + dir}, Dir: dir, In: strings.NewReader(""),
			Streams: terminal.Streams{Out: &out, Err: &out, OutTerminal: true},
		})
		if code != test.code || !strings.Contains(unfolded(out.String()), test.want) {
			t.Errorf("%v: exit code %d, want %d: %.300s", test.args, code, test.code, out.String())
		}
	}
}
