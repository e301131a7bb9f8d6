package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestExtras_ManPagePerCommand(t *testing.T) {
	dir := t.TempDir()
	if err := extras(dir, time.Unix(1_700_000_000, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	pages := 0
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.Name() == "help" || cmd.Hidden {
			return
		}
		pages++
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(filepath.Join(dir, "man", name))
		if err != nil {
			t.Error(err)
		} else if text := string(page); !strings.Contains(text, `"Nov 2023"`) || strings.Contains(text, "Auto generated") {
			t.Errorf("%s has another date than the commit:\n%s", name, text)
		}
		if _, err := os.Stat(filepath.Join(dir, "man-gz", name+".gz")); err != nil {
			t.Error(err)
		}
		for _, child := range cmd.Commands() {
			look(child)
		}
	}
	look(commandLine())
	if entries, err := os.ReadDir(filepath.Join(dir, "man")); err != nil || len(entries) != pages {
		t.Errorf("%d pages for %d commands, %v", len(entries), pages, err)
	}

	// A table stays one: its lines are not filled up.
	drill, err := os.ReadFile(filepath.Join(dir, "man", "platformctl-failover-drill.1"))
	if err != nil || !strings.Contains(string(drill), "\ninstance  stop one instance (the default)\nprocess   end Nginx") {
		t.Errorf("the scenarios are no table: %v\n%s", err, drill)
	}
}

// TestCompletions_LoadInBash has bash itself load the completions.
func TestCompletions_LoadInBash(t *testing.T) {
	bash := testenv.Program(t, "bash")
	dir := t.TempDir()
	if err := completions(dir); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bash, "--norc", "-c", `source "$1" && complete -p platformctl`, "bash", filepath.Join(dir, "platformctl.bash")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "__start_platformctl platformctl") {
		t.Errorf("%v: %s", err, out)
	}
	for _, name := range []string{"platformctl.zsh", "platformctl.fish", "platformctl.ps1"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), "platformctl") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
