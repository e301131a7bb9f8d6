// Package shell interprets shell scripts as an instance would run them, without anything of this machine: the
// language and its builtins are real, the files are those below the instance's root directory, and the only programs
// are those that the caller gives. What they do is the caller's business.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// Exit statuses that POSIX gives a meaning.
const (
	Usage    = 2
	NotFound = 127
)

// mostCommands bounds how many commands one script may carry out: a function that calls
// itself without end would use up this program's memory, not the instance's.
const mostCommands = 2_000

// errTooLong ends a script that carries out too many commands.
var errTooLong = errors.New("platformctl local cloud: a script of more than 2000 commands is not simulated")

// Command is a program of the instance. It returns its exit status.
type Command func(ctx context.Context, p Process) int

// Process is one run of a Command.
type Process struct {
	Args           []string // the command's name is the first
	Dir            string   // as the instance sees it
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Options say what to run, and where. Root is required.
type Options struct {
	Root   string // the instance's root directory on this machine
	Script string
	// Dir is where the script begins, as the instance sees it; "" means /.
	Dir            string
	Commands       map[string]Command
	Stdout, Stderr io.Writer
}

// Run interprets the script as sh would and returns its exit status. It ends early, with ctx's error, when ctx ends.
func Run(ctx context.Context, o Options) (status int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what the script left in the background ends with it
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(o.Script), "sh")
	if err != nil {
		fmt.Fprintln(o.Stderr, err)
		return Usage, nil
	}
	if what := notSimulated(file); what != "" {
		fmt.Fprintf(o.Stderr, "platformctl local cloud: %s is not simulated\n", what)
		return Usage, nil
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return 0, fmt.Errorf("open the instance's files: %w", err)
	}
	defer root.Close()
	files := files{root}
	start := path.Join("/", o.Dir)
	if info, err := root.Stat(Inside(start)); start != "/" && (err != nil || !info.IsDir()) {
		fmt.Fprintf(o.Stderr, "chdir %s: no such file or directory\n", start)
		return 1, nil
	}
	runner, err := interp.New(
		interp.Env(expand.ListEnviron("HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "UID=0", "EUID=0", "GID=0",
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/nowhere", "LANG=C.UTF-8")),
		interp.StdIO(nil, o.Stdout, o.Stderr),
		interp.CallHandler(o.call(new(atomic.Int64))),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return o.exec }),
		interp.OpenHandler(files.open), interp.StatHandler(files.stat), interp.ReadDirHandler2(files.readDir), interp.AccessHandler(files.access),
		// Not interp.Dir, which looks for the directory on this machine.
		func(r *interp.Runner) error { r.Dir = start; return nil },
	)
	if err != nil {
		return 0, fmt.Errorf("make a shell: %w", err)
	}
	err = runner.Run(ctx, file)
	var exit interp.ExitStatus
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &exit):
		return int(exit), nil
	case err != nil:
		fmt.Fprintln(o.Stderr, err)
		return Usage, nil
	}
	return 0, nil
}

// notSimulated names what of a script would need this machine: process substitution needs
// a pipe in its file system, other users' homes its list of users.
func notSimulated(file *syntax.File) (what string) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ProcSubst:
			what = "process substitution"
		case *syntax.Word:
			if len(n.Parts) == 0 {
				return true
			}
			if literal, ok := n.Parts[0].(*syntax.Lit); ok && len(literal.Value) > 1 && literal.Value[0] == '~' && literal.Value[1] != '/' {
				what = "the home directory in " + literal.Value
			}
		}
		return true
	})
	return what
}

// call stands before every command. Builtins that look for programs, or know processes,
// would do so on this machine: the commands of those names take their place.
func (o Options) call(count *atomic.Int64) interp.CallHandlerFunc {
	return func(_ context.Context, args []string) ([]string, error) {
		if count.Add(1) > mostCommands {
			return nil, errTooLong
		}
		switch {
		case args[0] == "kill":
			return append([]string{"/usr/bin/kill"}, args[1:]...), nil
		case args[0] == "type", args[0] == "hash", args[0] == "command" && len(args) > 1 && (args[1] == "-v" || args[1] == "-V"):
			rest := slices.DeleteFunc(slices.Clone(args[1:]), func(a string) bool { return strings.HasPrefix(a, "-") })
			return append([]string{"/usr/bin/which"}, rest...), nil
		}
		return args, nil
	}
}

// exec carries out a command that isn't a builtin.
func (o Options) exec(ctx context.Context, args []string) error {
	at := interp.HandlerCtx(ctx)
	name := args[0]
	if at, base := path.Split(name); slices.Contains([]string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"}, at) {
		name = base
	}
	p := Process{Args: append([]string{name}, args[1:]...), Dir: at.Dir, Stdin: at.Stdin, Stdout: at.Stdout, Stderr: at.Stderr}
	var status int
	command, known := o.Commands[name]
	switch {
	case known:
		status = command(ctx, p)
	case name == "which":
		status = o.which(p)
	case strings.Contains(name, "/"):
		fmt.Fprintf(at.Stderr, "sh: %s: No such file or directory\n", name)
		status = NotFound
	default:
		fmt.Fprintf(at.Stderr, "sh: %s: command not found\n", name)
		status = NotFound
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if status != 0 {
		return interp.ExitStatus(status) //nolint:gosec // exit statuses are below 256
	}
	return nil
}

func (o Options) which(p Process) (status int) {
	for _, name := range p.Args[1:] {
		if _, known := o.Commands[name]; known || interp.IsBuiltin(name) {
			fmt.Fprintf(p.Stdout, "/usr/bin/%s\n", name)
			continue
		}
		status = 1
	}
	return status
}
