package guest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
	"github.com/platformctl/platformctl/internal/localcloud/guest/webserver"
)

// webServer is a running web server: nginx.Process or webserver.Server.
type webServer interface {
	Address(port int) (string, bool)
	Exited() <-chan struct{}
	Kill()
}

func sweep(o Options) { nginx.Sweep(nginx.Options{Dir: o.Dir}) }

// systemctl carries out one action on one unit.
func (g *Guest) systemctl(action, service string) error {
	if !g.installed(service) {
		var text string
		if action == "enable" {
			text = fmt.Sprintf("Failed to enable unit: Unit file %s.service does not exist.", service)
		} else {
			text = fmt.Sprintf("Failed to %s %s.service: Unit %s.service not found.", action, service, service)
		}
		g.cloudInit("%s", text)
		return errors.New(text)
	}
	if action == "enable" {
		g.mu.Lock()
		if !slices.Contains(g.record.Enabled, service) {
			g.record.Enabled = append(g.record.Enabled, service)
			g.mu.Unlock()
			g.cloudInit("Created symlink /etc/systemd/system/multi-user.target.wants/%s.service → /usr/lib/systemd/system/%s.service.", service, service)
			return nil
		}
		g.mu.Unlock()
		return nil
	}
	if service != "nginx" {
		return nil
	}
	running := g.running()
	if action == "reload" && !running {
		g.cloudInit("nginx.service is not active, cannot reload.")
		return errors.New("nginx.service is not active, cannot reload")
	}
	if action == "start" && running {
		return nil
	}
	return g.startNginx()
}

func (g *Guest) running() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.web == nil {
		return false
	}
	select {
	case <-g.web.Exited():
		return false
	default:
		return true
	}
}

// startNginx starts the web server, ending one that runs. What nginx says of a
// configuration that it refuses goes to the console.
func (g *Guest) startNginx() error {
	if !g.installed("nginx") {
		return errors.New("unit nginx.service not found: the package isn't installed")
	}
	g.StopService()
	web, err := g.newWebServer()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			g.say("nginx[2011]: %s", line)
		}
		g.say("systemd[1]: nginx.service: Failed with result 'exit-code'.")
		g.say("systemd[1]: Failed to start nginx.service - The nginx HTTP and reverse proxy server.")
		return err
	}
	g.mu.Lock()
	if g.host != up { // switched off meanwhile
		g.mu.Unlock()
		web.Kill()
		return errors.New("the instance was stopped")
	}
	g.web, g.closing = web, false
	up := g.record.Nginx == ""
	g.record.Nginx = ""
	g.mu.Unlock()
	if !up {
		if err := g.save(); err != nil {
			return err
		}
	}
	g.say("systemd[1]: Started nginx.service - The nginx HTTP and reverse proxy server.")
	return nil
}

func (g *Guest) nginxOptions() nginx.Options {
	return nginx.Options{
		Program: g.options.Nginx, Dir: g.options.Dir, Root: g.root(), Disk: g.disk,
		Hostname: g.options.LocalHostname, PrivateIP: g.options.PrivateIP,
	}
}

// newWebServer starts the machine's nginx where there is one and the configuration is for it, else the built-in server.
func (g *Guest) newWebServer() (webServer, error) {
	if g.options.Nginx.Path != "" {
		process, err := nginx.Start(g.nginxOptions())
		if err == nil {
			return process, nil
		}
		if !builtInServes(err) {
			return nil, err
		}
		g.say("platformctl: the built-in web server takes this configuration, and not the nginx of this machine: %v", err)
		if g.options.Warn != nil {
			g.options.Warn(fmt.Sprintf("instance %s has the built-in web server, because its configuration isn't for the nginx of this machine: %v", g.options.InstanceID, err))
		}
	}
	return webserver.Start(g.root(), webserver.Machine{
		Hostname:  g.options.LocalHostname,
		PrivateIP: g.options.PrivateIP,
	})
}

// builtInServes reports whether nginx didn't start because the configuration isn't for an nginx of this machine. Whether
// it is a good one is the built-in server's to say then.
func builtInServes(err error) bool {
	var notAllowed *nginx.NotAllowedError
	var emergency *nginxconf.Emergency
	return errors.As(err, &notAllowed) || errors.As(err, &emergency)
}

// testNginx is "nginx -t".
func (g *Guest) testNginx() error {
	if !g.installed("nginx") {
		g.cloudInit("nginx: command not found")
		return errors.New("nginx: command not found")
	}
	if err := g.checkNginx(); err != nil {
		g.cloudInit("nginx: %v\nnginx: configuration file /etc/nginx/nginx.conf test failed", err)
		return err
	}
	g.cloudInit("nginx: configuration file /etc/nginx/nginx.conf test is successful")
	return nil
}

// checkNginx says what is wrong with nginx's configuration.
func (g *Guest) checkNginx() error {
	if g.options.Nginx.Path != "" {
		if err := nginx.Test(g.nginxOptions()); !builtInServes(err) {
			return err
		}
	}
	config, err := webserver.Load(g.root(), "/etc/nginx/nginx.conf")
	if err != nil {
		return err
	}
	config.Close()
	return nil
}
