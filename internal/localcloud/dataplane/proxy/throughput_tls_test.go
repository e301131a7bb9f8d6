package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/tlspolicy"
	"github.com/platformctl/platformctl/internal/testenv"
)

var streamsPerSecond = regexp.MustCompile(`finished in [^,]*, ([\d.]+) req/s`)

// h2load makes requests over HTTP/2: 8 clients with 4 streams each.
func h2load(b *testing.B, url string) float64 {
	out, err := exec.Command(testenv.Program(b, "h2load"), "-t1", "-c8", "-m4", "-D3", url).CombinedOutput()
	m := streamsPerSecond.FindSubmatch(out)
	if err != nil || m == nil || !regexp.MustCompile(`requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, 0 failed`).Match(out) {
		b.Fatalf("h2load: %v\n%s", err, out)
	}
	n, _ := strconv.ParseFloat(string(m[1]), 64)
	return n
}

// BenchmarkTLS_AgainstNginx compares the proxy with nginx, both of which terminate TLS with the recommended policy in front
// of the same backend, to which they keep connections. Run it with -benchtime=1x; the ratio is what counts.
func BenchmarkTLS_AgainstNginx(b *testing.B) {
	dir := b.TempDir()
	certificate := selfSigned(b, "shop.example")
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		b.Fatal(err)
	}
	for name, block := range map[string]pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&block), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for _, size := range []int{1 << 10, 1 << 20} {
		root := b.TempDir()
		if err := os.WriteFile(filepath.Join(root, "file"), make([]byte, size), 0o644); err != nil {
			b.Fatal(err)
		}
		backend := startNginx(b, "keepalive_requests 1000000; server { LISTEN root "+root+"; }")
		peer := startNginx(b, "keepalive_requests 1000000; upstream u { server "+backend+"; keepalive 64; keepalive_requests 1000000; } "+
			"ssl_certificate "+dir+"/cert.pem; ssl_certificate_key "+dir+"/key.pem; ssl_protocols TLSv1.2 TLSv1.3; "+
			"server { listen ADDRESS ssl http2; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }")
		ours := newSecureBalancer(b, Attributes{}, newTarget("i-1", backend))
		config := *ours.config.Load()
		policy, _ := tlspolicy.Find("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")
		config.TLS = policy.Config()
		config.TLS.Certificates, config.TLS.NextProtos = []tls.Certificate{certificate}, []string{"h2", "http/1.1"}
		ours.config.Store(&config)
		for version, load := range map[int]func(*testing.B, string) float64{1: wrk, 2: h2load} {
			b.Run(fmt.Sprintf("HTTP-%d-%dKB", version, size>>10), func(b *testing.B) {
				for b.Loop() {
					mine, theirs := load(b, "https://"+ours.address+"/file"), load(b, "https://"+peer+"/file")
					b.ReportMetric(mine, "requests/s")
					b.ReportMetric(theirs, "nginx/s")
					b.ReportMetric(mine/theirs, "of-nginx")
				}
			})
		}
	}
}
