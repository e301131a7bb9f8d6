package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/platformctl/platformctl/internal/cli"
)

// extras writes the files that help those who type the commands, each where .goreleaser.yaml takes it from.
func extras(dir string, date time.Time) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := completions(filepath.Join(dir, "completions")); err != nil {
		return err
	}
	pages := filepath.Join(dir, "man")
	if err := manPages(pages, date); err != nil {
		return err
	}
	return compress(pages, filepath.Join(dir, "man-gz"))
}

// commandLine is that of platformctl, with the commands that cobra adds when it runs.
func commandLine() *cobra.Command {
	root := cli.NewRoot(&cli.Global{})
	root.InitDefaultCompletionCmd()
	return root
}

func completions(dir string) error {
	root := commandLine()
	for name, generate := range map[string]func(io.Writer) error{
		"platformctl.bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"platformctl.zsh":  root.GenZshCompletion,
		"platformctl.fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
		"platformctl.ps1":  root.GenPowerShellCompletionWithDesc,
	} {
		var text strings.Builder
		if err := generate(&text); err != nil {
			return err
		}
		if err := write(filepath.Join(dir, name), text.String()); err != nil {
			return err
		}
	}
	return nil
}

// manPages writes a page for each command.
func manPages(dir string, date time.Time) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root := commandLine()
	prepare(root)
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &date, Source: "platformctl", Manual: "User Commands"}, dir)
}

var indented = regexp.MustCompile(`(?m)((?:^  .*\n?)+)`)

// prepare makes the help texts what the generator takes them for: Markdown, in which a table has to be indented by four.
func prepare(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	cmd.Long = indented.ReplaceAllStringFunc(cmd.Long, func(table string) string {
		return "\n" + strings.ReplaceAll("  "+table, "\n  ", "\n    ")
	})
	for _, child := range cmd.Commands() {
		prepare(child)
	}
}

// compress writes each file of a directory as packages of Debian want their man pages.
func compress(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			return err
		}
		var packed strings.Builder
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression) // without a name and a time: always the same bytes
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := write(filepath.Join(to, entry.Name()+".gz"), packed.String()); err != nil {
			return err
		}
	}
	return nil
}

func write(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o644)
}
