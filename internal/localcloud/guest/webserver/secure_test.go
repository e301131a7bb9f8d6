package webserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// pair is a certificate that signs itself, and its key, as files have them.
func pair(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func TestStart_ServesTLSByCertificateOfName(t *testing.T) {
	one, oneKey := pair(t, "one.example")
	two, twoKey := pair(t, "two.example")
	server, err := Start(rootfs(t, map[string]string{
		"etc/pki/one.pem": one, "etc/pki/one.key": oneKey, "etc/nginx/two.pem": two, "etc/nginx/two.key": twoKey,
		"etc/nginx/nginx.conf": `events {}
http {
  ssl_certificate /etc/pki/one.pem;
  ssl_certificate_key /etc/pki/one.key;
  server { listen 80; listen 443 ssl default_server; ssl_session_timeout 1d; location = / { return 200 "one by ${scheme}"; } location = /moved { return 301 /there; } }
  server { listen 443 ssl; server_name two.example; ssl_certificate two.pem; ssl_certificate_key two.key; location = / { return 200 two; } }
}`,
	}), Machine{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	get := func(port int, url, sni string) (*http.Response, string) {
		t.Helper()
		address, _ := server.Address(port)
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(one + two))
		transport := &http.Transport{
			DisableKeepAlives: true,
			DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&tls.Dialer{Config: &tls.Config{ServerName: sni, RootCAs: roots}}).DialContext(ctx, "tcp", address)
			},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", address)
			},
		}
		response, err := (&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}
	for _, tt := range []struct {
		port           int
		url, sni, want string
	}{
		{443, "https://one.example/", "one.example", "one by https"}, {443, "https://two.example/", "two.example", "two"}, {80, "http://two.example/", "", "one by http"},
	} {
		if _, body := get(tt.port, tt.url, tt.sni); body != tt.want {
			t.Errorf("%s: %q, want %q", tt.url, body, tt.want)
		}
	}
	if response, _ := get(443, "https://one.example/moved", "one.example"); response.Header.Get("Location") != "https://one.example/there" {
		t.Errorf("moved to %s", response.Header.Get("Location"))
	}
	if response, _ := get(443, "http://one.example/", ""); response.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP on a port with TLS: %d", response.StatusCode)
	}
}

func TestLoad_RefusesTLSWithoutCertificate(t *testing.T) {
	certificate, key := pair(t, "one.example")
	_, other := pair(t, "one.example")
	server := func(text string) string { return "events {}\nhttp { server { listen 443 ssl; " + text + " } }" }
	for name, tt := range map[string]struct{ conf, want string }{
		"none":             {server(""), `[emerg] no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/nginx/nginx.conf:2`},
		"no key":           {server("ssl_certificate c.pem;"), `[emerg] no "ssl_certificate_key" is defined for certificate "c.pem"`},
		"no file":          {server("ssl_certificate none.pem; ssl_certificate_key k.pem;"), `[emerg] cannot load certificate "none.pem": no such file`},
		"another's key":    {server("ssl_certificate c.pem; ssl_certificate_key other.pem;"), `[emerg] cannot load certificate "c.pem" with key "other.pem": tls: private key does not match`},
		"a directory":      {server("ssl_certificate /etc; ssl_certificate_key k.pem;"), `[emerg] cannot load certificate "/etc": file does not exist`},
		"a variable":       {server("ssl_certificate $ssl_server_name.pem; ssl_certificate_key k.pem;"), `is not simulated by the built-in web server`},
		"text":             {server("ssl_certificate data:x; ssl_certificate_key k.pem;"), `is not simulated by the built-in web server`},
		"outside, by link": {server("ssl_certificate /etc/outside.pem; ssl_certificate_key k.pem;"), `[emerg] cannot load certificate "/etc/outside.pem": `},
		"outside, by path": {server("ssl_certificate ../../../outside.pem; ssl_certificate_key k.pem;"), `[emerg] cannot load certificate "../../../outside.pem": no such file`},
		"HTTP/2":           {server("listen 444 ssl http2;"), `[emerg] listen option "http2" is not simulated`},
	} {
		dir := rootfs(t, map[string]string{"root/etc/nginx/nginx.conf": tt.conf, "root/etc/nginx/c.pem": certificate, "root/etc/nginx/k.pem": key, "root/etc/nginx/other.pem": other, "outside.pem": certificate})
		if err := os.Symlink(filepath.Join(dir, "outside.pem"), filepath.Join(dir, "root/etc/outside.pem")); err != nil {
			t.Log(err)
		}
		_, err := Load(filepath.Join(dir, "root"), "/etc/nginx/nginx.conf")
		var e *nginxconf.Emergency
		if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
