package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"mvdan.cc/sh/v3/syntax"
)

// workflow is what of a workflow of GitHub Actions says what is run.
type workflow struct {
	Jobs map[string]struct {
		Steps []struct {
			Uses string `yaml:"uses"`
			Run  string `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// workflows are ours, and those that our documentation gives to users.
func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	all := map[string]workflow{}
	for _, pattern := range []string{"../.github/workflows/*.yml", "../docs/github-actions/*.yml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var w workflow
			if err := yaml.Unmarshal(text, &w); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			all[path] = w
		}
	}
	return all
}

// TestWorkflows_CommandLinesParse parses every platformctl command line of the workflows as platformctl itself does.
func TestWorkflows_CommandLinesParse(t *testing.T) {
	seen := map[string]int{}
	for path, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				for _, args := range commands(t, path+": "+name, step.Run) {
					command, err := parse(args)
					if err != nil {
						t.Errorf("%s: %s: platformctl %s: %v", path, name, strings.Join(args, " "), err)
					}
					seen[command]++
				}
			}
		}
	}
	for _, command := range []string{"plan", "up", "status", "failover-drill", "down"} {
		if seen[command] == 0 {
			t.Errorf("no workflow runs platformctl %s: %v", command, seen)
		}
	}
}

func TestWorkflows_WrongCommandLinesAreFound(t *testing.T) {
	script := "set -e\nif platformctl up --yes; then\n  x=$(bin/platformctl plan --exitcode)\nfi\nplatformctl go | tee x\nplatformctl down now\n" +
		"platformctl failover-drill --rate=\"$RATE\" --report \"$DIR/x.html\""
	var wrong []string
	all := commands(t, "script", script)
	for _, args := range all {
		if _, err := parse(args); err != nil {
			wrong = append(wrong, strings.Join(args, " "))
		}
	}
	if want := []string{"plan --exitcode", "go", "down now"}; len(all) != 5 || !slices.Equal(wrong, want) {
		t.Errorf("of %q, wrong are %q, want %q", all, wrong, want)
	}
}

// commands are the arguments of all calls of platformctl in a script. What the shell puts in is a 1 here.
func commands(t *testing.T, where, script string) (all [][]string) {
	t.Helper()
	script = regexp.MustCompile(`\$\{\{.*?\}\}`).ReplaceAllString(script, "1")
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), where)
	if err != nil {
		t.Fatal(err)
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 || filepath.Base(text(call.Args[0].Parts)) != "platformctl" {
			return true
		}
		args := []string{}
		for _, word := range call.Args[1:] {
			args = append(args, text(word.Parts))
		}
		all = append(all, args)
		return true
	})
	return all
}

func text(parts []syntax.WordPart) string {
	var b strings.Builder
	for _, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(part.Value)
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			b.WriteString(text(part.Parts))
		default:
			b.WriteString("1")
		}
	}
	return b.String()
}

// parse finds the command, reads its flags and counts its arguments, without running it.
func parse(args []string) (string, error) {
	command, rest, err := commandLine().Find(args)
	if err != nil {
		return "", err
	}
	if err := command.ParseFlags(rest); err != nil {
		return command.Name(), err
	}
	return command.Name(), command.ValidateArgs(command.Flags().Args())
}

// TestWorkflows_ActionsArePinned because a tag of somebody else's repository can be moved.
func TestWorkflows_ActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	actions := 0
	for path, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Uses == "" {
					continue
				}
				actions++
				if !pinned.MatchString(step.Uses) {
					t.Errorf("%s: %s: %s is not pinned to a commit", path, name, step.Uses)
				}
			}
		}
	}
	if actions == 0 {
		t.Error("no workflow uses an action")
	}
}
