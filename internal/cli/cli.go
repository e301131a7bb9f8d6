// Package cli is the command line: one file a command, each with its options,
// its flags and a plain function that does the work by calling the packages
// below. Nothing is decided here that a program without a command line would
// need, too. What all commands share is in session, exit, help and complete.
//
// It has more than 1,500 lines because each command stands here with its help.
package cli

import (
	"context"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/session"
)

// Environment is what the process was started with.
type Environment = session.Environment

// Global are the flags that every command has, and the environment.
type Global = session.Global

// ExitOK is the exit code of a command that did what it was to do, and found all well.
const ExitOK = exit.OK

// ExitMissed is the exit code of a drill that missed its objective.
const ExitMissed = exit.Missed

// Run runs the command line under a context and returns the exit code.
func Run(ctx context.Context, env Environment) int {
	global := session.Start(env)
	root := NewRoot(global)
	root.SetArgs(env.Args)
	ended := make(chan int, 1)
	go func() {
		cmd, err := root.ExecuteContextC(ctx)
		ended <- global.End(ctx, cmd, err)
	}()
	select {
	case code := <-ended:
		return code
	case <-env.Hurry:
		return global.EndNow(ctx)
	}
}
