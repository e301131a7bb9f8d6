package tlspolicy

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// published is AWS's table: by policy the versions and the cipher suites, sorted.
func published(t *testing.T) map[string][2][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/published.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string][2][]string{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "ELBSecurityPolicy-") {
			words := strings.Fields(line)
			table[words[0]] = [2][]string{strings.Split(words[1], ","), words[2:]}
		}
	}
	return table
}

func TestAll_AreAWSTable(t *testing.T) {
	table := published(t)
	for _, p := range All() {
		want, there := table[p.Name]
		if !there {
			t.Errorf("%s isn't published", p.Name)
		}
		if !slices.Equal(p.Protocols(), want[0]) {
			t.Errorf("%s has %v, want %v", p.Name, p.Protocols(), want[0])
		}
		if got := slices.Sorted(slices.Values(p.Ciphers())); !slices.Equal(got, want[1]) {
			t.Errorf("%s has\n%v, want\n%v", p.Name, got, want[1])
		}
		delete(table, p.Name)
	}
	for name := range table {
		t.Errorf("%s is lacking", name)
	}
}

// notHere are the suites that crypto/tls hasn't got, as the deviations say.
func notHere(name string) bool {
	return strings.HasSuffix(name, "AES256-SHA384") || name == "AES256-SHA256"
}

// Each policy takes the versions and the suites that AWS publishes, and no other.
func TestConfig_TakesWhatIsPublished(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	certificates := []tls.Certificate{selfSigned(t, ec), selfSigned(t, old)}
	versions := []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}
	for name, want := range published(t) {
		p, _ := Find(name)
		server := p.Config()
		server.Certificates = certificates
		for _, v := range versions {
			c := &tls.Config{InsecureSkipVerify: true, MinVersion: v, MaxVersion: v, CipherSuites: []uint16{
				tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
			if err := shakeHands(server, c); (err == nil) != slices.Contains(want[0], VersionName(v)) {
				t.Errorf("%s, %s: %v", name, VersionName(v), err)
			}
		}
		for _, s := range suites() {
			if s.tls13 || s.id == 0 || p.min == tls.VersionTLS13 {
				continue
			}
			c := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, MinVersion: tls.VersionTLS12, CipherSuites: []uint16{s.id}}
			if err := shakeHands(server, c); (err == nil) != slices.Contains(want[1], s.name) {
				t.Errorf("%s, %s: %v", name, s.name, err)
			}
		}
		for _, group := range []tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024, tls.X25519} {
			if p.max != tls.VersionTLS13 {
				continue
			}
			c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, CurvePreferences: []tls.CurveID{group}}
			if err := shakeHands(server, c); (err == nil) != (strings.Contains(name, "-PQ-") || group == tls.X25519) {
				t.Errorf("%s, %v: %v", name, group, err)
			}
		}
	}
}

func TestSuites_LackWhatIsDeclared(t *testing.T) {
	for _, s := range suites() {
		if (s.id == 0) != notHere(s.name) {
			t.Errorf("%s: %#x", s.name, s.id)
		}
		if s.id != 0 && SuiteName(s.id) != s.name {
			t.Errorf("%s is named %s", s.name, SuiteName(s.id))
		}
	}
}

func TestBackend(t *testing.T) {
	for listener, want := range map[string]string{
		"": Default, Default: Default, "ELBSecurityPolicy-FS-1-2-2019-08": Default,
		"ELBSecurityPolicy-TLS13-1-2-2021-06":             "ELBSecurityPolicy-TLS13-1-0-2021-06",
		"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09":      "ELBSecurityPolicy-TLS13-1-0-PQ-2025-09",
		"ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04":        "ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04",
		"ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09": "ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09",
	} {
		if got := Backend(listener).Name; got != want {
			t.Errorf("%s: %s, want %s", listener, got, want)
		}
	}
}

func selfSigned(t *testing.T, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// shakeHands reports whether a client gets through a handshake.
func shakeHands(server, client *tls.Config) error {
	a, b := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(a, server).Handshake() // the client hears of it
		a.Close()
	}()
	err := tls.Client(b, client).Handshake()
	b.Close()
	<-done
	return err
}
