package guest

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
)

// booted is an instance that serves the site.
func booted(t *testing.T, o Options) *Guest {
	t.Helper()
	g := open(t, o)
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, g.Console())
	}
	return g
}

func script(t *testing.T, g *Guest, text string) Result {
	t.Helper()
	r, err := g.Run(t.Context(), Script{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRun_ScriptsControlNginx(t *testing.T) {
	eachServer(t, func(t *testing.T, nginx nginx.Program) {
		o := options(t, nginx, site)
		g := booted(t, o)
		for _, tt := range []struct {
			script string
			want   Result
			state  PortState
		}{
			{"systemctl is-active nginx; curl -s localhost/healthz", Result{0, "active\nok", ""}, Open},
			{"curl -sf -o /dev/null -w '%{http_code}\n' http://127.0.0.1/none", Result{22, "404\n", "curl: (22) The requested URL returned error: 404\n"}, Open},
			{"nginx -t", Result{0, "", "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n"}, Open},
			{"pgrep nginx", Result{0, "2011\n", ""}, Open},
			{"systemctl kill --signal=SIGKILL nginx", Result{0, "", ""}, Closed},
			{"systemctl is-active nginx", Result{3, "failed\n", ""}, Closed},
			{"systemctl is-failed --quiet nginx && curl -sS localhost", Result{7, "", "curl: (7) Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server\n"}, Closed},
			{"systemctl kill nginx", Result{1, "", "Failed to kill unit nginx.service: No such process\n"}, Closed},
			{"systemctl start nginx.service", Result{0, "", ""}, Open},
			{"pkill -9 nginx; pgrep nginx", Result{1, "", ""}, Closed},
			{"systemctl restart nginx; systemctl status nginx", Result{0, "● nginx.service\n     Loaded: loaded (/usr/lib/systemd/system/nginx.service)\n     Active: active (running)\n", ""}, Open},
			{"kill -KILL $(pgrep nginx); systemctl is-active nginx", Result{3, "failed\n", ""}, Closed},
			{"systemctl reload nginx", Result{1, "", "nginx.service is not active, cannot reload.\n"}, Closed},
			{"systemctl start nginx && systemctl stop nginx; systemctl is-active nginx", Result{3, "inactive\n", ""}, Closed},
			{"systemctl start nginx && systemctl kill -s TERM nginx; systemctl is-active nginx", Result{3, "inactive\n", ""}, Closed},
			{"systemctl start nginx && nginx -s reload && nginx -s quit", Result{0, "", ""}, Closed},
			{"systemctl start moon", Result{5, "", "Failed to start moon.service: Unit moon.service not found.\n"}, Closed},
			{"systemctl mask nginx", Result{2, "", "platformctl local cloud: \"systemctl mask nginx\" is not simulated\n"}, Closed},
			{"systemctl is-active amazon-ssm-agent", Result{0, "active\n", ""}, Closed},
			{"echo 'nonsense;' > /etc/nginx/conf.d/bad.conf; systemctl start nginx 2>/dev/null || nginx -t 2>/dev/null", Result{1, "", ""}, Closed},
			{"cat /usr/share/nginx/html/index.html nowhere", Result{1, "i-0123456789abcdef0 us-east-1a", "cat: nowhere: No such file or directory\n"}, Closed},
			{"hostname; whoami; sleep 0.01", Result{0, "ip-10-0-0-5.ec2.internal\nroot\n", ""}, Closed},
			{"rm -rf /", Result{127, "", "sh: rm: command not found\n"}, Closed},
		} {
			got := script(t, g, tt.script)
			if _, state := g.Address(80); got != tt.want || state != tt.state {
				t.Errorf("%s: got %+v, port %d; want %+v, port %d", tt.script, got, state, tt.want, tt.state)
			}
		}
		for _, want := range []string{"Main process exited, code=killed, status=9/KILL", "nginx.service: Failed with result 'signal'", "Stopped nginx.service"} {
			if !strings.Contains(g.Console(), want) {
				t.Errorf("the console doesn't say %q", want)
			}
		}
	})
}

// A dead nginx is dead after this program ran again, but not after the instance did.
func TestUnits_KeepStateUntilInstanceStops(t *testing.T) {
	o := options(t, nginx.Program{}, site)
	g := booted(t, o)
	script(t, g, "systemctl kill -s KILL nginx")
	g.Close()
	g = booted(t, o)
	if got := script(t, g, "systemctl is-active nginx").Stdout; got != "failed\n" {
		t.Errorf("after the program's end nginx is %q", got)
	}
	g.Shutdown(t.Context())
	g = booted(t, o)
	if got := script(t, g, "systemctl is-active nginx").Stdout; got != "active\n" {
		t.Errorf("after the instance's stop nginx is %q", got)
	}
}

func TestRun_EndsEarly(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_800_000_000, 0))
	o := options(t, nginx.Program{}, site)
	o.Clock = fake
	g := booted(t, o)
	type outcome struct {
		Result
		error
	}
	run := func(ctx context.Context, timeout time.Duration) <-chan outcome {
		ended := make(chan outcome, 1)
		go func() {
			r, err := g.Run(ctx, Script{Text: "echo begun; sleep 60; echo ended", Timeout: timeout})
			ended <- outcome{r, err}
		}()
		return ended
	}
	timely := run(t.Context(), 10*time.Second)
	fake.BlockUntil(2) // the sleep and the timeout
	fake.Advance(10 * time.Second)
	if got := <-timely; !errors.Is(got.error, ErrTimeout) || got.Stdout != "begun\n" {
		t.Errorf("too long: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := run(ctx, 0)
	fake.BlockUntil(1)
	cancel()
	if got := <-cancelled; !errors.Is(got.error, context.Canceled) {
		t.Errorf("cancelled: %+v", got)
	}
	fake.BlockUntil(0)
	cut := run(t.Context(), 0)
	fake.BlockUntil(1)
	g.Stop()
	if got := <-cut; !errors.Is(got.error, ErrOff) {
		t.Errorf("switched off: %+v", got)
	}
	if _, err := g.Run(t.Context(), Script{Text: "true"}); !errors.Is(err, ErrOff) {
		t.Errorf("off: %v", err)
	}
}

// An instance that shuts down refuses connections first, lets nginx answer what it was
// asked, and is silent in the end.
func TestShutdown_RefusesThenFallsSilent(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_800_000_000, 0))
	o := options(t, nginx.Program{}, site)
	var busy atomic.Bool
	busy.Store(true)
	o.Clock, o.ShutdownDelay, o.Busy = fake, 8*time.Second, busy.Load
	g := booted(t, o)
	off := make(chan struct{})
	go func() { defer close(off); g.Shutdown(t.Context()) }()
	fake.BlockUntil(2) // nginx's patience and the network
	if _, state := g.Address(80); state != Closed {
		t.Errorf("services end: port %d", state)
	}
	if !g.running() {
		t.Error("nginx ended with a request in flight")
	}
	g.mu.Lock()
	nginx := g.web.Exited()
	g.mu.Unlock()
	fake.Advance(stopPatience)
	<-nginx
	if _, state := g.Address(80); state != Closed || g.running() {
		t.Errorf("services have ended: port %d, nginx runs: %t", state, g.running())
	}
	select {
	case <-off:
		t.Error("the network went too early")
	default:
	}
	fake.Advance(3 * time.Second)
	<-off
	if _, state := g.Address(80); state != Silent {
		t.Errorf("off: port %d", state)
	}
	if !strings.Contains(g.Console(), "timed out. Killing") {
		t.Errorf("console:\n%s", g.Console())
	}
}
