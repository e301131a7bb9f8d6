// Package sni chooses which of a listener's certificates a client gets.
//
// Source: User Guide for Application Load Balancers, "SSL certificates for your Application Load Balancer", and the
// blog post with which AWS announced the selection: the best of those that have the name that the client asks for and
// that it can use, else the default one.
package sni

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Load takes certificates with their keys by their ARNs, in their order.
func Load(from func(arn string) (*tls.Certificate, error), arns []string) ([]*tls.Certificate, error) {
	if from == nil {
		return nil, errors.New("nobody has the keys of certificates")
	}
	var list []*tls.Certificate
	for _, arn := range arns {
		c, err := from(arn)
		if err != nil {
			return nil, fmt.Errorf("take the key of certificate %s: %w", arn, err)
		}
		if c.Leaf == nil {
			with := *c
			if with.Leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
				return nil, fmt.Errorf("read certificate %s: %w", arn, err)
			}
			c = &with
		}
		list = append(list, c)
	}
	return list, nil
}

// Same reports whether two certificates are one: a renewed one has the same ARN.
func Same(a, b *tls.Certificate) bool {
	return slices.EqualFunc(a.Certificate, b.Certificate, slices.Equal)
}

// Choose returns the certificate for a client: certificates[0] is the default one. Each must have its Leaf.
func Choose(certificates []*tls.Certificate, hello *tls.ClientHelloInfo, now time.Time) *tls.Certificate {
	var best *tls.Certificate
	if hello.ServerName != "" {
		for _, c := range certificates {
			if c.Leaf.VerifyHostname(hello.ServerName) == nil && hello.SupportsCertificate(c) == nil && (best == nil || better(c.Leaf, best.Leaf, now)) {
				best = c
			}
		}
	}
	if best == nil {
		return certificates[0]
	}
	return best
}

// better compares what a client could have either of: first the key's algorithm, then whether it has expired, then the
// hash of the signature, the key's length, and for how long it is valid.
func better(a, b *x509.Certificate, now time.Time) bool {
	truth := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(truth(a.PublicKeyAlgorithm == x509.ECDSA), truth(b.PublicKeyAlgorithm == x509.ECDSA)),
		cmp.Compare(truth(now.Before(a.NotAfter)), truth(now.Before(b.NotAfter))),
		cmp.Compare(hash(a.SignatureAlgorithm), hash(b.SignatureAlgorithm)),
		cmp.Compare(bits(a), bits(b)),
		cmp.Compare(a.NotAfter.Sub(a.NotBefore), b.NotAfter.Sub(b.NotBefore)),
	) > 0
}

// hash is the length of a signature's hash, in bits.
func hash(a x509.SignatureAlgorithm) int {
	switch a {
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		return 512
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		return 384
	case x509.SHA256WithRSA, x509.ECDSAWithSHA256, x509.SHA256WithRSAPSS:
		return 256
	}
	return 160
}

// bits is the length of a certificate's key.
func bits(c *x509.Certificate) int {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *ecdsa.PublicKey:
		return k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return 256
	}
	return 0
}
