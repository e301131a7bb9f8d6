package nginx

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
	"github.com/platformctl/platformctl/internal/localcloud/guest/sandbox"
	"github.com/platformctl/platformctl/internal/testenv"
)

// written is what a configuration becomes for an nginx of this machine, with the port P of the instance as 40000+P where it
// is reachable from outside, else 50000+P.
func written(t *testing.T, conf string) (string, error) {
	t.Helper()
	text, err := writtenOrRefused(t, conf)
	var emergency *nginxconf.Emergency
	if errors.As(err, &emergency) {
		t.Fatal(err)
	}
	return text, err
}

func writtenOrRefused(t *testing.T, conf string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"etc/nginx/nginx.conf": conf, "etc/nginx/mime.types": "types { text/html html htm; }", "etc/nginx/conf.d/b.conf": "keepalive_timeout 5s;",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tree, err := nginxconf.Parse(root, mainFile)
	if err != nil {
		return "", err
	}
	w := &writer{root: root, prefix: "../../rootfs", values: map[string]string{"hostname": "ip-10-0-0-5", "server_addr": "10.0.0.5"},
		port: func(port int, external bool) (string, error) {
			return fmt.Sprintf("127.0.0.1:%d", map[bool]int{true: 40000, false: 50000}[external]+port), nil
		}}
	err = w.write(tree, "error_log stderr")
	return w.text.String(), err
}

func TestWrite_MovesPathsAndPorts(t *testing.T) {
	got, err := written(t, `user nginx;
# user root; listen 80;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 100000; }
http {
  include /etc/nginx/mime.types; include conf.d/*.conf;
  access_log /dev/stdout;
  log_format main '$remote_addr "$request" $status $hostname';
  server { listen 80 default_server; listen [::]:80 default_server ipv6only=on; root "/srv/our web"; server_name ~^(.+)$ $hostname;
    location ~ \.css$ { return 200 "/etc/nginx \"$uri\" $hostname:$server_port \n{}"; } }
  server { listen 127.0.0.1:8080; listen 8081 backlog=5; access_log /logs/a.log main; try_files $uri ${uri}/ =404; }
  server { root html; }
}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `error_log "../../rootfs/var/log/nginx/error.log" "notice";
events  {
worker_connections 1024;
}
http  {
client_body_temp_path ../tmp/client_body;
proxy_temp_path ../tmp/proxy;
fastcgi_temp_path ../tmp/fastcgi;
scgi_temp_path ../tmp/scgi;
uwsgi_temp_path ../tmp/uwsgi;
root "../../rootfs/usr/share/nginx/html";
port_in_redirect off;
types {
text/html html htm;
}
keepalive_timeout "5s";
access_log "off";
log_format "main" "${remote_addr} \"${request}\" ${status} ip-10-0-0-5";
server  {
listen 127.0.0.1:40080 default_server;
root "../../rootfs/srv/our web";
server_name "~^(.+)$" "ip-10-0-0-5";
location "~" "\\.css$" {
return "200" "/etc/nginx \"${uri}\" ip-10-0-0-5:80 \n{}";
}
}
server  {
listen 127.0.0.1:58080;
listen 127.0.0.1:48081 backlog=5;
access_log "../../rootfs/logs/a.log" "main";
try_files "${uri}" "${uri}/" "=404";
}
server  {
listen 127.0.0.1:40080;
root "../../rootfs/usr/share/nginx/html";
}
}
`
	if diff := testenv.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func options(t *testing.T, conf string) Options { return optionsIn(t, t.TempDir(), conf) }

// machineNginx is this machine's nginx. A test that starts it needs the walls that keep it in.
func machineNginx(t *testing.T) string {
	t.Helper()
	if err := sandbox.Supported(); err != nil {
		testenv.Missing(t, "landlock", err)
	}
	return testenv.Program(t, "nginx")
}

func optionsIn(t *testing.T, dir, conf string) Options {
	o := Options{Program: Program{Path: machineNginx(t)}, Dir: dir, Root: filepath.Join(dir, "rootfs")}
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
