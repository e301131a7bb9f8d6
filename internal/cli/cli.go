// Package cli is the command line: one file a command, each with its options,
// its flags and a plain function that does the work by calling the packages
// below. Nothing is decided here that a program without a command line would
// need, too.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/present/report"
)

// Environment is what the process was started with.
type Environment struct {
	Args []string // without the program's name
	Env  []string
	Dir  string
	Exe  string
	In   io.Reader
	// InTerminal says that somebody is there to answer a question.
	InTerminal bool
	// Hurry is closed when the user won't wait for calls under way: Run then
	// returns at once, and the process is to end. Nil: never.
	Hurry   <-chan struct{}
	Streams report.Streams
}

// get is an environment variable; "" where it is not set.
func (e Environment) get(name string) string {
	for i := len(e.Env) - 1; i >= 0; i-- {
		if key, value, ok := strings.Cut(e.Env[i], "="); ok && key == name {
			return value
		}
	}
	return ""
}

// Run runs the command line under a context and returns the exit code.
func Run(ctx context.Context, env Environment) int {
	out := &output{Writer: env.Streams.Out}
	env.Streams.Out = out
	global := &Global{Environment: env, out: out}
	root := NewRoot(global)
	root.SetArgs(env.Args)
	global.say = func(line string) { fmt.Fprintln(env.Streams.Err, line) }
	ended := make(chan int, 1)
	go func() {
		if cmd, err := root.ExecuteContextC(ctx); err != nil {
			global.command = cmd // the one that was meant, also where it didn't come to run
			ended <- global.fail(ctx, err)
			return
		}
		if err := out.lost(); err != nil {
			ended <- global.fail(ctx, err)
			return
		}
		ended <- ExitOK
	}()
	select {
	case code := <-ended:
		return code
	case <-env.Hurry:
		env.Streams.Restore()
		if !global.last.TryLock() {
			return ExitInterrupted // its last words are being written, to whoever takes them
		}
		global.last.Unlock()
		return global.fail(ctx, errHurried)
	}
}

// errHurried is the error of a command that a second interrupt ended.
var errHurried = errors.New("interrupted twice, so calls under way were not waited for")

// Global are the flags that every command has, and the environment.
type Global struct {
	Environment
	Config  string
	State   string
	Output  string
	NoColor bool
	Yes     bool
	Verbose bool

	command *cobra.Command // the one that runs
	out     *output
	// force goes on although a lock is held, if its holder is known to be dead.
	force bool
	// neverAsks is of commands that change nothing for good.
	neverAsks bool
	// say writes a line of --verbose; above the progress, while there is one.
	say func(string)

	// last is held while the command's last words are written, and said that
	// they were: what standard output gets is one document.
	last sync.Mutex
	said bool
}

// JSON reports whether standard output is to hold one JSON document.
func (g *Global) JSON() bool { return g.Output == "json" }

// streams are the streams as the flags want them.
func (g *Global) streams() report.Streams {
	s := g.Streams
	s.Full = g.Verbose
	if g.NoColor {
		s.Color = false
	}
	return s
}

// emit writes a document: as JSON, or as the text that render writes.
func (g *Global) emit(document any, render func()) error {
	g.last.Lock()
	defer g.last.Unlock()
	g.said = true
	if g.JSON() {
		return report.JSON(g.Streams.Out, document)
	}
	render()
	return nil
}

// progress shows what a command does, and takes the lines of --verbose.
func (g *Global) progress(streams report.Streams, title string) *report.Progress {
	p := report.NewProgress(streams, title)
	g.say = p.Line
	context.AfterFunc(g.command.Context(), func() {
		p.Note("interrupted: calls under way are finished and recorded; a second Ctrl-C ends at once")
	})
	return p
}
