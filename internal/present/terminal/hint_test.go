package terminal_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// TestWithFlags_CompletesCommandsOfThePlatform checks that what a hint says can be typed as it stands.
func TestWithFlags_CompletesCommandsOfThePlatform(t *testing.T) {
	for text, want := range map[string]string{
		"platformctl up repairs it; platformctl plan shows how.": "platformctl up -c x repairs it; platformctl plan -c x shows how.",
		"platformctl status --watch shows whether":               "platformctl status --watch -c x shows whether",
		"run platformctl failover-drill --restore.":              "run platformctl failover-drill --restore -c x.",
		"NO_PROXY=host platformctl up goes around it":            "NO_PROXY=host platformctl up -c x goes around it",
		// Those that name their platform, another directory's, and those of no platform.
		"platformctl up -c eu.yaml means it":         "platformctl up -c eu.yaml means it",
		"platformctl up --config x repairs it":       "platformctl up --config x repairs it",
		"platformctl down --target aws":              "platformctl down --target aws",
		"cd ../eu && platformctl up":                 "cd ../eu && platformctl up",
		"see platformctl up --help":                  "see platformctl up --help",
		"platformctl local status shows where it is": "platformctl local status shows where it is",
		"platformctl updates nothing, its uptime":    "platformctl updates nothing, its uptime",
	} {
		if got := terminal.WithFlags(text, "-c x"); got != want {
			t.Errorf("%q became\n%q, want\n%q", text, got, want)
		}
		if got := terminal.WithFlags(text, ""); got != text {
			t.Errorf("without flags %q became %q", text, got)
		}
	}
}
