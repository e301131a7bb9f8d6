package cli

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// everyCommand calls f for each command that a user can see.
func everyCommand(t *testing.T, f func(t *testing.T, cmd *cobra.Command)) {
	t.Helper()
	var walk func(*cobra.Command)
	seen := 0
	walk = func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		seen++
		t.Run(cmd.CommandPath(), func(t *testing.T) { f(t, cmd) })
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(testRoot(t))
	if seen < 18 {
		t.Errorf("only %d commands were seen", seen)
	}
}

// testRoot is the command line of a user in an empty directory.
func testRoot(t *testing.T) *cobra.Command {
	t.Helper()
	return NewRoot(&Global{Environment: Environment{Dir: t.TempDir(), Streams: terminal.Streams{Out: io.Discard, Err: io.Discard}}})
}

var exitLine = regexp.MustCompile(`^  (\d+) {1,3} (\S.*)$`)

// TestHelp_HasExamplesAndExitCodes: each command says how it is used and how it ends, in 80 columns.
func TestHelp_HasExamplesAndExitCodes(t *testing.T) {
	everyCommand(t, func(t *testing.T, cmd *cobra.Command) {
		_, codes, found := strings.Cut(cmd.Long, "\n\nExit codes:\n")
		if !found {
			t.Fatal("no exit codes")
		}
		last := -1
		for _, line := range strings.Split(codes, "\n") {
			match := exitLine.FindStringSubmatch(line)
			if match == nil {
				t.Errorf("%q is no exit code with its meaning", line)
				continue
			}
			code, _ := strconv.Atoi(match[1])
			if help.Means(code) == "" || code <= last {
				t.Errorf("exit code %d doesn't exist, or isn't in order", code)
			}
			last = code
		}
		for _, code := range []string{"\n  0 ", "\n  2 "} {
			if !strings.Contains("\n"+codes, code) {
				t.Errorf("every command can end with%s", strings.TrimSpace(code))
			}
		}
		if !isCobras(cmd) { // what cobra says of shells is as wide as it is
			for _, line := range strings.Split(cmd.Long+"\n"+cmd.UsageString(), "\n") {
				if len(line) > help.Width {
					t.Errorf("wider than %d columns: %s", help.Width, line)
				}
			}
			if usage := cmd.UsageString(); !strings.Contains(usage, cmd.Example) || !strings.Contains(usage, "--output") {
				t.Errorf("examples or flags are not shown: %s", usage)
			}
		}
		if cmd.Example == "" {
			t.Fatal("no examples")
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			tryExample(t, cmd, line)
		}
	})
}

func isCobras(cmd *cobra.Command) bool {
	return strings.Contains(cmd.CommandPath(), "completion") || cmd.Name() == "help"
}

// tryExample parses an example, and looks whether it is of its own command.
func tryExample(t *testing.T, cmd *cobra.Command, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	for len(words) > 0 && strings.Contains(words[0], "=") {
		words = words[1:] // a variable
	}
	if len(words) == 0 || words[0] != "platformctl" {
		t.Errorf("%q is no command line", line)
		return
	}
	found, err := Parse(testRoot(t), words[1:])
	if err != nil {
		t.Errorf("%s: %v", line, err)
	} else if !strings.HasPrefix(found.CommandPath()+" ", cmd.CommandPath()+" ") && cmd.Name() != "local" {
		t.Errorf("%q is an example of another command", line)
	}
}

func TestRun_RefusesUnknownCommands(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"stauts", `there is no command "stauts"; did you mean "status"?`},
		{"frobnicate", `there is no command "frobnicate"; there are completion, diagram, down, failover-drill, help, init, list, local, logs, plan, runbook, status, up, version`},
		{"local restart", `there is no command "restart"; there are faults, logs, mail, serve, status, stop`},
		{"local stats", `there is no command "stats"; did you mean "status"?`},
		{"completion nushell", `there is no command "nushell"; there are bash, fish, powershell, zsh`},
		{"completion bash now", `platformctl completion bash takes no arguments, but got ["now"]`},
		{"help nothing", `there is no command "nothing"; there are completion, diagram, down,`},
		{"help local nothing", `there is no command "local nothing"`},
	} {
		code, out, errs := run(t, "", strings.Fields(test.args)...)
		if code != exit.WrongUsage || out != "" || !strings.Contains(unfolded(errs), test.want) {
			t.Errorf("%s: exit code %d, %q, %s", test.args, code, out, errs)
		}
	}
}

// TestRun_WrongUsageNamesHelp: the next step after a mistake is the help of the command in which it was made.
func TestRun_WrongUsageNamesHelp(t *testing.T) {
	for args, want := range map[string]string{
		"up --bogus":                     "see platformctl up --help",
		"local serve --latency x":        "see platformctl local serve --help",
		"status --watch -o json":         "see platformctl status --help",
		"plan now":                       "see platformctl plan --help",
		"failover-drill --scenario nova": "see platformctl failover-drill --help",
		"local restart":                  "see platformctl local --help",
		"frobnicate":                     "see platformctl help",
	} {
		if _, out, errs := run(t, "", strings.Fields(args)...); !strings.Contains(unfolded(out+errs), want) {
			t.Errorf("%s: %s%s doesn't say %q", args, out, errs, want)
		}
	}
}
