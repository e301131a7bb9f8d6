package authority

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

const (
	directory       = "certificates" // of the files with certificates and their keys, within the authority's
	typeCertificate = "CERTIFICATE"
	typeKey         = "PRIVATE KEY"
)

// fileName is that of a certificate's file: the unique part of its ARN.
func fileName(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] + ".pem" }

// Serial writes a serial number as ACM does: pairs of hexadecimal digits with colons between them.
func Serial(number *big.Int) string {
	var pairs []string
	for _, b := range number.Bytes() {
		pairs = append(pairs, hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// issue signs a certificate with a new key, and keeps both.
func (a *Authority) issue(leaf Leaf) (*tls.Certificate, error) {
	number, ok := new(big.Int).SetString(strings.ReplaceAll(leaf.Serial, ":", ""), 16)
	if !ok {
		return nil, fmt.Errorf("the serial number %q isn't one", leaf.Serial)
	}
	key, err := newKey(leaf.Algorithm)
	if err != nil {
		return nil, err
	}
	signer, err := a.signer(leaf.Algorithm)
	if err != nil {
		return nil, err
	}
	usage := x509.KeyUsageDigitalSignature
	if leaf.Algorithm == RSA2048 {
		usage |= x509.KeyUsageKeyEncipherment
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: leaf.Names[0]}, DNSNames: leaf.Names, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter,
		BasicConstraintsValid: true, KeyUsage: usage, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, key.Public(), signer.key)
	if err != nil {
		return nil, err
	}
	text, err := encodeWithKey(key, raw, signer.certificate.Raw)
	if err != nil {
		return nil, err
	}
	if err := a.write(leaf.ARN, text); err != nil {
		return nil, err
	}
	return assemble(text)
}

// load reads a certificate that was issued or imported before; nil where there is none, or an older one.
func (a *Authority) load(leaf Leaf) (*tls.Certificate, error) {
	text, err := atomicfile.Read(filepath.Join(a.dir, directory, fileName(leaf.ARN)))
	if errors.Is(err, fs.ErrNotExist) {
		if leaf.Imported {
			return nil, errors.New("it was imported, and its key is gone from the local cloud's directory")
		}
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	c, err := assemble(text)
	switch {
	case leaf.Imported:
		return c, err
	case err != nil || Serial(c.Leaf.SerialNumber) != leaf.Serial:
		return nil, nil //nolint:nilnil,nilerr // one cut short, or renewed since: it is issued
	}
	return c, nil
}

// removeOthers removes the files of certificates that there aren't any more.
func (a *Authority) removeOthers() error {
	kept := map[string]bool{}
	for arn := range a.issued {
		kept[fileName(arn)] = true
	}
	dir := filepath.Join(a.dir, directory)
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range files {
		if !kept[f.Name()] && strings.HasSuffix(f.Name(), ".pem") {
			err = errors.Join(err, os.Remove(filepath.Join(dir, f.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("remove the keys of deleted certificates: %w", err)
	}
	return nil
}

// assemble makes what the data plane shows of a file's text.
func assemble(text []byte) (*tls.Certificate, error) {
	chain, key, err := decode(text)
	if err != nil {
		return nil, err
	}
	if key == nil || len(chain) == 0 {
		return nil, errors.New("its file holds no key, or no certificate")
	}
	c := &tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, one := range chain {
		c.Certificate = append(c.Certificate, one.Raw)
	}
	return c, nil
}

func encode(certificates [][]byte) (text []byte) {
	for _, raw := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: raw})...)
	}
	return text
}

func encodeWithKey(key crypto.Signer, certificates ...[]byte) ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: typeKey, Bytes: raw}), encode(certificates)...), nil
}

// decode reads certificates in order, and the key among them; nil where there is none.
func decode(text []byte) (chain []*x509.Certificate, key crypto.Signer, err error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return chain, key, nil
		}
		text = rest
		if block.Type == typeCertificate {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("read a certificate: %w", err)
			}
			chain = append(chain, c)
			continue
		}
		if key, err = ParseKey(block); err != nil {
			return nil, nil, err
		}
	}
}

// ParseKey reads a private key in any of the forms that there are without a passphrase.
func ParseKey(block *pem.Block) (crypto.Signer, error) {
	var parsed any
	var err error
	switch block.Type {
	case typeKey:
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("read a key: %q isn't the form of one", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("read a key: a %T can't sign", parsed)
	}
	return key, nil
}
