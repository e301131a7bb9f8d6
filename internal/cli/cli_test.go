package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// unfolded is a text without the line breaks that fit it to a terminal.
func unfolded(text string) string { return strings.Join(strings.Fields(text), " ") }

// run runs a command line that must not need the machine.
func run(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	dir := t.TempDir()
	code = Run(t.Context(), Environment{
		Args: args, Env: []string{"PLATFORMCTL_HOME=" + dir}, Dir: dir, In: strings.NewReader(in),
		Streams: terminal.Streams{Out: &stdout, Err: &stderr},
	})
	return code, stdout.String(), stderr.String()
}

// TestRun_FailureIsOneJSONDocument puts -o json on either side of what is wrong.
func TestRun_FailureIsOneJSONDocument(t *testing.T) {
	for _, args := range [][]string{
		{"up", "--bogus", "-o", "json"}, {"-o", "json", "up", "--bogus"}, {"--output=json", "frobnicate"}, {"frobnicate", "-ojson"},
		{"up", "now", "-o", "json"}, {"up", "--target", "azure", "-o", "json"}, {"up", "-c", "missing.yaml", "-o", "json"},
		{"up", "--target", "aws", "-o", "json"},
	} {
		code, out, errs := run(t, "", args...)
		var document report.Failure
		if err := json.Unmarshal([]byte(out), &document); err != nil || document.Error.Message == "" {
			t.Errorf("%v: %v in %q", args, err, out)
		}
		if code != exit.WrongUsage || errs != "" {
			t.Errorf("%v: exit code %d, want 2, and nothing but the document: %q", args, code, errs)
		}
	}
}
