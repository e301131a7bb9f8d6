package nginx

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestRewrite_ReplacesPathsAndPorts(t *testing.T) {
	r := Rewriter{Root: "../../rootfs", Port: func(port int, external bool) (string, error) {
		return fmt.Sprintf("127.0.0.1:%d", map[bool]int{true: 40000, false: 50000}[external]+port), nil
	}}
	in := `user nginx;
# user root; listen 80;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
http {
  include /etc/nginx/mime.types; include conf.d/*.conf; include "/srv/x.conf";
  access_log /dev/stdout;
  server { listen 80 default_server; listen [::]:80 default_server ipv6only=on; root "/srv/our web";
    location /run { return 200 "/etc/nginx"; } }
  server { listen 80; listen 127.0.0.1:8080; listen 8081 backlog=5; listen unix:/run/x; }
}`
	want := `

error_log ../../rootfs/var/log/nginx/error.log notice;

http {
  include mime.types; include conf.d/*.conf; include "../../rootfs/srv/x.conf";
  access_log /dev/stdout;
  server { listen 127.0.0.1:40080 default_server;  root "../../rootfs/srv/our web";
    location /run { return 200 "/etc/nginx"; } }
  server { listen 127.0.0.1:40080; listen 127.0.0.1:58080; listen 127.0.0.1:48081 backlog=5; listen unix:../../rootfs/run/x; }
}`
	got, err := r.Rewrite(in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func options(t *testing.T, conf string) Options { return optionsIn(t, t.TempDir(), conf) }

func optionsIn(t *testing.T, dir, conf string) Options {
	o := Options{Program: Program{Path: testenv.Program(t, "nginx")}, Dir: dir, Root: filepath.Join(dir, "rootfs")}
	for name, text := range map[string]string{
		"etc/nginx/nginx.conf":        conf,
		"etc/nginx/conf.d/one.conf":   "server { listen 80; listen [::]:80; root /srv; location = /healthz { return 200 ok; } }",
		"srv/index.html":              "hello",
		"etc/nginx/default.d/unused":  "",
		"usr/share/nginx/html/x.html": "",
	} {
		p := filepath.Join(o.Root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

const good = "user nginx;\npid /run/nginx.pid;\nevents {}\nhttp { access_log /var/log/nginx/access.log; include /etc/nginx/conf.d/*.conf; }\n"

func TestProcess_ServesFromInstanceDirectory(t *testing.T) {
	o := options(t, good)
	p, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	address, ok := p.Address(80)
	if !ok {
		t.Fatal("port 80 has no address")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err, p.stderr.String())
	}
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if string(body) != "hello" {
		t.Errorf("body %q", body)
	}
	if _, err := os.Stat(filepath.Join(o.Root, "var/log/nginx/access.log")); err != nil {
		t.Errorf("the access log isn't in the instance: %v", err)
	}

	// An orphan is found by its pid file and ended.
	Sweep(o)
	<-p.Exited()
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("something still listens after nginx ended")
	}
	p.Kill() // twice is fine
}

func TestSweep_LeavesForeignProcesses(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	if err := os.MkdirAll(filepath.Join(o.Dir, "nginx"), 0o755); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("cat") // waits for its input to end
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.pidFile(), []byte(fmt.Sprintln(other.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
	Sweep(o)
	in.Close()
	if err := other.Wait(); err != nil {
		t.Errorf("a foreign process with a recycled number was ended: %v", err)
	}
}

func TestStart_ReportsNginxError(t *testing.T) {
	o := options(t, "events {}\nhttp {\n  servr_name x;\n}\n")
	_, err := Start(o)
	if err == nil || !strings.Contains(err.Error(), `unknown directive "servr_name" in /etc/nginx/nginx.conf:3`) {
		t.Errorf("error %v", err)
	}
}

// legalNames are directories whose names mean something to nginx, a shell or a pattern, or are longer than a socket's name.
func legalNames() map[string]string {
	return map[string]string{
		"space": "a b", "quotes": `a"b'c`, "dollar": "$host ${x}", "semicolon": "a;b", "braces": "a{b}", "comment": "a #b",
		"pattern": "a[b]*?", "backslash": `a\b\`, "newline": "a\nb", "unicode": "Bücher 本", "no unicode": "a\xffb",
		"long": strings.Repeat(strings.Repeat("d", 200)+"/", 10) + "e",
	}
}

func TestStart_ServesInAnyDirectory(t *testing.T) {
	for name, directory := range legalNames() {
		t.Run(name, func(t *testing.T) {
			o := optionsIn(t, filepath.Join(t.TempDir(), directory), good)
			if err := Test(o); err != nil {
				t.Errorf("nginx -t: %v", err)
			}
			p, err := Start(o)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Kill()
			address, _ := p.Address(80)
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			response, err := client.Get("http://" + address + "/")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, _ := io.ReadAll(response.Body); string(body) != "hello" {
				t.Errorf("body %q", body)
			}
			if _, err := os.Stat(filepath.Join(o.Root, "var/log/nginx/access.log")); err != nil {
				t.Errorf("the access log isn't in the instance: %v", err)
			}
		})
	}
}
