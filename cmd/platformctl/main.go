// Command platformctl puts a highly available web platform on AWS, or on its
// own local cloud, and takes it down again.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/muesli/termenv"
	"golang.org/x/term"

	"github.com/platformctl/platformctl/internal/cli"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

func main() { os.Exit(run()) }

// run runs the command line and returns the exit code.
//
// The first interrupt ends the context: calls under way finish and are
// recorded. The second one ends the process at once; the state is whole then,
// too, because every intent is on disk before its call.
func run() int {
	env := environment()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, interrupts()...)
	defer signal.Stop(signals)
	// The output's reader may be gone, as in "platformctl up | head -1". What
	// was begun is finished all the same. It must not be an interrupt: to be told
	// of it is to be told of every connection that its other end broke off, too.
	signal.Ignore(syscall.SIGPIPE)
	hurry := make(chan struct{})
	env.Hurry = hurry
	go func() {
		<-signals
		cancel()
		<-signals
		close(hurry)
	}()
	return cli.Run(ctx, env)
}

// interrupts are the signals that end a run in good order. One that is
// ignored from the start, as nohup wants it, still is.
func interrupts() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// environment is what this process was started with.
func environment() cli.Environment {
	dir, _ := os.Getwd()
	exe, _ := os.Executable()
	errTerminal := isTerminal(os.Stderr) && os.Getenv("TERM") != "dumb" && obeys(os.Stderr)
	outTerminal := isTerminal(os.Stdout) && os.Getenv("TERM") != "dumb"
	return cli.Environment{
		Args: os.Args[1:], Env: os.Environ(), Dir: dir, Exe: exe,
		In: os.Stdin, InTerminal: isTerminal(os.Stdin),
		Streams: terminal.Streams{
			Out: os.Stdout, Err: os.Stderr,
			Terminal: errTerminal, OutTerminal: outTerminal,
			Color: (errTerminal || outTerminal && obeys(os.Stdout)) && os.Getenv("NO_COLOR") == "",
			Size: func() (width, height int) {
				for _, file := range []*os.File{os.Stderr, os.Stdout} { // either may be a file
					if width, height, err := term.GetSize(int(file.Fd())); err == nil {
						return width, height
					}
				}
				return 0, 0
			},
		},
	}
}

// obeys makes a console of Windows obey escape sequences, as every other terminal
// does; the oldest can't.
func obeys(terminal *os.File) bool {
	_, err := termenv.EnableVirtualTerminalProcessing(termenv.NewOutput(terminal))
	return err == nil
}

func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }
