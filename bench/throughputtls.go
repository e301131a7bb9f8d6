package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// domain is what the platform is served under, in the zone that every account of the local cloud has.
const domain = "bench.example.localhost"

// secured serves the platform under a domain, and starts a peer that terminates TLS, too.
func (l *lab) secured(ctx context.Context, nginx string, backends []string) (ways []way, stop func(), err error) {
	if err := l.up(ctx, "bench", fmt.Sprintf(platform, ", https: {domain: "+domain+", hosted_zone: example.localhost}")); err != nil {
		return nil, nil, err
	}
	status, err := l.running(ctx)
	if err != nil {
		return nil, nil, err
	}
	ours := ""
	for _, listener := range status.LoadBalancers[0].Listeners {
		if listener.Port == 443 {
			ours = listener.Address
		}
	}
	trusted := x509.NewCertPool()
	authority, err := os.ReadFile(status.CertificateAuthority)
	if err != nil || !trusted.AppendCertsFromPEM(authority) {
		return nil, nil, errors.Join(errors.New("the local cloud's authority has no certificate"), err)
	}
	file, own, err := selfSigned(l.dir)
	if err != nil {
		return nil, nil, err
	}
	trusted.AddCert(own)
	peer, stop, err := l.proxy(ctx, "tls", nginx, backends, file)
	if err != nil {
		return nil, nil, err
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, ServerName: domain, MinVersion: tls.VersionTLS12}}}
	ways = []way{{"HTTP/1.1, TLS", "https", client, wrk, []string{ours, peer}}}
	if program, _ := exec.LookPath("h2load"); program == "" { // why it isn't found is of no interest
		fmt.Fprintln(os.Stderr, "h2load, which makes requests over HTTP/2, is not installed: there are no rows of it")
		return ways, stop, nil
	}
	return append(ways, way{"HTTP/2, TLS", "https", client, h2load, ways[0].addresses}), stop, nil
}

// selfSigned writes a certificate for the domain and its key into one file: on the curve P-256, as platforms have it.
func selfSigned(dir string) (file string, certificate *x509.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{domain}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", nil, err
	}
	if certificate, err = x509.ParseCertificate(raw); err != nil {
		return "", nil, err
	}
	file = filepath.Join(dir, "peer.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	return file, certificate, os.WriteFile(file, text, 0o600)
}

var (
	streamRate    = regexp.MustCompile(`finished in [^,]*, ([\d.]+) req/s`)
	nothingFailed = regexp.MustCompile(`requests: \d+ total, \d+ started, \d+ done, \d+ succeeded, 0 failed`)
)

// h2load measures requests a second over HTTP/2, of 8 clients with 4 streams each. A single error spoils the measurement.
func h2load(ctx context.Context, address, lasts string) (float64, error) {
	out, err := exec.CommandContext(ctx, "h2load", "-t1", "-c8", "-m4", "-D"+lasts, address).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("h2load: %w\n%s", err, out)
	}
	found := streamRate.FindSubmatch(out)
	if found == nil || !nothingFailed.Match(out) {
		return 0, fmt.Errorf("h2load: %s\n%s", address, out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}
