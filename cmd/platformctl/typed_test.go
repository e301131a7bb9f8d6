package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/cli"
)

// written are the stories of what the documents say is to be typed: one a document, which must leave nothing behind. The
// program is this test's own, so that nothing has to be built: `go build` and the PATH are left out, and `go run
// ./cmd/platformctl` is platformctl. docs/walk.sh types those, too.
func written(t *testing.T) (files []string) {
	t.Helper()
	dir := t.TempDir()
	commands := 0
	for _, d := range documents(t) {
		var story strings.Builder
		for _, b := range d.blocks {
			if b.info != "sh run" {
				continue
			}
			fmt.Fprintf(&story, "# %s\n", b.where())
			for _, line := range b.lines {
				line, _, _ = strings.Cut(line, " #")
				line = strings.Replace(strings.TrimSpace(line), "go run ./cmd/platformctl", "platformctl", 1)
				switch {
				case line == "", strings.HasPrefix(line, "go build "), strings.HasPrefix(line, "export PATH="):
				case strings.Contains(line, "failover-drill"):
					// Whether the objective is met is for the drill to say; it must have ended and restored.
					story.WriteString("drills " + line + "\n")
					commands++
				default:
					story.WriteString("shell " + line + "\n")
					commands++
				}
			}
		}
		if story.Len() == 0 {
			continue
		}
		story.WriteString("platformctl status -o json\njson stdout health == absent\nplatformctl local status -o json\njson stdout running == false\n")
		file := filepath.Join(dir, strings.NewReplacer("/", "-", ".md", ".txtar").Replace(d.file))
		if err := os.WriteFile(file, []byte(story.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if commands < 7 { // those of README
		t.Fatalf("only %d commands are marked to be run", commands)
	}
	return files
}

// shell is "shell COMMAND…": a line as it is typed into a shell.
func shell(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: shell COMMAND…")
	}
	ts.Check(ts.Exec("sh", "-c", strings.Join(args, " ")))
}

// drills is "drills COMMAND…": a drill that ends restored, with its objective met (0) or missed (4).
func drills(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: drills COMMAND…")
	}
	code := exitCode(ts, "sh", "-c", strings.Join(args, " "))
	if code != cli.ExitOK && code != cli.ExitMissed {
		ts.Fatalf("exit code %d", code)
	}
}
