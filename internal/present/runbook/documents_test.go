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

// The picture in the middle of a document.
const (
	pictureBegins = "<!-- platformctl diagram --planned --format mermaid: begin -->\n"
	pictureEnds   = "<!-- platformctl diagram: end -->\n"
)

// The documents hold what the commands write for the default configuration.
func TestDocuments_EqualCommandOutput(t *testing.T) {
	architecture, err := os.ReadFile(filepath.Join(documents, "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(architecture), pictureBegins)
	_, after, ends := strings.Cut(rest, pictureEnds)
	if !begins || !ends {
		t.Fatal("architecture.md lacks the comments around its picture")
	}
	picture := "```mermaid\n" + platformctl(t, "diagram", "--planned", "--format", "mermaid") + "```\n"
	for name, want := range map[string]string{
		"architecture.svg": platformctl(t, "diagram", "--planned"),
		"architecture.md":  before + pictureBegins + picture + pictureEnds + after,
		"runbook.md":       platformctl(t, "runbook", "--generic"),
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
