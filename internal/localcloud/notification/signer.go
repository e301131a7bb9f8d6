package notification

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// Signer signs messages with a key of its own, which it makes when it is needed first. It is as good as SNS's for a program
// that checks signatures, and no use for anything else. Use NewSigner.
type Signer struct{ made func() (*signing, error) }

type signing struct {
	key  *rsa.PrivateKey
	pem  []byte
	path string
}

// keyBits is how long the key is.
const keyBits = 2048

// NewSigner makes a signer whose certificate is valid for a year from now on.
func NewSigner(now func() time.Time) *Signer {
	return &Signer{made: sync.OnceValues(func() (*signing, error) { return newSigning(now()) })}
}

func newSigning(now time.Time) (*signing, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("make the key that signs messages: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.local"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of the key that signs messages: %w", err)
	}
	fingerprint := sha256.Sum256(der)
	return &signing{key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), Route + hex.EncodeToString(fingerprint[:16]) + ".pem"}, nil
}

// Route is how the paths of certificates begin.
const Route = "/SimpleNotificationService-"

// Path is the path of the certificate's address; "" where there is none.
func (s *Signer) Path() string {
	made, err := s.made()
	if err != nil {
		return ""
	}
	return made.path
}

// Certificate is the certificate of a path, as PEM. ok is false where it has another.
func (s *Signer) Certificate(path string) (pem []byte, ok bool) {
	made, err := s.made()
	if err != nil || made.path != path {
		return nil, false
	}
	return made.pem, true
}

// Sign signs a text by a version of SNS's signatures: "2" goes by SHA-256, and all others by SHA-1.
func (s *Signer) Sign(version, text string) ([]byte, error) {
	made, err := s.made()
	if err != nil {
		return nil, err
	}
	if version == "2" {
		sum := sha256.Sum256([]byte(text))
		return rsa.SignPKCS1v15(rand.Reader, made.key, crypto.SHA256, sum[:])
	}
	sum := sha1.Sum([]byte(text)) // version 1 of SNS's signatures
	return rsa.SignPKCS1v15(rand.Reader, made.key, crypto.SHA1, sum[:])
}
