package nginx

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/escapetest"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestLaunch_KeepsInWhatIsNotAllowed gives nginx each escape as it is, past the list of what is allowed: the walls of the
// system hold by themselves. Here @OUT@ is a path of this machine.
func TestLaunch_KeepsInWhatIsNotAllowed(t *testing.T) {
	testenv.Long(t)
	served, refused := 0, 0
	for _, e := range escapetest.Corpus() {
		t.Run(e.Name, func(t *testing.T) {
			outside := escapetest.New(t)
			o := Options{Program: Program{Path: machineNginx(t)}, Dir: filepath.Dir(outside.Dir)}
			o.Root = filepath.Join(o.Dir, "rootfs")
			p := unchecked(t, o, outside, e)
			seen := ""
			if err := p.launch(o.onDisk()); err != nil {
				refused++
				seen = err.Error()
			} else {
				served++
				for _, target := range append([]string{"/", "/index.html"}, e.Requests...) {
					seen += ask(t, p.ports[80], "GET", outside.Fill(target)) + ask(t, p.ports[80], "PUT", outside.Fill(target))
				}
				p.Kill()
			}
			outside.Check(t, seen+p.stderr.String())
		})
	}
	if served < 40 {
		t.Errorf("only %d escapes were served by nginx, %d refused: the walls are hardly tried", served, refused)
	}
	t.Logf("%d escapes were served by nginx under the walls, %d not", served, refused)
}

// unchecked writes an escape where nginx reads its configuration, with no more changed than what it needs to run at all.
func unchecked(t *testing.T, o Options, outside *escapetest.Outside, e escapetest.Escape) *Process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := &Process{ports: map[int]string{80: l.Addr().String()}, exited: make(chan struct{}), stderr: &tail{}}
	conf := strings.NewReplacer("listen 80", "listen "+p.ports[80], " /srv", " "+o.Root+"/srv").Replace(outside.Fill(e.Conf))
	defaults := " access_log off;"
	if strings.Contains(strings.SplitN(conf, "server {", 2)[0], "access_log") {
		defaults = ""
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "scgi", "uwsgi"} {
		if !strings.Contains(conf, kind+"_temp_path") {
			defaults += fmt.Sprintf(" %s_temp_path ../tmp/%s;", kind, kind)
		}
	}
	conf = strings.Replace(conf, "http {", "http {"+defaults, 1)
	for name, text := range map[string]string{
		filepath.Join(o.Root, "srv/index.html"): "here", filepath.Join(o.conf(), "nginx.conf"): conf, filepath.Join(o.Dir, "nginx/tmp/x"): "",
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range e.Links {
		name = filepath.Join(o.Root, name)
		if filepath.Base(name) == "nginx.conf" {
			name = filepath.Join(o.conf(), "nginx.conf")
		}
		if err := errors.Join(os.RemoveAll(name), os.Symlink(outside.Fill(target), name)); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// ask sends a request as it is, and returns what comes back.
func ask(t *testing.T, address, method, target string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err.Error() // nginx ended
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nX-File: x\r\nAuthorization: Basic eDp4\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody", method, target)
	answer, _ := io.ReadAll(c) // a reset ends it, too
	return target + ": " + string(answer) + "\n"
}
