package guest

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// The states of nginx's unit, by systemd's names.
const (
	unitActive   = "active"
	unitInactive = "inactive"
	unitFailed   = "failed"
)

// nginxPID is nginx's process number in every instance.
const nginxPID = 2011

// stopPatience is how long nginx may go on with the requests that it has when it is
// stopped in good order.
// Source: nginx.service of Amazon Linux 2023 (KillSignal=SIGQUIT, TimeoutStopSec=5).
const stopPatience = 5 * time.Second

// busyEvery is the pause between two checks whether nginx is still busy.
const busyEvery = 20 * time.Millisecond

// nginxUnit is the state of nginx's unit.
func (g *Guest) nginxUnit() string {
	if g.running() {
		return unitActive
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.web != nil || g.record.Nginx == unitFailed { // it ended, and nobody had told it to
		return unitFailed
	}
	return unitInactive
}

// quitNginx ends nginx in good order: it takes no connections from now on, closes those
// without a request, and has a while for the others.
func (g *Guest) quitNginx(ctx context.Context) {
	g.mu.Lock()
	running := g.web != nil
	g.closing = running
	g.mu.Unlock()
	if !running {
		return
	}
	g.say("systemd[1]: Stopping nginx.service - The nginx HTTP and reverse proxy server...")
	patience := g.options.Clock.NewTimer(stopPatience)
	defer patience.Stop()
	for g.options.Busy != nil && g.options.Busy() && ctx.Err() == nil {
		look := time.NewTimer(busyEvery)
		select {
		case <-look.C:
			continue
		case <-patience.C():
			g.say("systemd[1]: nginx.service: State 'stop-sigterm' timed out. Killing.")
		case <-ctx.Done():
		}
		look.Stop()
		break
	}
	g.StopService()
	g.say("systemd[1]: nginx.service: Deactivated successfully.\nsystemd[1]: Stopped nginx.service - The nginx HTTP and reverse proxy server.")
}

// signalNginx sends nginx a signal by its name or number. It reports whether nginx was there to get it.
func (g *Guest) signalNginx(ctx context.Context, signal string) (there bool, err error) {
	if !g.running() {
		return false, nil
	}
	switch signal = strings.TrimPrefix(strings.ToUpper(signal), "SIG"); signal {
	case "KILL", "9":
		g.StopService()
		g.say("systemd[1]: nginx.service: Main process exited, code=killed, status=9/KILL\nsystemd[1]: nginx.service: Failed with result 'signal'.")
		return true, g.rememberNginx(unitFailed)
	case "TERM", "15", "INT", "2":
		g.StopService()
		g.say("systemd[1]: nginx.service: Deactivated successfully.")
		return true, g.rememberNginx(unitInactive)
	case "QUIT", "3":
		g.quitNginx(ctx)
		return true, g.rememberNginx(unitInactive)
	case "HUP", "1":
		return true, g.startNginx()
	}
	return true, fmt.Errorf("platformctl local cloud: signal %s is not simulated", signal)
}

// rememberNginx notes why nginx is down, so that it still is when this program starts again.
func (g *Guest) rememberNginx(state string) error {
	g.mu.Lock()
	g.record.Nginx = state
	g.mu.Unlock()
	return g.save()
}

// forgetUnits lets units start again at the next power on.
func (g *Guest) forgetUnits() {
	g.mu.Lock()
	down := g.record.Nginx != ""
	g.record.Nginx = ""
	g.mu.Unlock()
	if down {
		_ = g.save() // what can't be written down now is cleared at the next chance
	}
}
