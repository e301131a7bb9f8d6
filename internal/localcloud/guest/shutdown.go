package guest

import "context"

// Shutdown switches the instance off as its operating system does: services end first, and while they do the host
// refuses new connections; then the network goes, and the host is silent. It returns when the instance is off. Files
// stay. The end of ctx cuts it short.
func (g *Guest) Shutdown(ctx context.Context) {
	g.mu.Lock()
	if g.host != up {
		g.mu.Unlock()
		g.Stop()
		return
	}
	g.host = stopping
	g.cancel() // scripts end
	booted := g.booted
	g.mu.Unlock()
	<-booted

	network := g.options.Clock.NewTimer(g.options.ShutdownDelay)
	defer network.Stop()
	g.quitNginx(ctx)
	select {
	case <-network.C():
	case <-ctx.Done():
	}
	g.say("systemd-shutdown[1]: Powering off.")
	g.Stop()
}
