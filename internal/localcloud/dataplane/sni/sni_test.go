package sni

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"testing"
	"time"
)

func certificate(t *testing.T, key crypto.Signer, valid time.Duration, name string) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(0, 0).Add(valid)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Load(func(string) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
	}, []string{"arn"})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestChoose(t *testing.T) {
	old, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec := func(c elliptic.Curve) crypto.Signer {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	const hour = time.Hour
	fallback := certificate(t, old, 10*hour, "default.example")
	shop := certificate(t, old, 10*hour, "shop.example")
	curve := certificate(t, ec(elliptic.P256()), 10*hour, "shop.example")
	longer := certificate(t, ec(elliptic.P256()), 20*hour, "shop.example")
	stronger := certificate(t, ec(elliptic.P384()), 10*hour, "shop.example")
	expired := certificate(t, ec(elliptic.P384()), hour, "shop.example")
	wild := certificate(t, old, 10*hour, "*.shop.example")
	modern := []tls.SignatureScheme{tls.PSSWithSHA256, tls.ECDSAWithP256AndSHA256, tls.ECDSAWithP384AndSHA384}
	for _, tt := range []struct {
		name, server string
		schemes      []tls.SignatureScheme
		others       []*tls.Certificate
		want         *tls.Certificate
	}{
		{"no name", "", modern, []*tls.Certificate{shop}, fallback},
		{"unknown name", "other.example", modern, []*tls.Certificate{shop}, fallback},
		{"one of the name", "shop.example", modern, []*tls.Certificate{wild, shop}, shop},
		{"wildcard", "a.shop.example", modern, []*tls.Certificate{shop, wild}, wild},
		{"ECDSA before RSA", "shop.example", modern, []*tls.Certificate{shop, curve}, curve},
		{"what the client can use", "shop.example", modern[:1], []*tls.Certificate{curve, shop}, shop},
		{"unexpired before strong", "shop.example", modern, []*tls.Certificate{expired, curve}, curve},
		{"stronger", "shop.example", modern, []*tls.Certificate{curve, stronger, shop}, stronger},
		{"valid for longer", "shop.example", modern, []*tls.Certificate{curve, longer}, longer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hello := &tls.ClientHelloInfo{ServerName: tt.server, SignatureSchemes: tt.schemes, SupportedVersions: []uint16{tls.VersionTLS13}}
			if got := Choose(append([]*tls.Certificate{fallback}, tt.others...), hello, time.Unix(0, 0).Add(5*hour)); got != tt.want {
				t.Errorf("got the certificate for %v, %v, until %v", got.Leaf.DNSNames, got.Leaf.PublicKeyAlgorithm, got.Leaf.NotAfter)
			}
		})
	}
}
