package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sizes are those of the bodies in bytes, by the name of the file.
func sizes() map[string]int64 { return map[string]int64{"1k": 1 << 10, "1m": 1 << 20} }

var (
	listenLine  = regexp.MustCompile(`listen (127\.0\.0\.1:\d+)`)
	rootLine    = regexp.MustCompile(`\broot "?([^";]+)"?;`)
	requestRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	failures    = regexp.MustCompile(`(?m)^\s+(Socket errors|Non-2xx).*$`)
)

// throughput compares the load balancer of a platform with nginx as a reverse proxy in front of the same instances, which
// keeps its connections to them open, as the load balancer does.
func throughput(ctx context.Context, l *lab) error {
	nginx, err := ownNginx()
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		return fmt.Errorf("wrk, which makes the requests, is not installed: %w", err)
	}
	l.environment = append(l.environment, "PLATFORMCTL_NGINX="+nginx)
	if err := l.up(ctx, "bench", fmt.Sprintf(platform, "")); err != nil {
		return err
	}
	status, err := l.running(ctx)
	if err != nil {
		return err
	}
	if status.NginxUnused != "" {
		return fmt.Errorf("the instances don't run nginx: %s", status.NginxUnused)
	}
	backends, err := l.instances(sizes())
	if err != nil {
		return err
	}
	peer, stop, err := l.proxy(ctx, "plain", nginx, backends, "")
	if err != nil {
		return err
	}
	defer stop()
	rows := [][]string{{"body", "protocol", "local cloud", "nginx with upstream keep-alive", "ratio"}}
	plain := way{"HTTP/1.1", "http", http.DefaultClient, wrk, []string{status.LoadBalancers[0].Listeners[0].Address, peer}}
	if rows, err = l.compare(ctx, rows, plain); err != nil {
		return err
	}
	ways, stop, err := l.secured(ctx, nginx, backends)
	if err != nil {
		return err
	}
	defer stop()
	for _, w := range ways {
		if rows, err = l.compare(ctx, rows, w); err != nil {
			return err
		}
	}
	return table(rows)
}

// platform is the configuration of the platform that carries the traffic.
const platform = "web: {instances: 2}\nload_balancer: {health_check: {interval: 5s}%s}\n"

// way is how requests reach the load balancer, and its peer after it.
type way struct {
	protocol, scheme string
	client           *http.Client // that trusts both
	load             func(ctx context.Context, address, lasts string) (rate float64, err error)
	addresses        []string
}

// compare adds a row of each size.
func (l *lab) compare(ctx context.Context, rows [][]string, w way) ([][]string, error) {
	for _, file := range []string{"1k", "1m"} {
		for _, address := range w.addresses {
			if err := answers(ctx, w.client, w.scheme+"://"+address+"/"+file, sizes()[file]); err != nil {
				return nil, err
			}
		}
		rates := make([][]float64, len(w.addresses))
		for range l.rounds { // in turns, so that all meet the same machine
			for i, address := range w.addresses {
				rate, err := w.load(ctx, w.scheme+"://"+address+"/"+file, l.round)
				if err != nil {
					return nil, err
				}
				rates[i] = append(rates[i], rate)
			}
		}
		var median []float64
		for i := range rates {
			slices.Sort(rates[i])
			median = append(median, rates[i][l.rounds/2])
		}
		rows = append(rows, []string{file, w.protocol, fmt.Sprintf("%.0f/s", median[0]), fmt.Sprintf("%.0f/s", median[1]), fmt.Sprintf("%.2f", median[0]/median[1])})
	}
	return rows, nil
}

// ownNginx is the machine's.
func ownNginx() (string, error) {
	nginx, err := exec.LookPath("nginx")
	if err == nil {
		return nginx, nil
	}
	if _, there := os.Stat("/usr/sbin/nginx"); there == nil { // which isn't in every user's PATH
		return "/usr/sbin/nginx", nil
	}
	return "", fmt.Errorf("nginx, which this compares with, is not installed: %w", err)
}

// instances gives the instances files of these sizes and returns where their nginx listens.
func (l *lab) instances(files map[string]int64) (addresses []string, err error) {
	configurations, err := filepath.Glob(filepath.Join(l.home, "local", "machines", "instances", "*", "nginx", "conf", "nginx.conf"))
	if err != nil || len(configurations) == 0 {
		return nil, errors.Join(errors.New("no instance runs nginx"), err)
	}
	for _, path := range configurations {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		found := listenLine.FindSubmatch(text)
		if found == nil {
			return nil, fmt.Errorf("%s has no listen line", path)
		}
		addresses = append(addresses, string(found[1]))
		roots := rootLine.FindAllSubmatch(text, -1)
		if roots == nil {
			return nil, fmt.Errorf("%s doesn't say where its pages are", path)
		}
		// The last is the server's; the first is what holds where a server has none.
		pages := string(roots[len(roots)-1][1])
		if !filepath.IsAbs(pages) {
			pages = filepath.Join(filepath.Dir(path), pages)
		}
		for name, size := range files {
			if err := os.WriteFile(filepath.Join(pages, name), bytes.Repeat([]byte("x"), int(size)), 0o644); err != nil {
				return nil, err
			}
		}
	}
	return addresses, nil
}

// proxy starts an nginx that passes requests on to the backends in turn, over connections that it keeps open. With the file of a
// certificate and its key it speaks TLS and HTTP/2.
func (l *lab) proxy(ctx context.Context, name, nginx string, backends []string, certificate string) (address string, stop func(), err error) {
	dir := filepath.Join(l.dir, "proxy-"+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = free.Addr().String()
	if err := free.Close(); err != nil {
		return "", nil, err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	listen, secure := address, ""
	if certificate != "" {
		listen += " ssl http2"
		secure = fmt.Sprintf("ssl_certificate %[1]s; ssl_certificate_key %[1]s; ssl_protocols TLSv1.2 TLSv1.3; keepalive_requests 1000000;", certificate)
	}
	conf := fmt.Sprintf(`daemon off; worker_processes auto; pid %[1]s/pid; error_log stderr; %[2]s
events { worker_connections 1024; }
http {
  access_log off; %[5]s
  client_body_temp_path %[1]s/c; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream web { %[3]s keepalive 64; }
  server { listen %[4]s; location / { proxy_pass http://web; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
`, dir, user, "server "+strings.Join(backends, "; server ")+";", listen, secure)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		return "", nil, err
	}
	command := exec.CommandContext(ctx, nginx, "-p", dir, "-c", path, "-e", "stderr")
	command.Stderr = os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	if err := command.Start(); err != nil {
		return "", nil, fmt.Errorf("start nginx: %w", err)
	}
	stop = func() {
		_ = command.Process.Signal(os.Interrupt) // a master that is killed leaves its workers
		_ = command.Wait()
	}
	return address, stop, nil
}

// answers waits until a URL answers with 200 and a body of that size, in bytes.
func answers(ctx context.Context, client *http.Client, address string, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	last := "no answer"
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			read, err := io.Copy(io.Discard, response.Body)
			response.Body.Close()
			last = fmt.Sprintf("%s and %d bytes", response.Status, read)
			if err == nil && response.StatusCode == http.StatusOK && read == size {
				return nil
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("%s doesn't answer with 200 and %d bytes; it gave %s: %w", address, size, last, err)
		}
	}
}

// wrk measures requests a second. A single error spoils the measurement.
func wrk(ctx context.Context, address, lasts string) (float64, error) {
	out, err := exec.CommandContext(ctx, "wrk", "-t1", "-c32", "-d"+lasts, address).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	if failed := failures.Find(out); failed != nil {
		return 0, fmt.Errorf("%s: %s", address, failed)
	}
	found := requestRate.FindSubmatch(out)
	if found == nil {
		return 0, errors.New("wrk said no rate: " + string(out))
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
