package rules_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/site/rules"
	"github.com/platformctl/platformctl/internal/testenv"
)

// serve has the machine's nginx serve a site, and returns what asks it for a target as it is written.
func serve(t *testing.T, files map[string]string, o rules.Options) func(target string) *http.Response {
	t.Helper()
	program := testenv.Program(t, "nginx")
	dir := t.TempDir()
	o.Has = func(path string) bool { _, there := files[path]; return there }
	all := compile(t, o)
	for path, content := range files {
		all[path] = content
	}
	for path, content := range all {
		name := filepath.Join(dir, "www", path)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil { //nolint:gosec // nginx's workers read it as another user
			t.Fatal(err)
		}
	}
	socket := filepath.Join(dir, "s")
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
    access_log off;
    types { text/html html; text/css css; }
    client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; scgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/u;
    include %[1]s/www/.platformctl/http.conf;
    server {
        listen unix:%[1]s/s;
        root %[1]s/www;
        location = "/healthz" { return 200 "ok"; }
        include %[1]s/www/.platformctl/site.conf;
    }
}`, dir)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log")}
	if out, err := exec.CommandContext(t.Context(), program, append([]string{"-t"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s\n%s", err, out, all[rules.HTTPFile], all[rules.ServerFile])
	}
	command := exec.CommandContext(t.Context(), program, args...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	dial := func() (net.Conn, error) {
		end := time.Now().Add(10 * time.Second)
		for {
			conn, err := net.Dial("unix", socket)
			if err == nil || time.Now().After(end) {
				return conn, err
			}
			<-time.After(5 * time.Millisecond) // until it listens
		}
	}
	return func(target string) *http.Response {
		conn, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n", target)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		response.Body = io.NopCloser(strings.NewReader(string(body)))
		return response
	}
}

func site() map[string]string {
	return map[string]string{
		"index.html": "home", "404.html": "lost", "about.html": "about", "docs/index.html": "docs", "empty/x.css": "x",
		"app/index.html": "app", "assets/app.3f2a91c0.js": "js", "assets/report-20260101.css": "report", "_redirects": "secret", "_headers": "secret",
		".well-known/security.txt": "contact", "old/file.html": "hidden by a redirect",
	}
}

func TestNginx_AnswersAsRulesSay(t *testing.T) {
	t.Parallel()
	ask := serve(t, site(), rules.Options{HealthCheck: "/healthz", Redirects: []byte(`# moved
/old/exact /first 308
/old/* /new/:splat
/go/* /:splat 302   # never another host
/away https://example.com/x?a=b#there
/query /docs/
/gr%C3%BC%C3%9Fe /docs/ 303
/app/* /app/index.html 200
`), Headers: []byte(`/*
  X-All: everywhere
  ! Referrer-Policy
/docs/
  X-All: docs
  Link: </x.css>; rel="preload"
/about
  Cache-Control: max-age=60
`)})
	for _, c := range []struct {
		target string
		status int
		body   string
		fields string // "Name: value" that the answer has, or "!Name" that it lacks, with | between them
	}{
		{"/", 200, "home", "Cache-Control: no-cache|X-Content-Type-Options: nosniff|X-Frame-Options: SAMEORIGIN|!Referrer-Policy|X-All: everywhere"},
		{"/index.html", 200, "home", "Cache-Control: no-cache"},
		{"/about", 200, "about", "Cache-Control: max-age=60"},
		{"/about?x=1", 200, "about", "Cache-Control: max-age=60"},
		{"/docs/", 200, "docs", `X-All: docs|Link: </x.css>; rel="preload"`},
		{"/docs", 301, "", "Location: /docs/"},
		{"/assets/app.3f2a91c0.js", 200, "js", "Cache-Control: public, max-age=31536000, immutable"},
		{"/assets/report-20260101.css", 200, "report", "Cache-Control: no-cache"},
		{"/assets/app.00000000.js", 404, "lost", "X-Content-Type-Options: nosniff|!Cache-Control|X-All: everywhere"},
		{"/nothing", 404, "lost", ""},
		{"/empty/", 404, "lost", ""},
		{"/_redirects", 404, "lost", ""},
		{"/_headers", 404, "lost", ""},
		{"/.platformctl/site.conf", 404, "lost", ""},
		{"/x/.git/config", 404, "lost", ""},
		{"/.well-known/security.txt", 200, "contact", ""},
		{"/.well-known/nothing", 404, "lost", ""},
		{"/healthz", 200, "ok", ""},
		{"/old/exact", 308, "", "Location: /first|Cache-Control: no-cache"},
		{"/old/file.html", 301, "", "Location: /new/file.html"},
		{"/old/a/b?x=%20y", 301, "", "Location: /new/a/b?x=%20y"},
		{"/old", 301, "", "Location: /new/"},
		{"/go//evil.example/x", 302, "", "Location: /evil.example/x"},
		{`/go/\evil.example`, 302, "", "Location: /evil.example"},
		{"/go/x%0d%0aSet-Cookie:a=b", 302, "", "Location: /x%0d%0aSet-Cookie:a=b|!Set-Cookie"},
		{"/away?c=d", 301, "", "Location: https://example.com/x?a=b#there"},
		{"/query?c=d", 301, "", "Location: /docs/?c=d"},
		{"/query/", 301, "", "Location: /docs/"},
		{"/gr%C3%BC%C3%9Fe", 303, "", "Location: /docs/"},
		{"/app/some/route", 200, "app", "Cache-Control: no-cache"},
	} {
		got := ask(c.target)
		body, _ := io.ReadAll(got.Body)
		if got.StatusCode != c.status || c.body != "" && string(body) != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.target, got.StatusCode, body, c.status, c.body)
		}
		for field := range strings.SplitSeq(c.fields, "|") {
			name, value, _ := strings.Cut(field, ": ")
			if lacks, ok := strings.CutPrefix(name, "!"); ok {
				name = lacks
			}
			if have := got.Header.Get(name); name != "" && have != value || len(got.Header.Values(name)) > 1 {
				t.Errorf("%s: %s is %q, want %q", c.target, name, got.Header.Values(name), value)
			}
		}
	}
}

func TestNginx_AnswersEveryPathOfSinglePageApplication(t *testing.T) {
	t.Parallel()
	ask := serve(t, map[string]string{"index.html": "app", "a.css": "css"}, rules.Options{Redirects: []byte("/* /index.html 200\n")})
	for target, want := range map[string]string{"/": "app", "/any/route": "app", "/a.css": "css", "/missing.3f2a91c0.js": "app"} {
		got := ask(target)
		body, _ := io.ReadAll(got.Body)
		if got.StatusCode != 200 || string(body) != want || got.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d %q %q, want %q", target, got.StatusCode, body, got.Header.Get("Cache-Control"), want)
		}
	}
}

func TestNginx_TakesTheMostAndTheLongestRules(t *testing.T) {
	t.Parallel()
	var redirects, headers strings.Builder
	for i := range 1900 {
		fmt.Fprintf(&redirects, "/%d/%s /x%d\n", i, strings.Repeat("n", 40), i)
	}
	for i := range 100 {
		fmt.Fprintf(&redirects, "/p%d/* /q%d/:splat\n", i, i)
		fmt.Fprintf(&headers, "/h%d/%s\n  X-Same: %d\n  X-Own-%d: %s\n", i, strings.Repeat("l", 900), i, i, strings.Repeat("v", 1000))
	}
	ask := serve(t, site(), rules.Options{Redirects: []byte(redirects.String()), Headers: []byte(headers.String())})
	if got := ask("/p99/x").Header.Get("Location"); got != "/q99/x" {
		t.Errorf("Location: %q", got)
	}
}
