package webserver

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// rootfs lays down files below a new root.
func rootfs(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		p := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const conf = `
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
events { worker_connections 1024; }
http {
    log_format main '$remote_addr "$request" $status';
    types { text/html html htm; text/css css; }
    default_type application/octet-stream;
    keepalive_timeout 75s;
    include /etc/nginx/conf.d/*.conf;
    server {
        listen 80 default_server;
        listen [::]:80 default_server;
        server_name _;
        root /srv/web;
        server_tokens off;
        add_header X-Served-By $hostname always;
        error_page 404 /404.html;
        error_page 500 502 =200 /ok;

        location = /healthz { access_log off; default_type text/plain; return 200 "ok ${uri}\n"; }
        location /old/ { return 301 /new$request_uri; }
        location /gone { return 410; }
        location /app/ { try_files $uri $uri/ /app/index.html; }
        location /strict/ { try_files $uri =404; }
        location ^~ /raw/ { add_header X-Raw 1; default_type text/x-raw; return 200 raw; }
        location ~* \.css$ { add_header Cache-Control "max-age=60"; }
        location /broken { return 500; }
        location = /ok { return 204; }
        location /hidden { internal; }
    }
}
`

func TestHandler(t *testing.T) {
	root := rootfs(t, map[string]string{
		"etc/nginx/nginx.conf":       conf,
		"etc/nginx/conf.d/api.conf":  "server { listen 80; listen 127.0.0.1:9000; server_name api.example.com *.api.example.com; location / { return 200 $host$arg_x$http_x_forwarded_for; } }",
		"etc/nginx/conf.d/.off.conf": "# hidden",
		"srv/web/index.html":         "hello",
		"srv/web/404.html":           "not here",
		"srv/web/style.css":          "a{}",
		"srv/web/dir/page.txt":       "0123456789",
		"srv/web/app/index.html":     "app",
		"srv/web/app/a.html":         "a",
		"srv/web/hidden":             "secret",
	})
	c, err := Load(root, "/etc/nginx/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Ports(); len(got) != 1 || got[0] != 80 {
		t.Errorf("ports %v", got)
	}
	if got := c.KeepAlive(80); got != 75*time.Second {
		t.Errorf("keep-alive %v", got)
	}
	h := c.Handler(80, Machine{Hostname: "ip-10-0-0-5"})
	for _, tt := range []struct {
		name, method, url string
		header            map[string]string
		code              int
		body              string
		want              map[string]string
	}{
		{"index", "GET", "http://x/", nil, 200, "hello", map[string]string{"Content-Type": "text/html", "Server": "platformctl-webserver", "X-Served-By": "ip-10-0-0-5"}},
		{"head", "HEAD", "http://x/", nil, 200, "", map[string]string{"Content-Length": "5"}},
		{"return text", "GET", "http://x/healthz", nil, 200, "ok /healthz\n", map[string]string{"Content-Type": "text/plain"}},
		{"exact only", "GET", "http://x/healthz/x", nil, 404, "not here", nil},
		{"error page keeps code and headers", "GET", "http://x/nope", nil, 404, "not here", map[string]string{"X-Served-By": "ip-10-0-0-5"}},
		{"error page with another code", "GET", "http://x/broken", nil, 200, "", nil},
		{"return url", "GET", "http://x/old/a?b=1", nil, 301, "", map[string]string{"Location": "http://x/new/old/a?b=1"}},
		{"return code", "GET", "http://x/gone", nil, 410, "<center><h1>410 Gone</h1></center>", nil},
		{"directory", "GET", "http://x/dir", nil, 301, "", map[string]string{"Location": "http://x/dir/"}},
		{"no index", "GET", "http://x/dir/", nil, 403, "403 Forbidden", nil},
		{"unknown type", "GET", "http://x/dir/page.txt", nil, 200, "0123456789", map[string]string{"Content-Type": "application/octet-stream"}},
		{"range", "GET", "http://x/dir/page.txt", map[string]string{"Range": "bytes=2-3"}, 206, "23", nil},
		{"try file", "GET", "http://x/app/a.html", nil, 200, "a", nil},
		{"try fallback", "GET", "http://x/app/b", nil, 200, "app", nil},
		{"try code", "GET", "http://x/strict/b", nil, 404, "not here", nil},
		{"no regex after ^~", "GET", "http://x/raw/a.css", nil, 200, "raw", map[string]string{"X-Raw": "1", "X-Served-By": ""}},
		{"regex", "GET", "http://x/style.CSS", nil, 404, "not here", nil},
		{"regex headers", "GET", "http://x/style.css", nil, 200, "a{}", map[string]string{"Cache-Control": "max-age=60", "Content-Type": "text/css"}},
		{"internal", "GET", "http://x/hidden", nil, 404, "not here", nil},
		{"post to a file", "POST", "http://x/", nil, 405, "405 Method Not Allowed", nil},
		{"outside of root", "GET", "http://x/../../etc/nginx/nginx.conf", nil, 404, "not here", nil},
		{"by name", "GET", "http://api.example.com/?x=7", map[string]string{"X-Forwarded-For": "10.1.1.1"}, 200, "api.example.com710.1.1.1", nil},
		{"by wildcard", "GET", "http://a.api.example.com:8080/", nil, 200, "a.api.example.com", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.url, nil)
			for k, v := range tt.header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			body, _ := io.ReadAll(w.Result().Body)
			if w.Code != tt.code || !strings.Contains(string(body), tt.body) {
				t.Errorf("%d %q, want %d %q", w.Code, body, tt.code, tt.body)
			}
			for k, v := range tt.want {
				if got := w.Header().Get(k); got != v {
					t.Errorf("%s: %q, want %q", k, got, v)
				}
			}
		})
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
	h.ServeHTTP(w, r)
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("If-None-Match with the page's own ETag: %d", w.Code)
	}
}

// TestCharset has nginx's own answers to the same configuration.
func TestCharset(t *testing.T) {
	root := rootfs(t, map[string]string{
		"srv/index.html": "hello", "srv/a.css": "a{}", "srv/a.json": "{}", "srv/a.js": "a",
		"etc/nginx/nginx.conf": `events {} http { default_type application/octet-stream; charset utf-8;
types { text/html html; text/css css; application/json json; application/javascript js; }
server { listen 80; root /srv;
location = /text { default_type text/plain; return 200 ok; }
location = /own { default_type "text/html; charset=latin1"; return 200 ok; }
location = /moved { return 302 /x; }
location = /off { charset off; default_type text/plain; return 200 ok; } } }`,
	})
	c, err := Load(root, "/etc/nginx/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/": "text/html; charset=utf-8", "/a.css": "text/css", "/a.json": "application/json", "/a.js": "application/javascript; charset=utf-8",
		"/text": "text/plain; charset=utf-8", "/own": "text/html; charset=latin1", "/moved": "text/html", "/off": "text/plain",
		"/none": "text/html; charset=utf-8",
	} {
		w := httptest.NewRecorder()
		c.Handler(80, Machine{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://x"+path, nil))
		if got := w.Header().Get("Content-Type"); got != want {
			t.Errorf("%s has the type %q, want %q", path, got, want)
		}
	}
}

func TestLoad_Refuses(t *testing.T) {
	for _, tt := range []struct{ name, conf, want string }{
		{"unknown directive", "events {}\nhttp {\n  servr_name x;\n}\n", `[emerg] unknown directive "servr_name" in /etc/nginx/nginx.conf:3`},
		{"of nginx, but not here", "events {}\nhttp { server { location / { proxy_pass http://x; } } }", `[emerg] directive "proxy_pass" is not simulated`},
		{"wrong place", "events {}\nlisten 80;", `[emerg] "listen" directive is not allowed here in /etc/nginx/nginx.conf:2`},
		{"arguments", "events {}\nhttp { root; }", `[emerg] invalid number of arguments in "root" directive`},
		{"semicolon forgotten", "events {}\nhttp { server { root /x\n index y; } }", `[emerg] invalid number of arguments in "root" directive`},
		{"semicolon forgotten before a brace", "events {}\nhttp {\n  root /x\n}", `[emerg] unexpected "}" in /etc/nginx/nginx.conf:4`},
		{"semicolon forgotten at the end", "events {}\nuser x", `[emerg] unexpected end of file, expecting ";" or "}" in /etc/nginx/nginx.conf:2`},
		{"a brace too many", "events {}\n}", `[emerg] unexpected "}" in /etc/nginx/nginx.conf:2`},
		{"two semicolons", "events {}\nuser x;;", `[emerg] unexpected ";"`},
		{"no end of blocks", strings.Repeat("http {", 1000), `[emerg] unexpected "{"`},
		{"no events", "http {}", `[emerg] no "events" section in configuration`},
		{"unclosed", "events {}\nhttp {", `unexpected`},
		{"missing include", "events {}\nhttp {\ninclude /etc/none;\n}", `[emerg] open() "/etc/none" failed (2: No such file or directory) in /etc/nginx/nginx.conf:3`},
		{"variable", "events {}\nhttp { server { return 200 $nope; } }", `[emerg] unknown "nope" variable`},
		{"port", "events {}\nhttp { server { listen x:y; } }", `[emerg] invalid port in "x:y"`},
		{"duplicate location", "events {}\nhttp { server { location /a {} location /a {} } }", `[emerg] duplicate location "/a"`},
		{"buffer size", "events {}\nhttp { large_client_header_buffers 4 many; }", `[emerg] invalid value "many"`},
		{"number of buffers", "events {}\nhttp { large_client_header_buffers 0 8k; }", `[emerg] invalid value "0"`},
		{"most buffers", "events {}\nhttp { large_client_header_buffers 65 8k; }", `[emerg] invalid value "65"`},
		{"a large buffer", "events {}\nhttp { large_client_header_buffers 8 900k; }", `[emerg] "900k" is more than the 65536 bytes`},
		{"a large first buffer", "events {}\nhttp { client_header_buffer_size 65537; }", `[emerg] "65537" is more than the 65536 bytes`},
		{"a long argument", "events {}\nhttp { server { return 200 " + strings.Repeat("$request_uri", 342) + "; } }", `[emerg] too long parameter "$request_u..." started in /etc/nginx/nginx.conf:2`},
		{"two defaults", "events {}\nhttp { server { listen 80 default_server; } server { listen 80 default_server; } }", `[emerg] a duplicate default server for 0.0.0.0:80`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(rootfs(t, map[string]string{"etc/nginx/nginx.conf": tt.conf}), "/etc/nginx/nginx.conf")
			var e *nginxconf.Emergency
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestLoad_ReadsNothingOutsideOfTheRoot includes a file beside the root, which would be refused if it were read.
func TestLoad_ReadsNothingOutsideOfTheRoot(t *testing.T) {
	const secret = "secret;"
	for name, include := range map[string]string{"by path": "/../outside.conf", "by pattern": "/../*.conf", "by link": "/etc/nginx/link.conf"} {
		t.Run(name, func(t *testing.T) {
			dir := rootfs(t, map[string]string{"outside.conf": secret, "root/etc/nginx/nginx.conf": "events {}\nhttp { server {} }\ninclude " + include + ";"})
			if err := os.Symlink(filepath.Join(dir, "outside.conf"), filepath.Join(dir, "root/etc/nginx/link.conf")); err != nil {
				t.Skip(err)
			}
			if _, err := Load(filepath.Join(dir, "root"), "/etc/nginx/nginx.conf"); err != nil && strings.Contains(err.Error(), "unknown directive") {
				t.Errorf("it was read: %v", err)
			}
		})
	}
}
