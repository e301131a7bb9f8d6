package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

// The exit codes. They are part of the contract with scripts.
const (
	ExitOK          = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitUnhealthy   = 3
	ExitMissed      = 4
	ExitLocked      = 5
	ExitInterrupted = 130
)

// codeUsage is the error code of wrong usage.
const codeUsage = "usage"

// usageError is wrong usage of the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// exitError ends the command with a code, after it has said all there is.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// fail tells the user of an error, and returns the exit code.
func (g *Global) fail(ctx context.Context, err error) int {
	var exit exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	code, failure := explain(ctx, err)
	if failure.Error.Code == codeUsage && g.command != nil && g.command.HasParent() {
		failure.Error.Hint = fmt.Sprintf("see %s --help", g.command.CommandPath())
	}
	g.last.Lock()
	defer g.last.Unlock()
	said := g.said
	g.said = true
	if g.JSON() && !said {
		if err := report.JSON(g.Streams.Out, failure); err != nil {
			return ExitFailed
		}
		return code
	}
	g.streams().Failure(failure)
	return code
}

// explain is the one place where errors become exit codes, and where the user
// is told what to do next.
func explain(ctx context.Context, err error) (int, report.Failure) {
	var (
		usage      usageError
		wrong      *config.Error
		locked     *state.Locked
		unreadable *state.Unreadable
		unwritable *state.Unwritable
		step       *provision.StepError
		timeout    *provision.Timeout
		verify     *provision.VerifyError
		remaining  *teardown.Remaining
		blocked    *teardown.Blocked
		preflight  *provision.PreflightError
		unsteady   *drill.Unsteady
		unrestored *drill.NotRestored
		journal    *drill.Unreadable
		sick       *unhealthy
	)
	code, kind, hint, resource := ExitFailed, "failed", "", ""
	if errors.As(err, &step) {
		resource = step.Key.String()
		kind = "step-failed"
		if aws := awsapi.Code(err); aws != "" {
			kind = aws
		}
		hint = "what was done is recorded; when the cause is gone, the same command goes on from there"
	}
	switch {
	case errors.As(err, &usage):
		code, kind, hint = ExitUsage, codeUsage, "see platformctl help"
	case errors.As(err, &wrong):
		code, kind, hint = ExitUsage, "configuration", "nothing was touched; correct the configuration and try again"
	case errors.As(err, &locked):
		code, kind, hint = ExitLocked, "locked", "wait until that run has ended"
	case errors.Is(err, errNotWritten):
		code, kind, hint = ExitInterrupted, "interrupted", "platformctl init asks again; with --yes it writes the defaults"
	case ctx.Err() != nil:
		code, kind, hint = ExitInterrupted, "interrupted", "what was done is recorded; the same command goes on from there"
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
	case errors.Is(err, errNotConfirmed):
		kind, hint = "not-confirmed", "answer yes, or add --yes"
	case errors.As(err, &unsteady):
		kind, hint = "unsteady", "nothing was broken; platformctl status shows more, and platformctl up makes what is missing"
	case errors.As(err, &unrestored):
		kind, hint = "not-restored", "the fault may be there still: platformctl failover-drill --restore undoes it, and docs/failover-drill.md says how by hand"
	case errors.As(err, &journal):
		kind, hint = "journal", "nothing was touched; delete the journal if platformctl status shows that all is healthy"
	case errors.As(err, &preflight):
		kind, hint, resource = "preflight", "nothing was touched; when it is so, the same command goes on", preflight.Findings[0].Resource.String()
	case errors.As(err, &blocked):
		kind, hint = "blocked", "delete or move them, or give back the tags that are gone; then run platformctl down again"
	case errors.As(err, &unreadable):
		kind, hint = "state", unreadableHint(unreadable)
	case errors.As(err, &unwritable):
		kind, hint = "state", unwritableHint(unwritable, step != nil)
	case errors.As(err, &verify):
		kind, hint = "not-answering", "platformctl status shows the targets; the console output of an instance says whether Nginx came up"
	case errors.As(err, &remaining):
		kind, hint = "remaining", "run platformctl down again"
	case errors.As(err, &sick):
		kind, hint = "unhealthy", unhealthyHint(sick)
	case errors.As(err, &timeout):
		kind = "timeout"
	case causeHint(err) != "":
		kind = causeOf(err)
		if step == nil {
			err, hint = errors.New(awsapi.Text(err)), causeHint(err)
		} else {
			hint = causeHint(err) + ". Then the same command goes on from there: what was done is recorded"
		}
	}
	detail := report.FailureDetail{Code: kind, Message: err.Error(), Hint: hint, Resource: resource}
	if blocked != nil {
		for _, b := range blocked.Blockers {
			detail.Blockers = append(detail.Blockers, report.Blocker{Type: b.Type, ID: b.ID, Name: b.Name, Owner: b.Owner(), Note: b.Note()})
		}
	}
	return code, report.Failure{Error: detail}
}

// unhealthyHint says what to do about an instance that doesn't become healthy.
func unhealthyHint(e *unhealthy) string {
	hint := "mend the configuration and run platformctl up again, or take back the old configuration and run it: either goes on from here, and replaces or removes this instance"
	if e.others {
		return "the healthy instances serve on. " + strings.ToUpper(hint[:1]) + hint[1:]
	}
	return hint
}
