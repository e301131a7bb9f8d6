package nginx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Program is an nginx of this machine. Try finds out what it is like.
type Program struct {
	Path    string // absolute
	Version string // as its answers name it, such as "nginx/1.28.0"
	// NoErrorLogFlag says that it doesn't know -e, which came with 1.19.5.
	NoErrorLogFlag bool
}

// SlowError says that nginx neither listened in time nor ended.
type SlowError struct {
	Within time.Duration
	Said   string // on its standard error
}

// Error implements error.
func (e *SlowError) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("nginx doesn't listen after %v: %s", e.Within, e.Said), ": ")
}

// tryWithin is how long an nginx that is tried may take.
const tryWithin = 5 * time.Second

// tryPage is what it has to serve.
const tryPage = "served\n"

// tryFiles has every directive of the package's configuration and of a platform's.
func tryFiles() map[string]string {
	return map[string]string{
		"etc/nginx/mime.types": "types { text/html html; }\n",
		"etc/nginx/nginx.conf": `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 64; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    charset utf-8;
    access_log /var/log/nginx/access.log;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 75s;
    large_client_header_buffers 8 32k;
    types_hash_max_size 4096;
    server {
        listen 80 default_server;
        listen [::]:80 default_server;
        server_name _;
        root /srv/www;
        add_header X-Served-By nginx always;
        error_page 404 /404.html;
        location = /health { access_log off; default_type text/plain; return 200 ok; }
        location / { index index.html; }
    }
}
`,
		"srv/www/index.html": tryPage,
	}
}

// Try runs an nginx over a configuration such as instances have, in dir, which it makes and removes, and fetches a page.
// The error says in one line why no instance could run it.
func Try(ctx context.Context, path, dir string) (Program, error) {
	o := Options{Program: Program{Path: path}, Dir: dir, Root: filepath.Join(dir, "rootfs"), Within: tryWithin}
	Sweep(o) // of a trial that was cut short
	if err := os.RemoveAll(dir); err != nil {
		return Program{}, fmt.Errorf("make room to try nginx: %w", err)
	}
	defer os.RemoveAll(dir) // the next trial removes what stays
	for name, text := range tryFiles() {
		name = filepath.Join(o.Root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return Program{}, fmt.Errorf("make room to try nginx: %w", err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return Program{}, fmt.Errorf("make room to try nginx: %w", err)
		}
	}
	err := o.try(ctx)
	if said := (*StartError)(nil); errors.As(err, &said) {
		o.Program.NoErrorLogFlag = true
		err = o.try(ctx)
	}
	if err != nil {
		return Program{}, errors.New(strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' }), "; "))
	}
	return o.Program, nil
}

// try starts nginx once and fetches its page.
func (o *Options) try(ctx context.Context) error {
	p, err := Start(*o)
	if err != nil {
		return err
	}
	defer p.Kill()
	address, ok := p.Address(80)
	if !ok {
		return errors.New("it has no port")
	}
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/", nil)
	if err != nil {
		return err
	}
	// It goes to this machine, so no proxy of the environment has a say.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("fetch a page from it: %w", err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(io.LimitReader(response.Body, int64(len(tryPage))+1))
	if err != nil || response.StatusCode != http.StatusOK || string(page) != tryPage {
		return errors.Join(fmt.Errorf("it answered %s to a page that is there", response.Status), err)
	}
	o.Program.Version = response.Header.Get("Server")
	return nil
}
