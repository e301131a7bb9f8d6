package guest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// Exit statuses of systemctl. Source: systemctl(1), "Exit status".
const (
	notRunning = 3
	noSuchUnit = 4
)

// systemctlCommand is systemctl as scripts call it. Of services nginx alone does anything.
func (g *Guest) systemctlCommand(ctx context.Context, p shell.Process) int {
	args := slices.DeleteFunc(slices.Clone(p.Args[1:]), func(a string) bool { return a == "--no-pager" || a == "--no-block" || a == "--full" || a == "-l" })
	quiet := slices.Contains(args, "--quiet") || slices.Contains(args, "-q")
	args = slices.DeleteFunc(args, func(a string) bool {
		return a == "--quiet" || a == "-q" || strings.HasPrefix(a, "--kill-who=") || strings.HasPrefix(a, "--kill-whom=")
	})
	signal, args, ok := shell.SignalOf(args)
	if ok && len(args) == 1 && args[0] == "daemon-reload" {
		return 0
	}
	if !ok || len(args) != 2 || strings.HasPrefix(args[0], "-") {
		return notSimulated(p)
	}
	action, service := args[0], strings.TrimSuffix(args[1], ".service")
	say := func(status int, text string) int {
		if !quiet {
			fmt.Fprintln(p.Stdout, text)
		}
		return status
	}
	if !g.installed(service) {
		switch action {
		case "is-active", "is-failed":
			return say(noSuchUnit, unitInactive)
		case "status":
			return complain(p, noSuchUnit, "Unit %s.service could not be found.", service)
		}
		return complain(p, 5, "Failed to %s %s.service: Unit %s.service not found.", action, service, service)
	}
	state := unitActive
	if service == "nginx" {
		state = g.nginxUnit()
	}
	switch action {
	case "is-active":
		if state != unitActive {
			return say(notRunning, state)
		}
		return say(0, state)
	case "is-failed":
		if state != unitFailed {
			return say(1, state)
		}
		return say(0, state)
	case "is-enabled":
		g.mu.Lock()
		enabled := slices.Contains(g.record.Enabled, service)
		g.mu.Unlock()
		if !enabled {
			return say(1, "disabled")
		}
		return say(0, "enabled")
	case "status":
		return g.unitStatus(p, service, state)
	}
	if service != "nginx" {
		return notSimulated(p)
	}
	return g.changeNginx(ctx, p, action, signal, state)
}

// changeNginx carries out the actions that do something.
func (g *Guest) changeNginx(ctx context.Context, p shell.Process, action, signal, state string) int {
	start := func() int {
		if err := g.startNginx(); err != nil {
			return complain(p, 1, "Job for nginx.service failed because the control process exited with error code.\n"+
				"See \"systemctl status nginx.service\" and \"journalctl -xeu nginx.service\" for details.\n%v", err)
		}
		return 0
	}
	stop := func() int {
		g.quitNginx(ctx)
		return g.remembered(p, unitInactive)
	}
	switch action {
	case "start":
		if state == unitActive {
			return 0
		}
		return start()
	case "stop":
		return stop()
	case "restart":
		return max(stop(), start())
	case "reload":
		if state != unitActive {
			return complain(p, 1, "nginx.service is not active, cannot reload.")
		}
		return start()
	case "kill":
		if state != unitActive {
			return complain(p, 1, "Failed to kill unit nginx.service: No such process")
		}
		return g.sendSignal(ctx, p, signal)
	case "reset-failed":
		if state == unitFailed {
			g.StopService()
			return g.remembered(p, unitInactive)
		}
		return 0
	}
	return notSimulated(p)
}

func (g *Guest) remembered(p shell.Process, state string) int {
	if err := g.rememberNginx(state); err != nil {
		return complain(p, 1, "%v", err)
	}
	return 0
}

func (g *Guest) unitStatus(p shell.Process, service, state string) int {
	detail := map[string]string{unitActive: "active (running)", unitInactive: "inactive (dead)", unitFailed: "failed (Result: signal)"}[state]
	fmt.Fprintf(p.Stdout, "● %s.service\n     Loaded: loaded (/usr/lib/systemd/system/%s.service)\n     Active: %s\n", service, service, detail)
	if state != unitActive {
		return notRunning
	}
	return 0
}

// nginxCommand is nginx as scripts call it: it tests the configuration, or tells the nginx that runs what to do.
func (g *Guest) nginxCommand(ctx context.Context, p shell.Process) int {
	switch strings.Join(p.Args[1:], " ") {
	case "-t":
		if err := g.checkNginx(); err != nil {
			return complain(p, 1, "nginx: %v\nnginx: configuration file /etc/nginx/nginx.conf test failed", err)
		}
		return complain(p, 0, "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful")
	case "-s quit":
		return g.sendNginx(ctx, p, "QUIT")
	case "-s stop":
		return g.sendNginx(ctx, p, "TERM")
	case "-s reload":
		return g.sendNginx(ctx, p, "HUP")
	}
	return notSimulated(p)
}

func (g *Guest) sendNginx(ctx context.Context, p shell.Process, signal string) int {
	if !g.running() {
		return complain(p, 1, "nginx: [error] open() \"/run/nginx.pid\" failed (2: No such file or directory)")
	}
	return g.sendSignal(ctx, p, signal)
}
