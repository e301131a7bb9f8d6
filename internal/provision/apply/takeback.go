package apply

import (
	"fmt"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// TakenBack is the error of a change that AWS accepted and undid, by itself or because this run asked for it: the object is ready
// as it was before.
type TakenBack struct {
	Reason string
	// Suspect is the ID of the instance that shows why; "" where none is known.
	Suspect string
	// Console is what that instance had last written when it was seen; "" where nothing was.
	Console string
}

// Error says that it is as before, and why.
func (e *TakenBack) Error() string { return "the change was taken back: " + e.Reason }

// takeBack asks AWS, once, to undo a change that can't succeed.
func (x *execution) takeBack(step *plan.Step, diagnosis resource.Diagnosis) error {
	run := x.runs[step]
	if run.undone.Reason != "" {
		return nil
	}
	x.tellReason(step, diagnosis.Reason+"; it is taken back")
	if err := diagnosis.TakeBack(x.begin); err != nil {
		return fmt.Errorf("take back a change that can't succeed (%s): %w", diagnosis.Reason, err)
	}
	run.undone = diagnosis
	if diagnosis.Suspect != "" {
		run.console, _ = awsapi.ConsoleOutput(x.begin, x.Clients, diagnosis.Suspect) // it is only to show, and soon gone
	}
	return nil
}

// takenBack is the error of an object that is ready, and not as wanted, because a change that this run has made, or has followed,
// was undone; nil of any other.
func (x *execution) takenBack(step *plan.Step, object resource.Object, changes []resource.Change, changed bool) error {
	if !changed || len(changes) == 0 || step.Handler.TakenBack == nil {
		return nil
	}
	reason := step.Handler.TakenBack(object, changes)
	if reason == "" {
		return nil
	}
	undone := x.runs[step].undone
	if undone.Reason != "" {
		reason = undone.Reason + "; " + reason
	}
	return &TakenBack{Reason: reason, Suspect: undone.Suspect, Console: x.runs[step].console}
}
