package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest"
	ssmmodel "github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// agentLooksAgain is the pause until an agent tries again to carry out a command that its
// instance wasn't ready for.
const agentLooksAgain = time.Second

// killedStatus is the exit status of a script that the agent had to end: 128 and the
// number of SIGKILL.
const killedStatus = 137

// errCancelled is why a script ends whose command was cancelled.
var errCancelled = errors.New("the command was cancelled")

// agents stand for the agents of Systems Manager on all instances: they register, and
// carry out what commands there are for them.
type agents struct {
	server *Server

	mu      sync.Mutex
	running map[agentTask]context.CancelCauseFunc
	wg      sync.WaitGroup
}

type agentTask struct{ region, invocation string }

// refresh lets the agents notice what has changed around them.
func (a *agents) refresh() error {
	var stale []string
	err := a.server.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			if ssmmodel.Stale(tx.In(region)) {
				stale = append(stale, region)
			}
		}
		return nil
	})
	for _, region := range stale {
		err = errors.Join(err, a.server.world.Update(region, func(tx *world.Tx) error {
			ssmmodel.Refresh(tx)
			return nil
		}))
	}
	return err
}

// work begins what is to be carried out, and cancels what is to be cancelled. It doesn't
// wait for either.
func (a *agents) work(ctx context.Context) error {
	due := map[agentTask]*ssmmodel.Invocation{}
	err := a.server.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			for _, i := range ssmmodel.Due(tx.In(region)) {
				due[agentTask{region, i.ID}] = i
			}
		}
		return nil
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	for task, i := range due {
		cancel, begun := a.running[task]
		switch {
		case i.Status == ssmmodel.Cancelling && begun:
			cancel(errCancelled)
		case !begun:
			ctx, cancel := context.WithCancelCause(ctx)
			if i.Status == ssmmodel.Cancelling { // since before this program began
				cancel(errCancelled)
			}
			a.running[task] = cancel
			a.wg.Go(func() {
				defer cancel(nil)
				a.carryOut(ctx, task, i)
				a.mu.Lock()
				delete(a.running, task)
				a.mu.Unlock()
			})
		}
	}
	return err
}

// carryOut runs a command's script on an instance and notes what became of it. What the
// end of this program interrupts is carried out again when it restarts, as an agent
// does with what it finds unfinished.
func (a *agents) carryOut(ctx context.Context, task agentTask, i *ssmmodel.Invocation) {
	for {
		outcome, done := a.attempt(ctx, task.region, i)
		if done {
			err := a.server.world.Update(task.region, func(tx *world.Tx) error {
				ssmmodel.Finish(tx, i.ID, outcome)
				return nil
			})
			if err != nil {
				a.server.log.Error("what became of a command isn't noted", "command", i.CommandID, "instance", i.InstanceID, "error", err)
			}
			return
		}
		timer := a.server.options.Clock.NewTimer(agentLooksAgain)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			if !errors.Is(context.Cause(ctx), errCancelled) {
				return
			}
		}
		if !a.unfinished(task) {
			return
		}
	}
}

// unfinished reports whether the invocation still waits for its end.
func (a *agents) unfinished(task agentTask) (yes bool) {
	err := a.server.world.View(task.region, func(tx *world.Tx) error {
		i, there := world.Get[ssmmodel.Invocation](tx, task.invocation)
		yes = there && !i.Status.Final()
		return nil
	})
	return yes && err == nil
}

// attempt runs the script. It isn't done where the instance isn't ready, or this program
// ends.
func (a *agents) attempt(ctx context.Context, region string, i *ssmmodel.Invocation) (o ssmmodel.Outcome, done bool) {
	cancelled := ssmmodel.Outcome{Status: ssmmodel.Cancelled, Details: "Cancelled", ResponseCode: -1}
	if errors.Is(context.Cause(ctx), errCancelled) {
		return cancelled, true
	}
	script := guest.Script{ID: i.ID}
	err := a.server.world.View(region, func(tx *world.Tx) error {
		c, err := world.Find[ssmmodel.Command](tx, i.CommandID)
		if err == nil {
			script.Text, script.Dir = c.Script()
			script.Timeout = c.Execution
		}
		return err
	})
	machine := a.server.plane.Guest(i.InstanceID)
	if err != nil || machine == nil {
		return o, false
	}
	result, err := machine.Run(ctx, script)
	o = ssmmodel.Outcome{Status: ssmmodel.Success, Details: "Success", ResponseCode: result.Status, Stdout: result.Stdout, Stderr: result.Stderr}
	switch {
	case errors.Is(err, guest.ErrTimeout):
		o.Status, o.Details, o.ResponseCode = ssmmodel.TimedOut, "ExecutionTimedOut", killedStatus
	case errors.Is(err, errCancelled):
		cancelled.Stdout, cancelled.Stderr = o.Stdout, o.Stderr
		return cancelled, true
	case errors.Is(err, guest.ErrOff), ctx.Err() != nil:
		return o, false
	case err != nil:
		o.Status, o.Details, o.ResponseCode, o.Stderr = ssmmodel.Failed, "Failed", -1, err.Error()
	case result.Status != 0:
		o.Status, o.Details = ssmmodel.Failed, "Failed"
		o.Stderr += fmt.Sprintf("failed to run commands: exit status %d", result.Status)
	}
	return o, true
}
