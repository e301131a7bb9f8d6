package runbook_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/cli"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

var update = flag.Bool("update", false, "write the documents and testdata again")

const documents = "../../../docs"

// platformctl is what a command line writes, in a directory without a
// configuration and with no variable set.
func platformctl(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	code := cli.Run(context.Background(), cli.Environment{
		Args: args, Dir: t.TempDir(), In: strings.NewReader(""), Streams: terminal.Streams{Out: &out, Err: &err},
	})
	if code != cli.ExitOK {
		t.Fatalf("platformctl %s: exit code %d\n%s", strings.Join(args, " "), code, err.String())
	}
	return out.String()
}

// The runbook stands in the middle of a document.
const (
	runbookBegins = "<!-- platformctl runbook --generic: begin -->\n"
	runbookEnds   = "<!-- platformctl runbook: end -->\n"
)

// within is a document with a text between two comments.
func within(t *testing.T, name, begins, text, ends string) string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(documents, name))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begin := strings.Cut(string(document), begins)
	_, after, end := strings.Cut(rest, ends)
	if !begin || !end {
		t.Fatalf("%s lacks the comments around what a command writes", name)
	}
	return before + begins + text + ends + after
}

// The documents hold what the commands write for the default configuration.
func TestDocuments_EqualCommandOutput(t *testing.T) {
	for name, want := range map[string]string{
		"architecture.svg": platformctl(t, "diagram", "--planned"),
		"operations.md":    within(t, "operations.md", runbookBegins, platformctl(t, "runbook", "--generic"), runbookEnds),
	} {
		path := filepath.Join(documents, name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		is, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(is) != want {
			t.Errorf("docs/%s is not what the command writes: make docs", name)
		}
	}
}
