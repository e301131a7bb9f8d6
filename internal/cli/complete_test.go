package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

// pressTab presses Tab at the end of the arguments, in a directory.
func pressTab(t *testing.T, dir string, args ...string) (proposed []string, directive string) {
	t.Helper()
	var out bytes.Buffer
	code := Run(t.Context(), Environment{
		Args: append([]string{"__complete"}, args...), Dir: dir, Env: []string{"PLATFORMCTL_HOME=" + filepath.Join(dir, "home")},
		Streams: terminal.Streams{Out: &out, Err: new(bytes.Buffer)},
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if code != ExitOK {
		t.Fatalf("%q: exit code %d, %s", args, code, out.String())
	}
	for _, line := range lines[:len(lines)-1] {
		value, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(value, args[len(args)-1]) || lines[len(lines)-1] == byEnding { // as the shell does
			proposed = append(proposed, value)
		}
	}
	return proposed, lines[len(lines)-1]
}

// The directives of cobra that are used.
const (
	filesToo = ":0"
	noFile   = ":4"
	byEnding = ":8"
)

// directoryOfTwo is a working directory with two configurations, and the state of a platform that is up.
func directoryOfTwo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	document := state.Document{
		Version: state.Version, Identity: state.Identity{Platform: "shop", Target: "local", Region: "us-east-1"}, Incarnation: "1", Serial: 1,
		Records: []resource.Record{
			{Key: resource.Key{Kind: "vpc", Name: "main"}, Generation: 1, ID: "vpc-1"},
			{Key: resource.Key{Kind: "instance", Name: "web-c-1"}, Generation: 1, ID: "i-3"},
			{Key: resource.Key{Kind: "instance", Name: "web-a-2"}, Generation: 1, ID: "i-2"},
			{Key: resource.Key{Kind: "instance", Name: "web-a-1"}, Generation: 1, ID: "i-1"},
			{Key: resource.Key{Kind: "instance", Name: "web-c-2"}, Generation: 1, Token: "t"}, // an intent
		},
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"platform.yaml": "name: shop\n", "eu/other.yaml": "name: other\ntarget: aws\nregion: eu-west-1\nnetwork: {zones: [eu-west-1b, eu-west-1c]}\n",
		"compose.yaml": "services: {}\n", ".platformctl/shop.json": string(text), ".platformctl/shop.lock": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCompletion(t *testing.T) {
	dir := directoryOfTwo(t)
	for name, test := range map[string]struct {
		args      string // the last word is being typed
		want      string
		directive string
	}{
		"commands":                      {"st", "status", noFile},
		"subcommands":                   {"local s", "serve status stop", noFile},
		"targets":                       {"up --target ", "local aws", noFile},
		"outputs":                       {"plan -o ", "text json", noFile},
		"scenarios":                     {"failover-drill --scenario ", "instance process zone drain", noFile},
		"scopes":                        {"failover-drill --scope ", "targets all", noFile},
		"zones of the state":            {"failover-drill --zone ", "us-east-1a us-east-1c", noFile},
		"zones of the configuration":    {"failover-drill -c eu/other.yaml --zone ", "eu-west-1b eu-west-1c", noFile},
		"zones by number":               {"local serve -c compose.yaml --no-capacity ", "us-east-1a us-east-1b", noFile},
		"instances":                     {"failover-drill --instance ", "i-1 i-2 i-3", noFile},
		"instances of a zone":           {"failover-drill --zone us-east-1c --instance ", "i-3", noFile},
		"instances of another platform": {"failover-drill -c eu/other.yaml --instance ", "", noFile},
		"configurations":                {"up -c ", "platform.yaml", filesToo},
		"configurations elsewhere":      {"up --config eu/", "eu/other.yaml", filesToo},
		"no configurations":             {"up -c .platformctl/", "yaml yml", byEnding},
		"platforms by their states":     {"status --state ", ".platformctl/shop.json", filesToo},
		"reports":                       {"failover-drill --report ", "html md", byEnding},
		"forms of a diagram":            {"diagram --format ", "svg mermaid", noFile},
		"latencies":                     {"local serve --latency ", "fast aws aws/10", noFile},
		"actions":                       {"local serve --deny ec2:CreateNat", "ec2:CreateNatGateway", noFile},
		"files of faults":               {"local faults ", "yaml yml", byEnding},
		"shells":                        {"completion ", "bash fish powershell zsh", noFile},
	} {
		t.Run(name, func(t *testing.T) {
			proposed, directive := pressTab(t, dir, strings.Split(test.args, " ")...)
			if diff := testenv.Diff(test.want, strings.Join(proposed, " ")); diff != "" {
				t.Error(diff)
			}
			if directive != test.directive {
				t.Errorf("directive %s, want %s", directive, test.directive)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "home")); err == nil {
		t.Error("completing made a home for the local cloud")
	}
}

func TestCompletionScripts(t *testing.T) {
	for shell, want := range map[string]string{
		"bash": "complete -o default", "zsh": "#compdef platformctl", "fish": "complete -c platformctl", "powershell": "Register-ArgumentCompleter -CommandName 'platformctl'",
	} {
		code, out, errs := run(t, "", "completion", shell)
		if code != ExitOK || errs != "" || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d, %q, and no %q", shell, code, errs, want)
		}
	}
}
