// Package authority is the local cloud's certificate authority: it issues the certificates that ACM says are issued,
// and keeps their private keys, which the world's file never holds. Its root may certify the names of the zone that the
// account owns, and no others: clients that trust it trust it with nothing else.
//
// Which certificates there are is package acm's to say, and who shows them to clients the data plane's.
package authority

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// Domain is what the authority may certify: the domain itself and all names below it.
const Domain = "example.localhost"

// Leaf says what a certificate is that the authority issues, or that was imported.
type Leaf struct {
	ARN       string
	Names     []string // the first one is the subject's
	Serial    string   // as [Serial] writes it
	NotBefore time.Time
	NotAfter  time.Time
	Algorithm string // of its key, as ACM's API names it, such as EC_prime256v1
	Imported  bool   // it was given to Import
}

// Authority issues certificates. It is safe for use by many goroutines.
type Authority struct {
	dir string
	now func() time.Time

	signing sync.Mutex // held while its own certificates are read or made
	root    *issuer
	signers map[string]*issuer // by key algorithm

	mu     sync.Mutex
	issued map[string]*issued // by ARN
	set    bool               // Set has been called
}

// issued is a certificate that there is. It is made when somebody first asks for it.
type issued struct {
	leaf Leaf
	mu   sync.Mutex
	made *tls.Certificate
}

// New is the authority of a directory, which holds nothing until it is used. The clock says when its own certificates
// begin.
func New(dir string, now func() time.Time) *Authority {
	return &Authority{dir: dir, now: now, signers: map[string]*issuer{}, issued: map[string]*issued{}}
}

// File is the file of the root's certificate, in PEM: what clients have to trust. It is made if it isn't there.
func (a *Authority) File() (string, error) {
	root, err := a.ensureRoot()
	if err != nil {
		return "", err
	}
	file := filepath.Join(a.dir, "ca.pem")
	text := encode([][]byte{root.certificate.Raw})
	if before, err := atomicfile.Read(file); err == nil && bytes.Equal(before, text) {
		return file, nil
	}
	if err := atomicfile.Write(file, text, 0o644); err != nil {
		return "", fmt.Errorf("write the certificate of the local cloud's authority: %w", err)
	}
	return file, nil
}

// Set says which certificates there are. What is kept of others is removed, so nobody may import one meanwhile.
func (a *Authority) Set(leaves []Leaf) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := make(map[string]*issued, len(leaves))
	for _, leaf := range leaves {
		now[leaf.ARN] = a.entry(leaf)
	}
	clean := !a.set
	for arn := range a.issued {
		clean = clean || now[arn] == nil
	}
	a.issued, a.set = now, true
	if !clean {
		return nil
	}
	return a.removeOthers()
}

// entry is what there is of a certificate, or a new one.
func (a *Authority) entry(leaf Leaf) *issued {
	if before := a.issued[leaf.ARN]; before != nil && before.leaf.Serial == leaf.Serial {
		return before
	}
	return &issued{leaf: leaf}
}

// Certificate is the certificate of an ARN with its key and its chain, of which the root is no part. It is made if
// nobody has asked before: an RSA key takes a moment.
func (a *Authority) Certificate(arn string) (*tls.Certificate, error) {
	a.mu.Lock()
	c := a.issued[arn]
	a.mu.Unlock()
	if c == nil {
		return nil, fmt.Errorf("find certificate %s: it isn't issued", arn)
	}
	return a.make(c)
}

func (a *Authority) make(c *issued) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made != nil {
		return c.made, nil
	}
	made, err := a.load(c.leaf)
	if err == nil && made == nil {
		made, err = a.issue(c.leaf)
	}
	if err != nil {
		return nil, fmt.Errorf("get certificate %s: %w", c.leaf.ARN, err)
	}
	c.made = made
	return made, nil
}

// PEM is what GetCertificate shows of a certificate: itself, and its chain up to the root.
func (a *Authority) PEM(leaf Leaf) (certificate, chain string, err error) {
	a.mu.Lock()
	c := a.entry(leaf)
	a.issued[leaf.ARN] = c
	a.mu.Unlock()
	made, err := a.make(c)
	if err != nil {
		return "", "", err
	}
	above := made.Certificate[1:]
	if !leaf.Imported {
		root, err := a.ensureRoot()
		if err != nil {
			return "", "", err
		}
		above = append(above[:len(above):len(above)], root.certificate.Raw)
	}
	return string(encode(made.Certificate[:1])), string(encode(above)), nil
}

// Import keeps a certificate that somebody else issued, with its key and its chain, all in PEM. It takes the place of
// the ARN's last one at once; of a new ARN it is found once Set has said that there is one.
func (a *Authority) Import(arn string, certificate, key, chain []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.write(arn, bytes.Join([][]byte{key, certificate, chain}, []byte("\n"))); err != nil {
		return err
	}
	if before := a.issued[arn]; before != nil { // another one of the same serial number may take its place
		a.issued[arn] = &issued{leaf: before.leaf}
	}
	return nil
}

func (a *Authority) write(arn string, text []byte) error {
	dir := filepath.Join(a.dir, directory)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of the certificates: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, fileName(arn)), text, 0o600); err != nil {
		return fmt.Errorf("keep the key of certificate %s: %w", arn, err)
	}
	return nil
}
