package model

import (
	"time"
	"unicode/utf8"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Status is an invocation's status.
type Status string

// The statuses of an invocation.
const (
	Pending    Status = "Pending"
	InProgress Status = "InProgress"
	Delayed    Status = "Delayed"
	Success    Status = "Success"
	Cancelled  Status = "Cancelled"
	TimedOut   Status = "TimedOut"
	Failed     Status = "Failed"
	Cancelling Status = "Cancelling"
)

// Final reports whether a status stays.
func (s Status) Final() bool {
	return s == Success || s == Cancelled || s == TimedOut || s == Failed
}

// Invocation is a command on one instance.
type Invocation struct {
	world.Object // ID: the command's, a slash and the instance's
	CommandID    string
	InstanceID   string
	Status       Status
	Details      string // Status in more detail
	// ResponseCode is the script's exit status, or -1 while there is none.
	ResponseCode   int
	Started, Ended time.Time
	Stdout, Stderr string
}

// deliverStep is the time from a command to its begin on an instance, and retryStep that
// to the next attempt. AWS doesn't publish either.
func deliverStep() world.Step {
	return world.Step{Fast: 30 * time.Millisecond, AWS: time.Second, Met: true}
}
func retryStep() world.Step {
	return world.Step{Fast: 300 * time.Millisecond, AWS: 15 * time.Second}
}

// appearStep is how long a new invocation can't be asked for.
// Source: GetCommandInvocation's InvocationDoesNotExist right after SendCommand, as seen
// in public logs.
func appearStep() world.Step { return world.Step{Fast: 50 * time.Millisecond, AWS: time.Second} }

// Visible reports whether the invocation can be asked for.
func (i *Invocation) Visible(tx *world.Tx) bool {
	return tx.Now().Sub(i.Created) >= tx.Duration(appearStep())
}

func invocationKind() world.AnyKind {
	return world.Kind[Invocation, *Invocation]{
		Name: "ssm-invocation", Untaggable: true, NotFound: func(...string) error { return InvalidCommandID() },
		Parent: func(i *Invocation) string { return i.CommandID },
		Settle: settleInvocation,
	}
}

func settleInvocation(tx *world.Tx, i *Invocation, to string) {
	c, there := world.Get[Command](tx, i.CommandID)
	if !there || i.Status.Final() {
		return
	}
	end := func(status Status, details string) {
		world.Edit(tx, i.ID, func(i *Invocation) { i.Status, i.Details, i.Ended = status, details, tx.Now() })
	}
	if to == "expire" {
		end(TimedOut, "DeliveryTimedOut")
		return
	}
	instance, exists := world.Get[compute.Instance](tx, i.InstanceID)
	m, managed := world.Get[ManagedInstance](tx, i.InstanceID)
	latest := c.Created.Add(c.Timeout)
	switch {
	case !exists || instance.State == compute.Terminated || !managed:
		end(Failed, "Undeliverable")
	case m.Connection == online && reaches(tx, instance):
		world.Edit(tx, i.ID, func(i *Invocation) {
			i.Status, i.Details, i.Started = InProgress, "InProgress", tx.Now()
			i.Next = &world.Transition{At: c.ExpiresAfter(), To: "expire"}
		})
	case !tx.Now().Before(latest):
		end(TimedOut, "DeliveryTimedOut")
	default:
		world.Edit(tx, i.ID, func(i *Invocation) {
			i.Status, i.Details = Delayed, "Delayed"
			i.Become(tx, "deliver", retryStep())
			if i.Next.At.After(latest) {
				i.Next.At = latest
			}
		})
	}
}

// InvocationsOf lists a command's invocations.
func InvocationsOf(tx *world.Tx, commandID string) []*Invocation {
	return world.Of[Invocation](tx, commandID)
}

// Due lists the invocations that are to be carried out, or cancelled, now.
func Due(tx *world.Tx) []*Invocation {
	return world.Where(tx, func(i *Invocation) bool { return i.Status == InProgress || i.Status == Cancelling })
}

// The lengths of what is kept of a script's output, in characters.
// Source: API reference of GetCommandInvocation, and the service's model.
const (
	mostStdout = 24_000
	mostStderr = 8_000
)

// Outcome is how an invocation ended.
type Outcome struct {
	Status         Status
	Details        string
	ResponseCode   int
	Stdout, Stderr string
}

// Finish notes what became of an invocation. One that has ended already stays as it is.
func Finish(tx *world.Tx, id string, o Outcome) {
	if i, there := world.Get[Invocation](tx, id); !there || i.Status.Final() {
		return
	}
	world.Edit(tx, id, func(i *Invocation) {
		i.Status, i.Details, i.ResponseCode, i.Ended = o.Status, o.Details, o.ResponseCode, tx.Now()
		i.Stdout, i.Stderr = shorten(o.Stdout, mostStdout), shorten(o.Stderr, mostStderr)
		i.Stay()
	})
}

// Cancel cancels a command on instances, or on all of its own where none are named. What
// has begun is interrupted; what has ended stays as it is.
func Cancel(tx *world.Tx, commandID string, instanceIDs []string) error {
	c, err := world.Find[Command](tx, commandID)
	if err != nil {
		return err
	}
	var chosen []*Invocation
	for _, id := range instanceIDs {
		i, there := world.Get[Invocation](tx, c.ID+"/"+id)
		if !there {
			return invalidState([]string{id})
		}
		chosen = append(chosen, i)
	}
	if len(instanceIDs) == 0 {
		chosen = InvocationsOf(tx, c.ID)
	}
	for _, i := range chosen {
		switch i.Status {
		case Pending, Delayed:
			world.Edit(tx, i.ID, func(i *Invocation) {
				i.Status, i.Details, i.Ended = Cancelled, "Cancelled", tx.Now()
				i.Stay()
			})
		case InProgress:
			world.Edit(tx, i.ID, func(i *Invocation) { i.Status, i.Details = Cancelling, "Cancelling" })
		}
	}
	return nil
}

// shorten keeps a text within a number of characters. What is lost is marked, as the agent
// does.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	const mark = "\n---Output truncated---"
	return string([]rune(text)[:most-len(mark)]) + mark
}
