package guest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// commands are the programs that scripts find on the instance, besides the shell's own.
func (g *Guest) commands() map[string]shell.Command {
	all := map[string]shell.Command{
		"systemctl": g.systemctlCommand, "pgrep": g.pgrep, "pkill": g.pkill, "kill": g.killCommand,
		"cat": g.cat, "curl": g.curl, "hostname": g.hostname, "uptime": g.uptime, "sleep": g.sleep, "whoami": whoami,
	}
	if g.installed("nginx") {
		all["nginx"] = g.nginxCommand
	}
	return all
}

// complain writes to the process's standard error and returns the status.
func complain(p shell.Process, status int, format string, args ...any) int {
	fmt.Fprintf(p.Stderr, format+"\n", args...)
	return status
}

func notSimulated(p shell.Process) int {
	return complain(p, shell.Usage, "platformctl local cloud: %q is not simulated", strings.Join(p.Args, " "))
}

func whoami(_ context.Context, p shell.Process) int {
	fmt.Fprintln(p.Stdout, "root")
	return 0
}

func (g *Guest) hostname(_ context.Context, p shell.Process) int {
	switch strings.Join(p.Args[1:], " ") {
	case "", "-f", "--fqdn":
		fmt.Fprintln(p.Stdout, g.options.LocalHostname)
	case "-s", "--short":
		fmt.Fprintln(p.Stdout, strings.SplitN(g.options.LocalHostname, ".", 2)[0])
	case "-i", "-I":
		fmt.Fprintln(p.Stdout, g.options.PrivateIP)
	default:
		return notSimulated(p)
	}
	return 0
}

func (g *Guest) uptime(_ context.Context, p shell.Process) int {
	if len(p.Args) > 1 {
		return notSimulated(p)
	}
	g.mu.Lock()
	up := g.options.Clock.Now().Sub(g.power)
	g.mu.Unlock()
	fmt.Fprintf(p.Stdout, " %s up %d min,  0 users,  load average: 0.00, 0.00, 0.00\n", g.options.Clock.Now().UTC().Format(time.TimeOnly), int(up.Minutes()))
	return 0
}

func (g *Guest) sleep(ctx context.Context, p shell.Process) int {
	var wait time.Duration
	for _, text := range p.Args[1:] {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			text += "s"
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return complain(p, 1, "sleep: invalid time interval '%s'", strings.TrimSuffix(text, "s"))
		}
		wait += d
	}
	timer := g.options.Clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
		return 0
	case <-ctx.Done():
		return 1
	}
}

func (g *Guest) cat(_ context.Context, p shell.Process) (status int) {
	if slices.ContainsFunc(p.Args[1:], func(a string) bool { return len(a) > 1 && a[0] == '-' }) {
		return notSimulated(p)
	}
	copyFrom := func(r io.Reader) {
		if _, err := io.Copy(p.Stdout, r); err != nil {
			status = 1
		}
	}
	names := p.Args[1:]
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		if name == "-" {
			copyFrom(p.Stdin)
			continue
		}
		full := name
		if !path.IsAbs(full) {
			full = path.Join(p.Dir, full)
		}
		// Under the root alone: no path and no link leads out of it.
		f, err := os.OpenInRoot(g.root(), strings.TrimPrefix(path.Clean("/"+full), "/"))
		if err != nil {
			status = complain(p, 1, "cat: %s: No such file or directory", name)
			continue
		}
		copyFrom(f)
		f.Close()
	}
	return status
}

// pgrep and pkill know one process by name, nginx.
func (g *Guest) pgrep(_ context.Context, p shell.Process) int {
	names, options := shell.Operands(p.Args[1:])
	if len(names) != 1 || !shell.Only(options, "-x", "-f", "-o", "-n") {
		return notSimulated(p)
	}
	if names[0] != "nginx" || !g.running() {
		return 1
	}
	fmt.Fprintln(p.Stdout, nginxPID)
	return 0
}

func (g *Guest) pkill(ctx context.Context, p shell.Process) int {
	signal, rest, ok := shell.SignalOf(p.Args[1:])
	names, options := shell.Operands(rest)
	if !ok || len(names) != 1 || !shell.Only(options, "-x", "-f") {
		return notSimulated(p)
	}
	if names[0] != "nginx" {
		return 1
	}
	return g.sendSignal(ctx, p, signal)
}

func (g *Guest) killCommand(ctx context.Context, p shell.Process) int {
	signal, rest, ok := shell.SignalOf(p.Args[1:])
	if !ok || len(rest) == 0 {
		return notSimulated(p)
	}
	status := 0
	for _, pid := range rest {
		if pid != strconv.Itoa(nginxPID) || !g.running() {
			status = complain(p, 1, "sh: kill: (%s) - No such process", pid)
			continue
		}
		status = max(status, g.sendSignal(ctx, p, signal))
	}
	return status
}

// sendSignal sends nginx a signal. It fails where nginx doesn't run.
func (g *Guest) sendSignal(ctx context.Context, p shell.Process, signal string) int {
	there, err := g.signalNginx(ctx, signal)
	switch {
	case err != nil:
		return complain(p, shell.Usage, "%v", err)
	case !there:
		return 1
	}
	return 0
}
