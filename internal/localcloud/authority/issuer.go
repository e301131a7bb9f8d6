package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// The key algorithms of certificates that ACM issues, as its API names them.
const (
	RSA2048    = "RSA_2048"
	ECDSAP256  = "EC_prime256v1"
	ECDSAP384  = "EC_secp384r1"
	lifetime   = 10 * 365 * 24 * time.Hour // of the authority's own certificates
	rootName   = "platformctl local cloud"
	rootFile   = "ca.key"
	serialSize = 16 // bytes
)

// issuer is a certificate that others are signed with.
type issuer struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// ensureRoot reads the root, or makes it.
func (a *Authority) ensureRoot() (*issuer, error) {
	a.signing.Lock()
	defer a.signing.Unlock()
	return a.readRoot()
}

func (a *Authority) readRoot() (_ *issuer, err error) {
	if a.root == nil {
		a.root, err = a.readOrMake(rootFile, func() (*issuer, error) { return a.newIssuer(rootName+" root", ECDSAP256, nil) })
	}
	return a.root, err
}

// signer reads the intermediate that issues certificates with keys of an algorithm, or makes it. As Amazon's do, it
// has a key of that algorithm itself.
func (a *Authority) signer(algorithm string) (_ *issuer, err error) {
	a.signing.Lock()
	defer a.signing.Unlock()
	if s := a.signers[algorithm]; s != nil {
		return s, nil
	}
	root, err := a.readRoot()
	if err != nil {
		return nil, err
	}
	name := strings.ToLower(strings.ReplaceAll(algorithm, "_", "-"))
	s, err := a.readOrMake(name+".key", func() (*issuer, error) { return a.newIssuer(rootName+" "+name, algorithm, root) })
	if err == nil {
		a.signers[algorithm] = s
	}
	return s, err
}

// readOrMake reads an issuer's file, which holds both its key and its certificate, or makes it.
func (a *Authority) readOrMake(file string, create func() (*issuer, error)) (*issuer, error) {
	path := filepath.Join(a.dir, file)
	text, err := atomicfile.Read(path)
	if err == nil {
		chain, key, err := decode(text)
		if err != nil || len(chain) != 1 {
			return nil, fmt.Errorf("read the local cloud's authority %s: delete the file, and it is made again: %w", path, errors.Join(err, errNotOne(len(chain))))
		}
		return &issuer{chain[0], key}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the local cloud's authority: %w", err)
	}
	made, err := create()
	if err != nil {
		return nil, fmt.Errorf("make the local cloud's authority: %w", err)
	}
	if text, err = encodeWithKey(made.key, made.certificate.Raw); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the local cloud's authority: %w", err)
	}
	if err := atomicfile.Write(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("keep the local cloud's authority: %w", err)
	}
	return made, nil
}

func errNotOne(certificates int) error {
	if certificates == 1 {
		return nil
	}
	return fmt.Errorf("it holds %d certificates", certificates)
}

// newIssuer makes an authority's key and certificate: the root where there is none above it.
func (a *Authority) newIssuer(name, algorithm string, above *issuer) (*issuer, error) {
	key, err := newKey(algorithm)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 8*serialSize-1))
	if err != nil {
		return nil, err
	}
	begin := a.now().UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour) // certificates begin at midnight
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{rootName}, CommonName: name},
		NotBefore: begin, NotAfter: begin.Add(lifetime),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 1, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{Domain}, ExcludedIPRanges: allAddresses(),
	}
	parent, with := template, key
	if above != nil {
		template.MaxPathLen, template.MaxPathLenZero = 0, true
		parent, with = above.certificate, above.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), with)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return &issuer{certificate, key}, err
}

// allAddresses are those that no certificate may be for: a constraint on names says nothing of addresses.
func allAddresses() []*net.IPNet {
	return []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
}

func newKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case ECDSAP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ECDSAP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	return nil, fmt.Errorf("make a key: no certificate is issued for keys of %s", algorithm)
}
