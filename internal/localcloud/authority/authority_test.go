package authority_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/authority"
)

func clock() time.Time { return time.Date(2026, 3, 1, 15, 0, 0, 0, time.UTC) }

func leaf(arn, serial, algorithm string, names ...string) authority.Leaf {
	begin := clock().Truncate(24 * time.Hour)
	return authority.Leaf{ARN: "arn:aws:acm:us-east-1:123456789012:certificate/" + arn, Names: names, Serial: serial, Algorithm: algorithm,
		NotBefore: begin, NotAfter: begin.Add(198*24*time.Hour - time.Second)}
}

// verify verifies a certificate as a client does that trusts the authority's file.
func verify(t *testing.T, a *authority.Authority, c *tls.Certificate, host string) error {
	t.Helper()
	file, err := a.File()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	for _, raw := range c.Certificate[1:] {
		above, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		between.AddCert(above)
	}
	_, err = c.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between, CurrentTime: clock().Add(time.Hour)})
	return err
}

func TestCertificate_IsVerifiedByItsRootAlone(t *testing.T) {
	a := authority.New(t.TempDir(), clock)
	for algorithm, signature := range map[string]x509.SignatureAlgorithm{authority.ECDSAP256: x509.ECDSAWithSHA256, authority.ECDSAP384: x509.ECDSAWithSHA384, authority.RSA2048: x509.SHA256WithRSA} {
		l := leaf(algorithm, "0a:00:ff", algorithm, "shop.example.localhost", "*.shop.example.localhost")
		if err := a.Set([]authority.Leaf{l}); err != nil {
			t.Fatal(err)
		}
		c, err := a.Certificate(l.ARN)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Leaf; got.SignatureAlgorithm != signature || authority.Serial(got.SerialNumber) != l.Serial || !got.NotAfter.Equal(l.NotAfter) || got.Subject.CommonName != "shop.example.localhost" {
			t.Errorf("%s: %v, serial %x, until %s, of %s", algorithm, got.SignatureAlgorithm, got.SerialNumber, got.NotAfter, got.Subject)
		}
		for host, ok := range map[string]bool{"shop.example.localhost": true, "www.shop.example.localhost": true, "example.localhost": false} {
			if err := verify(t, a, c, host); (err == nil) != ok {
				t.Errorf("%s for %s: %v", algorithm, host, err)
			}
		}
	}
}

// TestCertificate_IsNoUseOutsideOfTheZone issues what ACM never asks for: who trusts the authority must not trust that.
func TestCertificate_IsNoUseOutsideOfTheZone(t *testing.T) {
	for _, name := range []string{"www.example.com", "localhost", "example.localhost.evil.com", "otherexample.localhost"} {
		a := authority.New(t.TempDir(), clock)
		l := leaf("outside", "01", authority.ECDSAP256, name)
		if err := a.Set([]authority.Leaf{l}); err != nil {
			t.Fatal(err)
		}
		c, err := a.Certificate(l.ARN)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(t, a, c, name); err == nil {
			t.Errorf("a certificate of %s is verified", name)
		}
	}
	a := authority.New(t.TempDir(), clock)
	file, err := a.File()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) || strings.Contains(string(text), "PRIVATE") {
		t.Errorf("the file for clients is %s", text)
	}
}

func TestCertificate_OutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	l := leaf("kept", "01:02", authority.ECDSAP256, "shop.example.localhost")
	get := func(l authority.Leaf) *tls.Certificate {
		a := authority.New(dir, clock)
		if err := a.Set([]authority.Leaf{l}); err != nil {
			t.Fatal(err)
		}
		c, err := a.Certificate(l.ARN)
		if err != nil {
			t.Fatal(err)
		}
		if err := verify(t, a, c, "shop.example.localhost"); err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, again := get(l), get(l)
	if !first.Leaf.Equal(again.Leaf) {
		t.Error("another process issued it again")
	}
	l.Serial = "01:03"
	if renewed := get(l); renewed.Leaf.Equal(first.Leaf) || authority.Serial(renewed.Leaf.SerialNumber) != "01:03" {
		t.Errorf("renewed: serial %x", renewed.Leaf.SerialNumber)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, pattern := range []string{"*.key", "certificates/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: %v, %v", pattern, files, err)
		}
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", f, info, err)
			}
		}
	}
}

func TestSet_RemovesKeysOfDeletedCertificates(t *testing.T) {
	dir := t.TempDir()
	a := authority.New(dir, clock)
	one, other := leaf("one", "01", authority.ECDSAP256, "a.example.localhost"), leaf("other", "02", authority.ECDSAP256, "b.example.localhost")
	if err := a.Set([]authority.Leaf{one, other}); err != nil {
		t.Fatal(err)
	}
	for _, l := range []authority.Leaf{one, other} {
		if _, err := a.Certificate(l.ARN); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Set([]authority.Leaf{other}); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "certificates", "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "other.pem" {
		t.Errorf("left %v, %v", left, err)
	}
	if c, err := a.Certificate(one.ARN); err == nil {
		t.Errorf("the deleted one is still shown: %v", c.Leaf.Subject)
	}
}

func TestNew_MakesNothingUntilItIsUsed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "authority")
	if err := authority.New(dir, clock).Set(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory is there")
	}
}

func TestFile_NamesADamagedAuthority(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.key"), []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.New(dir, clock).File(); err == nil || !strings.Contains(err.Error(), "ca.key") {
		t.Errorf("got %v", err)
	}
}

// TestCertificate_ServesTLS is the whole way once: a server with the certificate, a client with the authority's file.
func TestCertificate_ServesTLS(t *testing.T) {
	a := authority.New(t.TempDir(), func() time.Time { return time.Now() }) //nolint:gocritic // the client's clock is the machine's
	l := leaf("served", "7f", authority.ECDSAP256, "shop.example.localhost")
	l.NotBefore = time.Now().Add(-time.Hour)
	l.NotAfter = time.Now().Add(time.Hour)
	if err := a.Set([]authority.Leaf{l}); err != nil {
		t.Fatal(err)
	}
	file, err := a.File()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	near, far := net.Pipe()
	go func() {
		server := tls.Server(far, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.Certificate(l.ARN) }, MinVersion: tls.VersionTLS12})
		_ = server.HandshakeContext(t.Context())
		_ = server.Close()
	}()
	client := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: "shop.example.localhost", MinVersion: tls.VersionTLS12})
	if err := client.HandshakeContext(t.Context()); err != nil {
		t.Error(err)
	}
	_ = near.Close()
}
