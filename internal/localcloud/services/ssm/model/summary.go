package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Summary is a command's status as that of its invocations together.
type Summary struct {
	Status  Status
	Details string
	// Targets counts the invocations, Completed those that have ended, Errors those that
	// failed, and DeliveryTimedOut those that never began.
	Targets, Completed, Errors, DeliveryTimedOut int
}

// Summarize sums up a command's invocations. One failure makes the command fail, as
// MaxErrors is 0.
// Source: Systems Manager User Guide, "Understanding command statuses".
func Summarize(tx *world.Tx, commandID string) Summary {
	found := map[string]bool{}
	var s Summary
	for _, i := range InvocationsOf(tx, commandID) {
		s.Targets++
		found[i.Details] = true
		if i.Status.Final() {
			s.Completed++
		}
		switch i.Details {
		case "Failed", "ExecutionTimedOut":
			s.Errors++
		case "DeliveryTimedOut":
			s.DeliveryTimedOut++
		}
	}
	switch {
	case s.Targets == 0:
		s.Status, s.Details = Success, "NoInstancesInTag"
	case found["Cancelling"]:
		s.Status, s.Details = Cancelling, "Cancelling"
	case s.Completed < s.Targets && (s.Completed > 0 || found["InProgress"]):
		s.Status, s.Details = InProgress, "InProgress"
	case s.Completed < s.Targets:
		s.Status, s.Details = Pending, "Pending"
	case found["Failed"]:
		s.Status, s.Details = Failed, "Failed"
	case found["ExecutionTimedOut"]:
		s.Status, s.Details = TimedOut, "ExecutionTimedOut"
	case found["DeliveryTimedOut"]:
		s.Status, s.Details = TimedOut, "DeliveryTimedOut"
	case found["Cancelled"]:
		s.Status, s.Details = Cancelled, "Cancelled"
	case found["Undeliverable"]:
		s.Status, s.Details = Failed, "Incomplete"
	default:
		s.Status, s.Details = Success, "Success"
	}
	return s
}
