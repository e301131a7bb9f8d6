// Package exit is how a command ends: the exit codes, the errors of the command
// line itself, and the one place where any error becomes a code, a message and a
// hint of what to do next. What a command does belongs in its own file.
package exit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/provision/verify"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

// The exit codes. They are part of the contract with scripts.
const (
	OK          = 0
	Failed      = 1
	WrongUsage  = 2
	Unhealthy   = 3
	Missed      = 4
	Locked      = 5
	Interrupted = 130
)

// CodeUsage is the error code of wrong usage.
const CodeUsage = "usage"

// Usage is wrong usage of the command line.
type Usage struct {
	Err error
	// Code is the error's code, and Hint says what to do next. Without them the code is
	// CodeUsage, and the hint the command's help.
	Code, Hint string
}

// Error says what is wrong.
func (e Usage) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e Usage) Unwrap() error { return e.Err }

// Status ends the command with a code, after it has said all there is.
type Status struct{ Code int }

// Error names the code.
func (e Status) Error() string { return fmt.Sprintf("exit code %d", e.Code) }

// The errors of a person's own answer.
var (
	// ErrNotConfirmed: a question was answered by anything but yes.
	ErrNotConfirmed = errors.New("not confirmed; nothing was touched")
	// ErrNotTyped: something else was typed than the platform's name.
	ErrNotTyped = errors.New("that is not the platform's name; nothing was touched")
	// ErrNotWritten: init was interrupted.
	ErrNotWritten = errors.New("interrupted; nothing was written")
)

// Explain is the one place where errors become exit codes, and where the user
// is told what to do next.
func Explain(ctx context.Context, err error) (int, report.Failure) {
	var (
		usage      Usage
		disruption *report.Disruption
		wrong      *config.Error
		zones      *blueprint.ZonesError
		locked     *state.Locked
		unreadable *state.Unreadable
		unwritable *state.Unwritable
		step       *apply.StepError
		timeout    *apply.Timeout
		silent     *verify.Error
		remaining  *teardown.Remaining
		blocked    *preflight.Blocked
		unmakeable *preflight.Error
		unsteady   *fault.Unsteady
		unrestored *drill.NotRestored
		journal    *journal.Unreadable
		sick       *verify.Unhealthy
	)
	code, kind, hint, about := Failed, "failed", "", ""
	if errors.As(err, &step) {
		about = step.Key.String()
		kind = "step-failed"
		if aws := awsapi.Code(err); aws != "" {
			kind = aws
		}
		hint = "what was done is recorded; when the cause is gone, the same command goes on from there"
	}
	switch {
	case errors.As(err, &usage):
		code, kind, hint = WrongUsage, cmp.Or(usage.Code, CodeUsage), cmp.Or(usage.Hint, "see platformctl help")
	case errors.As(err, &disruption):
		code, kind, hint = WrongUsage, "disruption", "platformctl plan shows all of it; where it is meant, add --allow-disruption"
	case errors.As(err, &wrong):
		code, kind, hint = WrongUsage, "configuration", "nothing was touched; correct the configuration and try again"
	case errors.As(err, &zones):
		code, kind, hint = WrongUsage, "configuration", zones.Hint+"; nothing was touched"
	case errors.As(err, &locked):
		code, kind, hint = Locked, "locked", "wait until that run has ended"
	case errors.Is(err, ErrNotWritten):
		code, kind, hint = Interrupted, "interrupted", "platformctl init asks again; with --yes it writes the defaults"
	case ctx.Err() != nil:
		code, kind, hint = Interrupted, "interrupted", "what was done is recorded; the same command goes on from there"
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
	case errors.Is(err, ErrNotConfirmed):
		kind, hint = "not-confirmed", "answer yes, or add --yes"
	case errors.Is(err, ErrNotTyped):
		kind, hint = "not-confirmed", "type the name as it is shown, or add --yes"
	case errors.As(err, &unsteady):
		kind, hint = "unsteady", "nothing was broken; platformctl status shows more, and platformctl up makes what is missing"
	case errors.As(err, &unrestored):
		kind, hint = "not-restored", "the fault may be there still: platformctl failover-drill --restore restores it, and docs/failover-drill.md says how by hand"
	case errors.As(err, &journal):
		kind, hint = "journal", "nothing was touched; delete the journal if platformctl status shows that all is healthy"
	case errors.As(err, &blocked):
		kind, hint = "blocked", blockedHint(blocked)
	case errors.As(err, &unmakeable):
		kind, hint, about = "preflight", "nothing was touched; when it is so, the same command goes on", unmakeable.Findings[0].Resource.String()
	case errors.As(err, &unreadable):
		kind, hint = "state", unreadableHint(unreadable)
	case errors.As(err, &unwritable):
		kind, hint = "state", unwritableHint(unwritable, step != nil)
	case errors.As(err, &silent):
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
	detail := report.FailureDetail{Code: kind, Message: err.Error(), Hint: hint, Resource: about}
	if blocked != nil {
		for _, b := range blocked.Blockers {
			detail.Blockers = append(detail.Blockers, blockerOf(b))
		}
	}
	return code, report.Failure{Error: detail}
}

func blockerOf(b resource.Blocker) report.Blocker {
	blocker := report.Blocker{Type: b.Type, ID: b.ID, Name: b.Name, Owner: b.Owner(), Note: b.Note(), Protection: b.Protection, Lift: b.Lift}
	if b.Protection != "" {
		blocker.Owner = "this platform"
	}
	return blocker
}

// blockedHint says what to do about what is in the way, and what is protected.
func blockedHint(e *preflight.Blocked) string {
	protected := slices.ContainsFunc(e.Blockers, func(b resource.Blocker) bool { return b.Protection != "" })
	switch {
	case !protected:
		return "delete or move them, or give back the tags that are gone; then the same command goes on"
	case e.Foreign():
		return "delete or move what isn't the platform's, and lift what protects the rest, as named beside it; then the same command goes on"
	}
	return "lift it as named beside it, where that is meant; then the same command goes on"
}

// unhealthyHint says what to do about an instance that doesn't become healthy.
func unhealthyHint(e *verify.Unhealthy) string {
	if e.Elsewhere {
		return "nothing is replaced for it, and the same command waits again. What platformctl compares of the network is as configured, so look at what it doesn't see " +
			"(a firewall or an appliance on the way, what runs on the instance); a new instance takes its place once it is terminated: aws ec2 terminate-instances, then platformctl up"
	}
	hint := "correct the configuration and run platformctl up again, or take back the old configuration and run it: either goes on from here, and replaces or removes this instance"
	if e.Others {
		return "the healthy instances serve on. " + strings.ToUpper(hint[:1]) + hint[1:]
	}
	return hint
}
