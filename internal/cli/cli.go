// Package cli is the command line: one file a command, each with its options,
// its flags and a plain function that does the work by calling the packages
// below. Nothing is decided here that a program without a command line would
// need, too.
package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/platformctl/platformctl/internal/report"
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
	Streams    report.Streams
}

// System is the environment of this process.
func System() Environment {
	env := Environment{Args: os.Args[1:], Env: os.Environ(), In: os.Stdin}
	env.Dir, _ = os.Getwd()
	env.Exe, _ = os.Executable()
	env.InTerminal = term.IsTerminal(int(os.Stdin.Fd()))
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil || width <= 0 {
		width = 100
	}
	terminal := term.IsTerminal(int(os.Stderr.Fd())) && env.get("TERM") != "dumb"
	outTerminal := term.IsTerminal(int(os.Stdout.Fd()))
	env.Streams = report.Streams{
		Out: os.Stdout, Err: os.Stderr,
		Terminal: terminal, OutTerminal: outTerminal,
		Color: (terminal || outTerminal) && env.get("NO_COLOR") == "",
		Width: width,
		Size: func() (int, int) {
			width, height, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil {
				return 0, 0
			}
			return width, height
		},
	}
	return env
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

// Main runs the command line and returns the exit code.
//
// The first interrupt ends the context: calls under way finish and are
// recorded. The second one ends the process at once; the state is whole then,
// too, because every intent is on disk before its call.
func Main(env Environment) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		<-signals
		cancel()
		<-signals
		env.Streams.Restore()
		os.Exit(ExitInterrupted)
	}()
	return Run(ctx, env)
}

// Run runs the command line under a context and returns the exit code.
func Run(ctx context.Context, env Environment) int {
	global := &Global{Environment: env}
	root := NewRoot(global)
	root.SetArgs(env.Args)
	root.SetIn(env.In)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return ExitOK
	}
	return global.fail(ctx, err)
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

	command *cobra.Command // the one that runs
}

// JSON reports whether standard output is to hold one JSON document.
func (g *Global) JSON() bool { return g.Output == "json" }

// streams are the streams as the flags want them.
func (g *Global) streams() report.Streams {
	s := g.Streams
	if g.NoColor {
		s.Color = false
	}
	return s
}

// emit writes a document: as JSON, or as the text that render writes.
func (g *Global) emit(document any, render func()) error {
	if g.JSON() {
		return report.JSON(g.Streams.Out, document)
	}
	render()
	return nil
}

// confirm asks a question that is answered by yes or no.
func (g *Global) confirm(question string) (bool, error) {
	if _, err := fmt.Fprintf(g.Streams.Err, "%s [y/N] ", question); err != nil {
		return false, err
	}
	line, err := bufio.NewReader(g.In).ReadString('\n')
	if err != nil && line == "" {
		return false, nil //nolint:nilerr // no answer is a no
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
