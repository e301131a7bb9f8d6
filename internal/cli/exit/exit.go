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
	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
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

// Usage is wrong usage of the command line.
type Usage struct {
	Err error
	// Code is the error's code; "" is CodeUsage.
	Code Code
	// Hint says what to do next; "" is what is said of the code.
	Hint string
}

// Error says what is wrong.
func (e Usage) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e Usage) Unwrap() error { return e.Err }

// LocalCloud is the failure of the local cloud, or of its start.
type LocalCloud struct{ Err error }

// Error says what failed.
func (e *LocalCloud) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *LocalCloud) Unwrap() error { return e.Err }

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
		nameless   *verify.Nameless
		unled      *verify.NotRedirected
		remaining  *teardown.Remaining
		blocked    *preflight.Blocked
		unmakeable *preflight.Error
		unproven   *dns.Unproven
		unsteady   *fault.Unsteady
		unrestored *drill.NotRestored
		journal    *journal.Unreadable
		sick       *verify.Unhealthy
		takenBack  *provision.TakenBack
		cloud      *LocalCloud
		unsafe     *endpoint.UnsafeError
	)
	code, hint, about := CodeFailed, "", ""
	if errors.As(err, &step) {
		code, about = CodeStepFailed, step.Key.String()
	}
	isUnproven := errors.As(err, &unproven) // an interrupt has its own error
	own := ""                               // AWS's own code
	switch {
	case errors.As(err, &usage):
		code, hint = cmp.Or(usage.Code, CodeUsage), usage.Hint
	case errors.As(err, &unsafe):
		code, hint = CodeConfiguration, unsafe.Hint()
	case errors.As(err, &disruption):
		code = CodeDisruption
	case errors.As(err, &wrong):
		code = CodeConfiguration
	case errors.As(err, &zones):
		code, hint = CodeConfiguration, zones.Hint+"; nothing was touched"
	case errors.As(err, &locked):
		code = CodeLocked
	case errors.Is(err, ErrNotWritten):
		code, hint = CodeInterrupted, "platformctl init asks again; with --yes it writes the defaults"
	case ctx.Err() != nil:
		code = CodeInterrupted
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
	case errors.Is(err, ErrNotConfirmed):
		code = CodeNotConfirmed
	case errors.Is(err, ErrNotTyped):
		code, hint = CodeNotConfirmed, "type the name as it is shown, or add --yes"
	case errors.As(err, &unsteady):
		code = CodeUnsteady
		if unsteady.Drifted {
			hint = "nothing was broken; platformctl up repairs it, and platformctl plan shows how"
		}
	case errors.As(err, &unrestored):
		code = CodeNotRestored
	case errors.As(err, &journal):
		code = CodeJournal
	case errors.As(err, &blocked):
		code, hint = CodeBlocked, blockedHint(blocked)
	case errors.As(err, &unmakeable):
		code, about = CodePreflight, unmakeable.Findings[0].Resource.String()
		if unmakeable.Configuration() {
			code = CodeConfiguration
		}
	case errors.As(err, &unreadable):
		code, hint = CodeState, unreadableHint(unreadable)
	case errors.As(err, &unwritable):
		code, hint = CodeState, unwritableHint(unwritable, step != nil)
	case errors.As(err, &silent):
		code, hint = CodeNotAnswering, silent.Hint()
	case errors.As(err, &nameless):
		code, hint = CodeNotAnswering, "an emulator's load balancer is not for this machine to reach: add --no-probe"
	case errors.As(err, &unled):
		code, hint = CodeNotAnswering, "the page itself comes over HTTPS; platformctl status names what else has changed, and the same command looks again"
	case errors.As(err, &remaining):
		code = CodeRemaining
	case errors.As(err, &sick):
		code, hint = CodeUnhealthy, unhealthyHint(sick)
	case errors.As(err, &timeout):
		code = CodeTimeout
	case awsapi.CauseOf(err) != "":
		code, own, hint = cause(awsapi.CauseOf(err)), knownCode(err), causeHint(err)
		if step == nil {
			err = errors.New(awsapi.Text(err))
		} else {
			hint += ". Then the same command goes on from there: what was done is recorded"
		}
	case step != nil:
		own = knownCode(err)
	case errors.As(err, &cloud), errors.Is(err, daemon.ErrNotRunning):
		code = CodeLocalCloud
	}
	if errors.As(err, &takenBack) {
		hint = "the version before serves in full. Correct the configuration and run platformctl up again"
	}
	row := rowOf(code)
	detail := report.FailureDetail{Code: cmp.Or(own, string(code)), Message: err.Error(), Hint: cmp.Or(hint, row.Next), Resource: about}
	if isUnproven {
		detail.DNSRecords = unproven.Records
	}
	if blocked != nil {
		detail.Blockers = report.BlockersOf(blocked.Blockers)
	}
	return cmp.Or(row.Exit, Failed), report.Failure{Error: detail}
}

// blockedHint says what to do about what is in the way, and what is protected.
func blockedHint(e *preflight.Blocked) string {
	protected := slices.ContainsFunc(e.Blockers, func(b resource.Blocker) bool { return b.Protection != "" })
	switch {
	case slices.ContainsFunc(e.Blockers, resource.Blocker.Untagged):
		return "put the tags back, as named beside each, and lift or move what else is named; then the same command goes on"
	case !protected:
		return "delete or move them, or give back the tags that are gone; then the same command goes on"
	case e.Foreign():
		return "delete or move what isn't the platform's, and lift what protects the rest, as named beside it; then the same command goes on"
	}
	return "lift it as named beside it, where that is meant; then the same command goes on"
}

// unhealthyHint says what to do about an instance that doesn't become healthy.
func unhealthyHint(e *verify.Unhealthy) string {
	switch network := e.Network(); {
	case network != "":
		return network + ". Nothing is replaced for it"
	case e.Elsewhere && e.Inspected:
		return "nothing is replaced for it, and the same command waits again. What platformctl compares of the network is as configured, so look at what it doesn't see " +
			"(a firewall or an appliance on the way, what runs on the instance); a new instance takes its place once it is terminated: aws ec2 terminate-instances, then platformctl up"
	case e.Elsewhere:
		return "nothing is replaced for it, and the same command waits again; platformctl status shows whether anything has changed"
	}
	hint := rowOf(CodeUnhealthy).Next
	if e.TakenBack {
		hint = "correct the configuration and run platformctl up again"
		if e.Others {
			return "the version before serves in full. C" + hint[1:]
		}
		return hint + "; platformctl status shows how the group is now"
	}
	if e.Others {
		return "the healthy instances serve on. " + strings.ToUpper(hint[:1]) + hint[1:]
	}
	return hint
}
