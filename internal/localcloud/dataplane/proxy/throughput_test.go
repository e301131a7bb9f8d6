package proxy

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/testenv"
)

// startNginx runs nginx over a configuration of the benchmark's own.
func startNginx(b *testing.B, http string) string {
	dir := b.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	conf := filepath.Join(dir, "nginx.conf")
	text := "daemon off; worker_processes 2; pid " + dir + "/pid; error_log stderr; events { worker_connections 1024; }\nhttp { access_log off; sendfile on; " +
		"client_body_temp_path " + dir + "/c; proxy_temp_path " + dir + "/p; fastcgi_temp_path " + dir + "/f; uwsgi_temp_path " + dir + "/u; scgi_temp_path " + dir + "/s;\n" +
		strings.NewReplacer("LISTEN", "listen "+address+";", "ADDRESS", address).Replace(http) + " }"
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	if os.Getuid() == 0 { // workers would run as nobody and not read the files
		_ = os.WriteFile(conf, []byte("user root; "+text), 0o600)
	}
	command := exec.Command(testenv.Program(b, "nginx"), "-p", dir, "-c", conf, "-e", "stderr")
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = command.Process.Signal(os.Interrupt); _ = command.Wait() })
	for deadline := time.Now().Add(5 * time.Second); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return address
		}
		if time.Now().After(deadline) {
			b.Fatal("nginx didn't start")
		}
	}
}

var perSecond = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)

func wrk(b *testing.B, url string) float64 {
	out, err := exec.Command(testenv.Program(b, "wrk"), "-t1", "-c32", "-d3s", url).CombinedOutput()
	m := perSecond.FindSubmatch(out)
	if err != nil || m == nil || strings.Contains(string(out), "Non-2xx") {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	n, _ := strconv.ParseFloat(string(m[1]), 64)
	return n
}

// BenchmarkProxy_AgainstNginx compares the proxy with nginx as a plain reverse proxy
// before the same backend. Run it with -benchtime=1x; the ratio is what counts.
func BenchmarkProxy_AgainstNginx(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			root := b.TempDir()
			if err := os.WriteFile(filepath.Join(root, "file"), make([]byte, size), 0o644); err != nil {
				b.Fatal(err)
			}
			backend := startNginx(b, "keepalive_requests 1000000; server { LISTEN root "+root+"; }")
			plain := startNginx(b, "server { LISTEN location / { proxy_pass http://"+backend+"; } }")
			pooled := startNginx(b, "keepalive_requests 1000000; upstream u { server "+backend+"; keepalive 64; keepalive_requests 1000000; } server { LISTEN location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }")
			ours := newBalancer(b, clock.System(), Attributes{}, newTarget("i-1", backend))
			for b.Loop() {
				mine, simple, best := wrk(b, "http://"+ours.address+"/file"), wrk(b, "http://"+plain+"/file"), wrk(b, "http://"+pooled+"/file")
				b.ReportMetric(mine, "requests/s")
				b.ReportMetric(mine/simple, "of-plain-nginx")
				b.ReportMetric(mine/best, "of-keepalive-nginx")
			}
		})
	}
}

// BenchmarkMeter_CostsThroughput compares a proxy whose requests are measured for metrics with one whose aren't, in turns. Run it with
// -benchtime=3x; the ratio is what counts.
func BenchmarkMeter_CostsThroughput(b *testing.B) {
	root := b.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), make([]byte, 1<<10), 0o644); err != nil {
		b.Fatal(err)
	}
	backend := startNginx(b, "keepalive_requests 1000000; server { LISTEN root "+root+"; }")
	metered := newTarget("i-1", backend)
	metered.Meter = &Meter{}
	with, without := newBalancer(b, clock.System(), Attributes{}, metered), newBalancer(b, clock.System(), Attributes{}, newTarget("i-1", backend))
	var measured, plain float64
	for b.Loop() {
		for _, first := range []bool{true, false} { // neither always comes second
			if first {
				measured += wrk(b, "http://"+with.address+"/file")
			}
			plain += wrk(b, "http://"+without.address+"/file")
			if !first {
				measured += wrk(b, "http://"+with.address+"/file")
			}
		}
	}
	b.ReportMetric(measured/plain, "of-unmeasured")
}
