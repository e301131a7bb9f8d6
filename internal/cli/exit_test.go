package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

func TestExplain(t *testing.T) {
	quota := &smithy.GenericAPIError{Code: "VpcLimitExceeded", Message: "The maximum number of VPCs has been reached."}
	step := func(err error) error {
		return &provision.StepError{Key: resource.Key{Kind: "vpc", Name: "main"}, Action: provision.Create, Err: err}
	}
	for name, test := range map[string]struct {
		err            error
		code           int
		kind, resource string
		message, hint  string
	}{
		"usage":         {usageError{errors.New("unknown flag: --x")}, 2, "usage", "", "unknown flag: --x", "help"},
		"configuration": {&config.Error{}, 2, "configuration", "", "", "nothing was touched"},
		"locked":        {&state.Locked{Path: "shop.lock"}, 5, "locked", "", "another run works on this platform", "wait"},
		"state":         {&state.Unreadable{Path: "shop.json", Err: errors.New("it is another's")}, 1, "state", "", "shop.json", "move it away"},
		"state closed":  {&state.Unreadable{Path: "shop.json", Err: fs.ErrPermission}, 1, "state", "", "shop.json", "give the file back"},
		"disk full":     {&state.Unwritable{Path: "shop.json", Err: syscall.ENOSPC}, 1, "state", "", "no space left", "make space there, or name another place with --state. Nothing was touched"},
		"full midway":   {step(&state.Unwritable{Path: "shop.json", Err: syscall.ENOSPC}), 1, "state", "vpc/main", "no space left", "the same command goes on"},
		"read-only":     {&state.Unwritable{Path: "shop.json", Err: syscall.EROFS}, 1, "state", "", "read-only", "make it writable"},
		"AWS refused":   {step(quota), 1, "VpcLimitExceeded", "vpc/main", "create vpc/main: ", "goes on from there"},
		"a step failed": {step(errors.New("no route to host")), 1, "step-failed", "vpc/main", "no route to host", "goes on from there"},
		"timeout":       {step(&provision.Timeout{Sentence: "waited for it"}), 1, "timeout", "vpc/main", "timed out: waited for it", "goes on from there"},
		"not answering": {&provision.VerifyError{Missing: []string{"us-east-1a"}}, 1, "not-answering", "", "us-east-1a", "console"},
		"remaining":     {&teardown.Remaining{}, 1, "remaining", "", "still there", "platformctl down again"},
		"anything else": {errors.New("disk full"), 1, "failed", "", "disk full", ""},
		"wrapped":       {fmt.Errorf("b: %w", errors.Join(errors.New("a"), &state.Locked{})), 5, "locked", "", "another run", "wait"},
	} {
		t.Run(name, func(t *testing.T) {
			code, failure := explain(context.Background(), test.err)
			got := failure.Error
			if code != test.code || got.Code != test.kind || got.Resource != test.resource {
				t.Errorf("exit code %d, %+v, want %d, %s of %q", code, got, test.code, test.kind, test.resource)
			}
			if !strings.Contains(got.Message, test.message) || !strings.Contains(got.Hint, test.hint) {
				t.Errorf("%+v, want the message %q and the hint %q", got, test.message, test.hint)
			}
		})
	}
}

func TestExplainInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, err := range map[string]error{
		"between steps": context.Canceled,
		"in a step":     &provision.StepError{Key: resource.Key{Kind: "vpc", Name: "main"}, Err: context.Canceled},
		"in a wait":     errors.New("it did not end well"),
	} {
		code, failure := explain(ctx, err)
		if code != ExitInterrupted || failure.Error.Code != "interrupted" || !strings.Contains(failure.Error.Hint, "goes on from there") {
			t.Errorf("%s: exit code %d, %+v", name, code, failure.Error)
		}
	}
	// What is wrong with the configuration is wrong with or without an interrupt.
	if code, _ := explain(ctx, &config.Error{}); code != ExitUsage {
		t.Errorf("exit code %d", code)
	}
}

// unfolded is a text without the line breaks that fit it to a terminal.
func unfolded(text string) string { return strings.Join(strings.Fields(text), " ") }

// run runs a command line that must not need the machine.
func run(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	dir := t.TempDir()
	code = Run(t.Context(), Environment{
		Args: args, Env: []string{"PLATFORMCTL_HOME=" + dir}, Dir: dir, In: strings.NewReader(in),
		Streams: report.Streams{Out: &stdout, Err: &stderr},
	})
	return code, stdout.String(), stderr.String()
}

// TestFailuresAreOneDocument puts -o json on either side of what is wrong.
func TestFailuresAreOneDocument(t *testing.T) {
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
		if code != ExitUsage || errs != "" {
			t.Errorf("%v: exit code %d, want 2, and nothing but the document: %q", args, code, errs)
		}
	}
}

func TestConfirm(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"y\n", true}, {"Y\n", true}, {" yes \n", true}, {"y", true},
		{"n\n", false}, {"\n", false}, {"", false}, {"yess\n", false}, {"yep\n", false},
	} {
		var asked bytes.Buffer
		g := &Global{Environment: Environment{In: strings.NewReader(tt.in), Streams: report.Streams{Err: &asked}}}
		if got, err := g.confirm(t.Context(), "Sure?"); got != tt.want || err != nil {
			t.Errorf("%q means %t, %v, want %t", tt.in, got, err, tt.want)
		}
		if asked.String() != "Sure? [y/N] " {
			t.Errorf("it asked %q", asked.String())
		}
	}
}

// Whoever is asked and presses Ctrl-C gets an answer at once, though nothing
// was typed.
func TestConfirmEndsWithItsContext(t *testing.T) {
	silent, typed := io.Pipe()
	defer typed.Close()
	ctx, cancel := context.WithCancel(t.Context())
	g := &Global{Environment: Environment{In: silent, Streams: report.Streams{Err: writer(func([]byte) { cancel() })}}}
	if yes, err := g.confirm(ctx, "Sure?"); yes || !errors.Is(err, context.Canceled) {
		t.Errorf("it means %t, %v, want an interrupt", yes, err)
	}
}

// writer is told of each write.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

func TestBlockersAreADocument(t *testing.T) {
	err := fmt.Errorf("down: %w", &teardown.Blocked{Blockers: []resource.Blocker{
		{Type: "instance", ID: "i-1", Name: "database", Account: "123456789012", Notes: []string{"t3.micro", "running"}},
		{Type: "network interface", ID: "eni-1", Requester: "amazon-rds"},
	}})
	code, failure := explain(t.Context(), err)
	if code != ExitFailed || failure.Error.Code != "blocked" || failure.Error.Hint == "" {
		t.Errorf("exit code %d, %+v", code, failure)
	}
	want := []report.Blocker{
		{Type: "instance", ID: "i-1", Name: "database", Owner: "account 123456789012", Note: "t3.micro, running"},
		{Type: "network interface", ID: "eni-1", Owner: "amazon-rds"},
	}
	if diff := cmp.Diff(want, failure.Error.Blockers); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{"\ninstance i-1, database, account 123456789012, t3.micro, running", "\nnetwork interface eni-1, amazon-rds"} {
		if !strings.Contains(failure.Error.Message, line) {
			t.Errorf("%q is not in %q", line, failure.Error.Message)
		}
	}
}
