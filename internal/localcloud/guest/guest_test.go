package guest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
	"github.com/platformctl/platformctl/internal/localcloud/guest/sandbox"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eachServer runs a test with the built-in server and with the machine's nginx.
func eachServer(t *testing.T, test func(t *testing.T, nginx nginx.Program)) {
	t.Run("built-in", func(t *testing.T) { test(t, nginx.Program{}) })
	t.Run("nginx", func(t *testing.T) {
		test(t, machineNginx(t))
	})
}

// machineNginx is this machine's nginx, which needs the walls that keep it in.
func machineNginx(t *testing.T) nginx.Program {
	t.Helper()
	if err := sandbox.Supported(); err != nil {
		testenv.Missing(t, "landlock", err)
	}
	return nginx.Program{Path: testenv.Program(t, "nginx")}
}

func options(t *testing.T, nginx nginx.Program, userData string) Options {
	return Options{
		Metadata: cloudinit.Metadata{InstanceID: "i-0123456789abcdef0", AvailabilityZone: "us-east-1a", Region: "us-east-1",
			LocalHostname: "ip-10-0-0-5.ec2.internal", PrivateIP: "10.0.0.5", ImageID: "ami-1", InstanceType: "t3.micro"},
		UserData: []byte(userData), Clock: clock.System(), Dir: filepath.Join(t.TempDir(), "i-0123456789abcdef0"), Nginx: nginx,
	}
}

func open(t *testing.T, o Options) *Guest {
	t.Helper()
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func get(t *testing.T, g *Guest, path string) (string, int) {
	t.Helper()
	address, state := g.Address(80)
	if state != Open {
		t.Fatalf("port 80 is in state %d; console:\n%s", state, g.Console())
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), response.StatusCode
}

const site = `## template: jinja
#cloud-config
packages: [nginx]
write_files:
  - path: /usr/share/nginx/html/index.html
    defer: true
    content: "{{ v1.instance_id }} {{ v1.availability_zone }}"
  - path: /etc/nginx/default.d/health.conf
    content: 'location = /healthz { default_type text/plain; return 200 "ok"; }'
runcmd:
  - [systemctl, enable, --now, nginx]
`

func TestGuest_BootStopTerminate(t *testing.T) {
	eachServer(t, func(t *testing.T, nginx nginx.Program) {
		o := options(t, nginx, site)
		g := open(t, o)
		if _, state := g.Address(80); state != Silent {
			t.Errorf("switched off: state %d", state)
		}
		g.Start()
		if err := g.Booted(t.Context()); err != nil {
			t.Fatalf("%v\n%s", err, g.Console())
		}
		if body, _ := get(t, g, "/"); body != "i-0123456789abcdef0 us-east-1a" {
			t.Errorf("page %q", body)
		}
		if body, code := get(t, g, "/healthz"); code != 200 || body != "ok" {
			t.Errorf("health check %d %q", code, body)
		}
		address, _ := g.Address(80)

		g.StopService()
		if _, state := g.Address(80); state != Closed {
			t.Errorf("process dead: state %d", state)
		}
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			t.Error("the dead process still accepts")
		}
		if err := g.StartService(); err != nil {
			t.Fatal(err)
		}
		get(t, g, "/")

		g.Stop()
		if _, state := g.Address(80); state != Silent {
			t.Errorf("stopped: state %d", state)
		}
		if err := g.StartService(); err == nil {
			t.Error("StartService on a stopped instance succeeded")
		}

		// A later boot, also of a later life of the program, keeps the files,
		// doesn't run user data again and starts what is enabled.
		o.UserData = []byte("#cloud-config\nbootcmd: [x]\n")
		g = open(t, o)
		g.Start()
		if err := g.Booted(t.Context()); err != nil {
			t.Fatal(err)
		}
		get(t, g, "/")
		if !strings.Contains(g.Console(), "already ran, so user data isn't run again") || strings.Count(g.Console(), "Installed: nginx") != 1 {
			t.Errorf("console:\n%s", g.Console())
		}
		g.Shutdown(t.Context())
		g.Start()
		if err := g.Booted(t.Context()); err != nil {
			t.Fatal(err)
		}
		get(t, g, "/healthz")

		if err := g.Terminate(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(o.Dir); !os.IsNotExist(err) {
			t.Errorf("directory after termination: %v", err)
		}
		g.Start()
		if _, state := g.Address(80); state != Silent {
			t.Error("a terminated instance started")
		}
	})
}

func TestGuest_FailedBootSaysWhyOnConsole(t *testing.T) {
	noWayOut := func() (bool, string) { return false, "no route to 0.0.0.0/0 in rtb-1" }
	for _, tt := range []struct {
		name, userData string
		egress         func() (bool, string)
		want           []string // in the console
	}{
		{"no egress", site, noWayOut, []string{"Curl error (28): Timeout was reached for https://al2023-repos-us-east-1", "no route to 0.0.0.0/0 in rtb-1", "Unit file nginx.service does not exist"}},
		{"unknown package", "#cloud-config\npackages: [nginx, nginks]\nruncmd: [[systemctl, start, nginx]]", nil, []string{"Unable to find a match: nginks", "Unit nginx.service not found"}},
		{"bad configuration", "#cloud-config\npackages: [nginx]\nwrite_files: [{path: /etc/nginx/nginx.conf, content: \"events {}\\nhttp {\\n  servr 1;\\n}\"}]\nruncmd: [[systemctl, start, nginx]]", nil,
			[]string{`[emerg] `, `unknown directive "servr" in /etc/nginx/nginx.conf:3`, "Failed to start nginx.service"}},
		{"nginx -t", "#cloud-config\npackages: [nginx]\nwrite_files: [{path: /etc/nginx/conf.d/x.conf, content: \"servr 1;\"}]\nruncmd: [[nginx, -t]]", nil,
			[]string{`unknown directive "servr" in /etc/nginx/conf.d/x.conf:1`, "test failed"}},
		{"copy from nowhere", "#cloud-config\nruncmd: [[cp, /etc/none, /etc/x]]", nil, []string{"cp: cannot stat '/etc/none'"}},
		{"copy to nowhere", "#cloud-config\nwrite_files: [{path: /etc/x, content: x}]\nruncmd: [[cp, /etc/x, /none/x]]", nil, []string{"cp: cannot create regular file '/none/x'"}},
		{"copy of two", "#cloud-config\nruncmd: [[cp, /etc/a, /etc/b, /etc]]", nil, []string{"not simulated: cp /etc/a /etc/b /etc"}},
		{"command", "#cloud-config\nruncmd: [[rm, -rf, /]]", nil, []string{"not simulated: rm -rf /"}},
		{"shell line", "#cloud-config\nruncmd: ['echo hi > /x']", nil, []string{"not simulated: echo hi > /x"}},
		{"bootcmd", "#cloud-config\nbootcmd: [ls]", nil, []string{"not simulated: cloud-config key bootcmd"}},
		{"owner that isn't there yet", "#cloud-config\nwrite_files: [{path: /x, owner: 'nginx:nginx'}]", nil, []string{"getpwnam(): name not found: 'nginx'"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, nginx nginx.Program) {
				o := options(t, nginx, tt.userData)
				o.Egress = tt.egress
				g := open(t, o)
				g.Start()
				if err := g.Booted(t.Context()); err == nil {
					t.Error("the boot succeeded")
				}
				for _, want := range tt.want {
					if !strings.Contains(g.Console(), want) {
						t.Errorf("console lacks %q:\n%s", want, g.Console())
					}
				}
				if _, state := g.Address(80); state != Closed {
					t.Errorf("port 80 is in state %d", state)
				}
			})
		})
	}
}

func TestGuest_PackageKeepsConfiguration(t *testing.T) {
	o := options(t, nginx.Program{}, `#cloud-config
packages: [nginx]
write_files:
  - {path: /usr/share/nginx/html/index.html, content: written too early}
  - {path: /etc/nginx/nginx.conf, content: "events {} http { server { root /usr/share/nginx/html; } }"}
runcmd: [systemctl enable nginx, [systemctl, restart, nginx]]
`)
	g := open(t, o)
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body, _ := get(t, g, "/"); !strings.Contains(body, "package's default page") {
		t.Errorf("page %q", body)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "rootfs/etc/nginx/nginx.conf.rpmnew")); err != nil {
		t.Error(err)
	}
}

func TestGuest_BootDelayAndStopDuringBoot(t *testing.T) {
	fake := clock.NewFake(time.Unix(0, 0))
	o := options(t, nginx.Program{}, site)
	o.Clock, o.BootDelay = fake, func() time.Duration { return 20 * time.Second }
	g := open(t, o)
	g.Start()
	fake.BlockUntil(1)
	if _, state := g.Address(80); state != Silent {
		t.Errorf("before the delay: state %d", state)
	}
	g.Stop() // must not wait for the delay
	g.Start()
	fake.BlockUntil(1)
	fake.Advance(20 * time.Second)
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	get(t, g, "/")
	if !strings.Contains(g.Console(), "[   20.000000]") {
		t.Errorf("console:\n%s", g.Console())
	}
}

// TestServers_TakeHeadsOfTheSameSize has nginx's buffers as it has them itself, and as wide as what a load balancer passes.
func TestServers_TakeHeadsOfTheSameSize(t *testing.T) {
	for name, test := range map[string]struct {
		conf  string
		codes map[string]int
	}{
		"nginx's own": {"", map[string]int{"small": 200, "cookie of 15 KB": 400, "URL of 9 KB": 414, "fields of 60 KB": 400}},
		"platform's": {"large_client_header_buffers 8 32k;", map[string]int{"small": 200, "cookie of 15 KB": 200, "URL of 9 KB": 200,
			"cookie of 40 KB": 400, "URL of 40 KB": 414, "fields of 60 KB": 200}},
		"one small buffer": {"client_header_buffer_size 2k; large_client_header_buffers 1 4k;", map[string]int{"small": 200, "cookie of 5 KB": 400, "URL of 3 KB": 200}},
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, nginx nginx.Program) {
				g := booted(t, options(t, nginx, strings.Replace(site, "runcmd:", "  - path: /etc/nginx/conf.d/size.conf\n    content: '"+test.conf+"'\nruncmd:", 1)))
				address, _ := g.Address(80)
				for what, code := range test.codes {
					request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
					if err != nil {
						t.Fatal(err)
					}
					kind, size := "", 0
					if _, err := fmt.Sscanf(what, "%s of %d KB", &kind, &size); err != nil && what != "small" {
						t.Fatal(err)
					}
					switch kind {
					case "cookie":
						request.Header.Set("Cookie", "c="+strings.Repeat("x", size<<10))
					case "URL":
						request.URL.RawQuery = strings.Repeat("x", size<<10)
					case "fields":
						for i := range size / 15 {
							request.Header.Set(fmt.Sprint("X-Field-", i), strings.Repeat("x", 15<<10))
						}
					}
					response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
					if err != nil {
						t.Errorf("%s: %v", what, err)
						continue
					}
					if response.Body.Close(); response.StatusCode != code {
						t.Errorf("%s: HTTP %d, want %d", what, response.StatusCode, code)
					}
				}
			})
		})
	}
}

// TestGuest_HangsWhereImageDoesNotBoot switches on an instance whose system never comes up, and then again when it does.
func TestGuest_HangsWhereImageDoesNotBoot(t *testing.T) {
	o := options(t, nginx.Program{}, site)
	hangs := true
	o.Hangs = func() bool { return hangs }
	g := open(t, o)
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, state := g.Address(80); state != Silent || !strings.Contains(g.Console(), "Kernel panic - not syncing") {
		t.Errorf("state %d; console:\n%s", state, g.Console())
	}
	if _, err := g.Run(t.Context(), Script{Text: "true"}); !errors.Is(err, ErrOff) {
		t.Errorf("a script ran: %v", err)
	}
	g.Stop()
	hangs = false
	g.Start()
	if err := g.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	get(t, g, "/")
}
