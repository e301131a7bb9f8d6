// Package shell interprets shell scripts as an instance would run them, without anything of this machine: the
// language and its builtins are real, the files are those below the instance's root directory, and the only programs
// are those that the caller gives. What they do is the caller's business.
//
// It has a little more than 1,500 lines because builtins, expansions and the budget of a script share its state.
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

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
)

// Exit statuses that POSIX gives a meaning.
const (
	Usage    = 2
	NotFound = 127
)

// Command is a program of the instance. It returns its exit status.
type Command func(ctx context.Context, p Process) int

// Process is one run of a Command.
type Process struct {
	Args           []string // the command's name is the first
	Dir            string   // as the instance sees it
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Options say what to run, and where. Root and Disk are required.
type Options struct {
	Root   string // the instance's root directory on this machine
	Script string
	// Dir is where the script begins, as the instance sees it; "" means /.
	Dir            string
	Commands       map[string]Command
	Stdout, Stderr io.Writer
	Disk           *disk.Disk // of the instance
}

// Run interprets the script as sh would and returns its exit status. It ends early, with ctx's error, when ctx ends. A
// script that needs more memory, disk or commands than budget.go has ends with Usage, and says so.
func Run(ctx context.Context, o Options) (status int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what the script left in the background ends with it
	shared := &output{}
	defer shared.end()
	o.Stdout, o.Stderr = shared.to(o.Stdout), shared.to(o.Stderr)
	file, err := prepare(o.Script, "sh")
	if err != nil {
		fmt.Fprintln(o.Stderr, err)
		return Usage, nil
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return 0, fmt.Errorf("open the instance's files: %w", err)
	}
	defer root.Close()
	within, end := context.WithCancel(ctx)
	defer end()
	o.Disk.Measure()
	budget := &budget{end: end, disk: o.Disk, stderr: o.Stderr}
	files := files{root, budget, &sources{}}
	start := path.Join("/", o.Dir)
	if info, err := root.Stat(Inside(start)); start != "/" && (err != nil || !info.IsDir()) {
		fmt.Fprintf(o.Stderr, "chdir %s: no such file or directory\n", start)
		return 1, nil
	}
	runner, err := interp.New(
		interp.Env(expand.ListEnviron(append(users(), "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "UID=0", "EUID=0", "GID=0",
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=/nowhere", "LANG=C.UTF-8")...)),
		interp.StdIO(nil, o.Stdout, o.Stderr),
		interp.CallHandler(o.call(budget, files.source)),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return o.exec(budget) }),
		interp.OpenHandler(files.open), interp.StatHandler(files.stat), interp.ReadDirHandler2(files.readDir), interp.AccessHandler(files.access),
		// Not interp.Dir, which looks for the directory on this machine.
		func(r *interp.Runner) error { r.Dir = start; return nil },
	)
	if err != nil {
		return 0, fmt.Errorf("make a shell: %w", err)
	}
	err = interpret(within, runner, file)
	var exit interp.ExitStatus
	switch met := budget.met(); {
	case met != nil && ctx.Err() == nil:
		fmt.Fprintln(o.Stderr, met)
		return Usage, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.As(err, &exit):
		return int(exit), nil
	case err == nil && budget.wasFull():
		return 1, nil // the interpreter's own commands succeed where what they write is lost
	case err != nil:
		fmt.Fprintln(o.Stderr, err)
		return Usage, nil
	}
	return 0, nil
}

// interpret runs a script. What the interpreter can't do ends the script, not this program.
func interpret(ctx context.Context, runner *interp.Runner, file *syntax.File) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("platformctl local cloud: the script does what isn't simulated: %v", r)
		}
	}()
	return runner.Run(ctx, file)
}

// users are the homes of the instance's users in the form in which the interpreter asks for them, and the numbers of
// processes: without them it would ask this machine.
func users() (env []string) {
	for name, home := range homes() {
		env = append(env, "HOME "+name+"="+home)
	}
	return append(env, processNumbers()...)
}

// call stands before every command. Builtins that look for programs, or know processes,
// would do so on this machine: the commands of those names take their place. Those that
// evaluate a text get one that is prepared.
func (o Options) call(b *budget, s *sources) interp.CallHandlerFunc {
	return func(ctx context.Context, args []string) ([]string, error) {
		if err := b.command(interp.HandlerCtx(ctx).Env, args); err != nil {
			return nil, err
		}
		if err := sound(args); err != nil {
			return nil, b.refuse(err)
		}
		switch {
		case args[0] == "kill":
			return append([]string{"/usr/bin/kill"}, args[1:]...), nil
		case args[0] == "type", args[0] == "hash", args[0] == "command" && len(args) > 1 && (args[1] == "-v" || args[1] == "-V"):
			rest := slices.DeleteFunc(slices.Clone(args[1:]), func(a string) bool { return strings.HasPrefix(a, "-") })
			return append([]string{"/usr/bin/which"}, rest...), nil
		}
		evaluated, err := evaluates(slices.Clone(args), s)
		if err != nil {
			return nil, b.refuse(err)
		}
		return evaluated, nil
	}
}

// evaluates prepares what a command evaluates, wherever it stands among the arguments.
func evaluates(args []string, s *sources) ([]string, error) {
	i := builtinAt(args)
	rest := args[i+1:]
	switch args[i] {
	case "eval":
		text, err := prepared(strings.Join(rest, " "))
		return append(args[:i+1], text), err
	case "trap":
		if len(rest) > 0 && rest[0] == "--" {
			rest = rest[1:]
		}
		if len(rest) < 2 || rest[0] == "-" {
			return args, nil
		}
		text, err := prepared(rest[0])
		rest[0] = text
		return args, err
	case "source", ".":
		if len(rest) > 0 {
			s.expect(rest[0])
		}
	case "shopt":
		if slices.Contains(rest, "expand_aliases") {
			return nil, notSimulatedError{"shopt expand_aliases"}
		}
	}
	return args, nil
}

// exec carries out a command that isn't a builtin.
func (o Options) exec(b *budget) interp.ExecHandlerFunc {
	return func(ctx context.Context, args []string) error { return o.program(ctx, b, args) }
}

func (o Options) program(ctx context.Context, b *budget, args []string) error {
	at := interp.HandlerCtx(ctx)
	name := args[0]
	if at, base := path.Split(name); slices.Contains([]string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"}, at) {
		name = base
	}
	p := Process{Args: append([]string{name}, args[1:]...), Dir: at.Dir, Stdin: at.Stdin, Stdout: outputOf{at.Stdout, b}, Stderr: outputOf{at.Stderr, b}}
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
