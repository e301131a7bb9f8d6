package exit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/provision/verify"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestExplain(t *testing.T) {
	quota := &smithy.GenericAPIError{Code: "VpcLimitExceeded", Message: "The maximum number of VPCs has been reached."}
	step := func(err error) error {
		return &apply.StepError{Key: resource.Key{Kind: "vpc", Name: "main"}, Action: plan.Create, Err: err}
	}
	for name, test := range map[string]struct {
		err            error
		code           int
		kind, resource string
		message, hint  string
	}{
		"usage":         {Usage{Err: errors.New("unknown flag: --x")}, 2, "usage", "", "unknown flag: --x", "help"},
		"configuration": {&config.Error{}, 2, "configuration", "", "", "nothing was touched"},
		"locked":        {&state.Locked{Path: "shop.lock"}, 5, "locked", "", "another run works on this platform", "wait"},
		"state":         {&state.Unreadable{Path: "shop.json", Err: errors.New("it is another's")}, 1, "state", "", "shop.json", "move it away"},
		"state closed":  {&state.Unreadable{Path: "shop.json", Err: fs.ErrPermission}, 1, "state", "", "shop.json", "give the file back"},
		"disk full":     {&state.Unwritable{Path: "shop.json", Err: syscall.ENOSPC}, 1, "state", "", "no space left", "make space there, or name another place with --state. Nothing was touched"},
		"full midway":   {step(&state.Unwritable{Path: "shop.json", Err: syscall.ENOSPC}), 1, "state", "vpc/main", "no space left", "the same command goes on"},
		"read-only":     {&state.Unwritable{Path: "shop.json", Err: syscall.EROFS}, 1, "state", "", "read-only", "make it writable"},
		"AWS refused":   {step(quota), 1, "VpcLimitExceeded", "vpc/main", "create vpc/main: ", "goes on from there"},
		"a step failed": {step(errors.New("no route to host")), 1, "step-failed", "vpc/main", "no route to host", "goes on from there"},
		"timeout":       {step(&apply.Timeout{Sentence: "waited for it"}), 1, "timeout", "vpc/main", "timed out: waited for it", "goes on from there"},
		"not answering": {&verify.Error{Missing: []string{"us-east-1a"}}, 1, "not-answering", "", "us-east-1a", "console"},
		"remaining":     {&teardown.Remaining{}, 1, "remaining", "", "still there", "platformctl down again"},
		"anything else": {errors.New("disk full"), 1, "failed", "", "disk full", ""},
		"wrapped":       {fmt.Errorf("b: %w", errors.Join(errors.New("a"), &state.Locked{})), 5, "locked", "", "another run", "wait"},
	} {
		t.Run(name, func(t *testing.T) {
			code, failure := Explain(context.Background(), test.err)
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

func TestExplain_Interrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, err := range map[string]error{
		"between steps": context.Canceled,
		"in a step":     &apply.StepError{Key: resource.Key{Kind: "vpc", Name: "main"}, Err: context.Canceled},
		"in a wait":     errors.New("it did not end well"),
	} {
		code, failure := Explain(ctx, err)
		if code != Interrupted || failure.Error.Code != "interrupted" || !strings.Contains(failure.Error.Hint, "goes on from there") {
			t.Errorf("%s: exit code %d, %+v", name, code, failure.Error)
		}
	}
	// What is wrong with the configuration is wrong with or without an interrupt.
	if code, _ := Explain(ctx, &config.Error{}); code != WrongUsage {
		t.Errorf("exit code %d", code)
	}
}

func TestExplain_ListsBlockers(t *testing.T) {
	err := fmt.Errorf("down: %w", &preflight.Blocked{Blockers: []resource.Blocker{
		{Type: "instance", ID: "i-1", Name: "database", Account: "123456789012", Notes: []string{"t3.micro", "running"}},
		{Type: "network interface", ID: "eni-1", Requester: "amazon-rds"},
		{Type: "instance", ID: "i-2", Name: "web", Protection: "stop protection", Lift: "aws lift i-2"},
	}})
	code, failure := Explain(t.Context(), err)
	if code != Failed || failure.Error.Code != "blocked" || failure.Error.Hint == "" {
		t.Errorf("exit code %d, %+v", code, failure)
	}
	want := []report.Blocker{
		{Type: "instance", ID: "i-1", Name: "database", Owner: "account 123456789012", Note: "t3.micro, running"},
		{Type: "network interface", ID: "eni-1", Owner: "amazon-rds"},
		{Type: "instance", ID: "i-2", Name: "web", Owner: "this platform", Protection: "stop protection", Lift: "aws lift i-2"},
	}
	if diff := testenv.Diff(want, failure.Error.Blockers); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{"\ninstance i-1, database, account 123456789012, t3.micro, running", "\nnetwork interface eni-1, amazon-rds", "\ninstance i-2, web, stop protection\n  aws lift i-2"} {
		if !strings.Contains(failure.Error.Message, line) {
			t.Errorf("%q is not in %q", line, failure.Error.Message)
		}
	}
}
