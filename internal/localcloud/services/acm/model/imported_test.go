package model_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// pair is a certificate with its key, as somebody else issued it.
type pair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// certify issues a certificate for names, by an authority or by itself.
func certify(t *testing.T, by *pair, curve elliptic.Curve, begin, end time.Time, change func(*x509.Certificate), names ...string) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1001), NotBefore: begin, NotAfter: end, DNSNames: names, BasicConstraintsValid: true,
		Subject:  pkix.Name{Country: []string{"CH"}, Organization: []string{"Example Ltd"}},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if len(names) > 0 {
		template.Subject.CommonName = names[0]
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{certificate, key}
}

func (p *pair) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.certificate.Raw})
}

func (p *pair) keyPEM(t *testing.T) []byte {
	t.Helper()
	raw, err := x509.MarshalECPrivateKey(p.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: raw})
}

func TestImportCertificate_TellsWhatIsInIt(t *testing.T) {
	s := newStory(t)
	ca := certify(t, nil, elliptic.P256(), s.now.Add(-time.Hour), s.now.Add(1000*time.Hour), func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.Subject.Organization = true, x509.KeyUsageCertSign, []string{"Example Trust"}
	})
	own := certify(t, ca, elliptic.P384(), s.now.Add(-time.Hour), s.now.Add(48*time.Hour), nil, "Shop.example.com", "www.example.com")
	var arn string
	s.do(func(tx *world.Tx) (err error) {
		arn, err = model.ImportCertificate(tx, model.Import{Certificate: own.pem(), Key: own.keyPEM(t), Chain: ca.pem(), Tags: world.Tags{"a": "b"}})
		return err
	})
	c := s.get(arn)
	if c.Type != model.Imported || !c.Covers("shop.example.com") || c.Covers("example.com") || c.Status != model.Issued || c.KeyAlgorithm != "EC_secp384r1" || c.Signature != "SHA256WITHECDSA" || c.SerialNumber != "03:e9" ||
		c.Issuer != "Example Trust" || c.Subject != "C=CH,O=Example Ltd,CN=Shop.example.com" || !slices.Equal(c.Names, []string{"Shop.example.com", "www.example.com"}) ||
		!slices.Equal(c.KeyUsages, []string{"DIGITAL_SIGNATURE"}) || !slices.Equal(c.ExtendedKeyUsages, []string{"TLS_WEB_SERVER_AUTHENTICATION"}) {
		t.Errorf("imported %+v", c)
	}
	s.do(func(tx *world.Tx) error {
		model.Use(tx, arn, balancer)
		return nil
	})
	s.after(48*time.Hour + time.Second)
	if c := s.get(arn); c.Status != model.Expired || c.Renewal != nil {
		t.Errorf("after its end: %+v", c)
	}
	// Imported again, it is another one of the same ARN.
	newer := certify(t, ca, elliptic.P384(), s.now.Add(-time.Hour), s.now.Add(48*time.Hour), nil, "shop.example.com", "api.example.com")
	s.do(func(tx *world.Tx) (err error) {
		_, err = model.ImportCertificate(tx, model.Import{ARN: arn, Certificate: newer.pem(), Key: newer.keyPEM(t), Chain: ca.pem()})
		return err
	})
	if c := s.get(arn); c.Status != model.Issued || c.Names[1] != "api.example.com" || c.Tags["a"] != "b" {
		t.Errorf("imported again: %+v", c)
	}
}

func TestImportCertificate_Refuses(t *testing.T) {
	s := newStory(t)
	begin, end := s.now.Add(-time.Hour), s.now.Add(time.Hour)
	good := certify(t, nil, elliptic.P256(), begin, end, nil, "shop.example.com")
	another := certify(t, nil, elliptic.P256(), begin, end, nil, "shop.example.com")
	signed := certify(t, another, elliptic.P256(), begin, end, nil, "shop.example.com")
	late, early := certify(t, nil, elliptic.P256(), begin, s.now.Add(-time.Minute), nil, "a.example.com"), certify(t, nil, elliptic.P256(), s.now.Add(time.Minute), end, nil, "a.example.com")
	odd := certify(t, nil, elliptic.P224(), begin, end, nil, "a.example.com")
	for says, in := range map[string]model.Import{
		"The certificate is not PEM-encoded or is not valid.":                        {Certificate: []byte("no"), Key: good.keyPEM(t)},
		"The certificate field contains more than one certificate. You can specify":  {Certificate: append(good.pem(), another.pem()...), Key: good.keyPEM(t)},
		"The private key is not PEM-encoded or is not valid.":                        {Certificate: good.pem(), Key: good.pem()},
		"The private key does not match the certificate.":                            {Certificate: good.pem(), Key: another.keyPEM(t)},
		"The private key is not supported.":                                          {Certificate: odd.pem(), Key: odd.keyPEM(t)},
		"The certificate has expired, is not valid.":                                 {Certificate: late.pem(), Key: late.keyPEM(t)},
		"The certificate is not in effect yet, is not valid.":                        {Certificate: early.pem(), Key: early.keyPEM(t)},
		"Provided certificate is not a valid self signed. Please provide either":     {Certificate: signed.pem(), Key: signed.keyPEM(t)},
		"Could not validate the certificate with the certificate chain.":             {Certificate: signed.pem(), Key: signed.keyPEM(t), Chain: good.pem()},
		"The certificate chain is not PEM-encoded or is not valid.":                  {Certificate: signed.pem(), Key: signed.keyPEM(t), Chain: []byte("no")},
		"Could not find certificate arn:aws:acm:eu-west-1:123456789012:certificate/": {ARN: "arn:aws:acm:eu-west-1:123456789012:certificate/none", Certificate: good.pem(), Key: good.keyPEM(t)},
	} {
		err := s.world.Update(region, func(tx *world.Tx) error {
			_, err := model.ImportCertificate(tx, in)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %s", err, says)
		}
	}
	long := model.Import{Certificate: good.pem(), Key: good.keyPEM(t)}
	for range 11 { // each certifies itself
		long.Chain = append(long.Chain, good.pem()...)
	}
	s.refused("ValidationException", func(tx *world.Tx) error {
		_, err := model.ImportCertificate(tx, long)
		return err
	})
	asked := s.request("shop.example.localhost")
	var arn string
	s.do(func(tx *world.Tx) (err error) {
		arn, err = model.ImportCertificate(tx, model.Import{Certificate: good.pem(), Key: good.keyPEM(t)})
		return err
	})
	other := certify(t, nil, elliptic.P384(), begin, end, nil, "shop.example.com")
	nameless := certify(t, nil, elliptic.P256(), begin, end, nil)
	useless := certify(t, nil, elliptic.P256(), begin, end, func(c *x509.Certificate) { c.ExtKeyUsage = nil }, "shop.example.com")
	for says, in := range map[string]model.Import{
		"wasn't imported":         {ARN: asked, Certificate: good.pem(), Key: good.keyPEM(t)},
		"Tags can't be applied":   {ARN: arn, Certificate: good.pem(), Key: good.keyPEM(t), Tags: world.Tags{"a": "b"}},
		"The key type and size":   {ARN: arn, Certificate: other.pem(), Key: other.keyPEM(t)},
		"names can't all":         {ARN: arn, Certificate: nameless.pem(), Key: nameless.keyPEM(t)},
		"Key usages can't be rem": {ARN: arn, Certificate: useless.pem(), Key: useless.keyPEM(t)},
	} {
		err := s.world.Update(region, func(tx *world.Tx) error {
			_, err := model.ImportCertificate(tx, in)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("imported again: got %v, want %s", err, says)
		}
	}
}
