// Package session is what every command stands on: the flags and the environment
// that it was started with, the streams that it writes to, and the open platform
// that it works on, with its configuration, its cloud, its state and the locks.
// What one command does belongs in that command's file.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/present/terminal"
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
	Streams terminal.Streams
}

// Get is an environment variable; "" where it is not set.
func (e Environment) Get(name string) string {
	for i := len(e.Env) - 1; i >= 0; i-- {
		if key, value, ok := strings.Cut(e.Env[i], "="); ok && key == name {
			return value
		}
	}
	return ""
}

// Global are the flags that every command has, and the environment.
type Global struct {
	Environment
	Config  string
	State   string
	Output  string
	NoColor bool
	Yes     bool
	Verbose bool

	// Command is the one that runs.
	Command *cobra.Command
	// Force goes on although a lock is held, if its holder is known to be dead.
	Force bool
	// NeverAsks is of commands that change nothing for good.
	NeverAsks bool
	// Say writes a line of --verbose; above the progress, while there is one.
	Say func(string)

	// refusal is why help wasn't shown, for which a command line library has no error.
	refusal error
	// local says that the command works on the local cloud.
	local bool

	out *output
	// last is held while the command's last words are written, and said that
	// they were: what standard output gets is one document.
	last sync.Mutex
	said bool
}

// JSON reports whether standard output is to hold one JSON document.
func (g *Global) JSON() bool { return g.Output == "json" }

// Present are the streams as the flags want them.
func (g *Global) Present() terminal.Streams {
	s := g.Streams
	s.Full, s.Flags = g.Verbose, g.PlatformFlags()
	if g.NoColor {
		s.Color = false
	}
	return s
}

// Emit writes a document: as JSON, or as the text that render writes.
func (g *Global) Emit(document any, render func()) error {
	g.last.Lock()
	defer g.last.Unlock()
	g.said = true
	if g.JSON() {
		return terminal.JSON(g.Streams.Out, document)
	}
	render()
	return nil
}

// Progress shows what a command does, and takes the lines of --verbose.
func (g *Global) Progress(streams terminal.Streams, title string) *progress.Progress {
	p := progress.New(streams, title)
	g.Say = p.Line
	context.AfterFunc(g.Command.Context(), func() {
		p.Note("interrupted: calls under way are finished and recorded; a second Ctrl-C ends at once")
	})
	return p
}

// Start makes the flags and streams of one command line.
func Start(env Environment) *Global {
	out := &output{Writer: env.Streams.Out}
	env.Streams.Out = terminal.Guard(out, env.Streams.OutTerminal)
	env.Streams.Err = terminal.Guard(env.Streams.Err, env.Streams.Terminal)
	return &Global{Environment: env, out: out, Say: func(line string) { env.Streams.OnErr().Text(line) }}
}

// End is the exit code of the command that ran, with its error, which it tells the
// user of.
func (g *Global) End(ctx context.Context, cmd *cobra.Command, err error) int {
	err = cmp.Or(err, g.refusal)
	if err != nil {
		g.Command = cmd // the one that was meant, also where it didn't come to run
		return g.fail(ctx, err)
	}
	if err := g.WriteError(); err != nil {
		return g.fail(ctx, err)
	}
	return exit.OK
}

// EndNow is the exit code of a command that a second interrupt ends at once.
func (g *Global) EndNow(ctx context.Context) int {
	g.Streams.ShowCursor()
	if !g.last.TryLock() {
		return exit.Interrupted // its last words are being written, to those who read them
	}
	g.last.Unlock()
	return g.fail(ctx, errors.New("interrupted twice, so calls under way were not waited for"))
}

// fail tells the user of an error, and returns the exit code.
func (g *Global) fail(ctx context.Context, err error) int {
	var status exit.Status
	if errors.As(err, &status) {
		return status.Code
	}
	code, failure := exit.Explain(ctx, err)
	if failure.Error.Code == string(exit.CodeUsage) && g.Command != nil && g.Command.HasParent() {
		failure.Error.Hint = fmt.Sprintf("see %s --help", g.Command.CommandPath())
	}
	if hint := exit.OnLocalCloud(err); g.local && hint != "" {
		failure.Error.Hint = hint
	}
	failure.Error.Hint = g.Present().Hint(failure.Error.Hint)
	g.last.Lock()
	defer g.last.Unlock()
	said := g.said
	g.said = true
	if g.JSON() && !said {
		if err := terminal.JSON(g.Streams.Out, failure); err != nil {
			return exit.Failed
		}
		return code
	}
	failure.Show(g.Present())
	return code
}

// ShowHelp shows help, unless standard output is to hold a JSON document, which help is none: that ends as wrong usage.
func (g *Global) ShowHelp(show func()) {
	if !g.JSON() {
		show()
		return
	}
	g.refusal = ErrHelpAsJSON
}

// ErrHelpAsJSON is the wrong usage of --output json with what prints words for people, or for a shell.
var ErrHelpAsJSON = exit.Usage{
	Err:  errors.New("help and completion are text: they can't be used with --output json"),
	Hint: "leave --output json away",
}

// ReaderLeft says that nobody reads standard output any more.
func (g *Global) ReaderLeft() bool { return g.out.gone() }

// WriteError is the error of what could not be written to standard output.
func (g *Global) WriteError() error { return g.out.lost() }

// SayVerbose says what is of interest with --verbose alone.
func (g *Global) SayVerbose(line string) {
	if g.Verbose {
		g.Say(line)
	}
}

// InDir is a path as the user means it: from the working directory.
func (g *Global) InDir(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(g.Dir, path)
}
