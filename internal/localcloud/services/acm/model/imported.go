package model

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/authority"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Import is what ImportCertificate is given. All is in PEM.
type Import struct {
	ARN                     string // of the one to replace; empty: a new one
	Certificate, Key, Chain []byte
	Tags                    world.Tags
}

// ImportCertificate notes a certificate that somebody else issued. Its key is the caller's to keep.
// Sources: ACM User Guide, "Prerequisites for importing ACM certificates" and "Reimport a certificate"; the refusals as
// public logs have them: terraform-provider-aws#19400, lego#1506, moto.
func ImportCertificate(tx *world.Tx, in Import) (arn string, err error) {
	read, err := in.read(tx.Now())
	if err != nil {
		return "", err
	}
	if in.ARN != "" {
		return in.ARN, in.replace(tx, read)
	}
	if err := CheckTags(nil, in.Tags); err != nil {
		return "", err
	}
	if len(world.All[Certificate](tx)) >= tx.Limit(Certificates()) {
		return "", refuse.New("LimitExceededException", "Cannot import more certificates in this account. Contact Customer Service for details.")
	}
	read.Object = tx.NamedObject(newARN(tx), in.Tags)
	read.expireInTime(tx)
	world.Add(tx, read)
	return read.ID, nil
}

// replace puts another certificate in the place of one that was imported.
func (in Import) replace(tx *world.Tx, read *Certificate) error {
	before, err := Find(tx, in.ARN)
	if err != nil {
		return err
	}
	lacks := func(old, now []string) bool {
		return slices.ContainsFunc(old, func(one string) bool { return !slices.Contains(now, one) })
	}
	switch {
	case before.Type != Imported:
		return invalid("The certificate %s wasn't imported, so it can't be imported again.", in.ARN)
	case len(in.Tags) > 0:
		return invalid("Tags can't be applied when a certificate is imported again.")
	case before.KeyAlgorithm != read.KeyAlgorithm:
		return invalid("The key type and size can't be changed when a certificate is imported again.")
	case len(before.Names) > 0 && len(read.Names) == 0:
		return invalid("The domain names can't all be removed when a certificate is imported again.")
	case lacks(before.KeyUsages, read.KeyUsages) || lacks(before.ExtendedKeyUsages, read.ExtendedKeyUsages):
		return invalid("Key usages can't be removed when a certificate is imported again.")
	}
	world.Edit(tx, in.ARN, func(c *Certificate) {
		read.Object = c.Object
		*c = *read
		c.expireInTime(tx)
	})
	return nil
}

func (c *Certificate) expireInTime(tx *world.Tx) {
	c.IssuedAt = tx.Now()
	c.Next = &world.Transition{At: c.NotAfter, To: stepExpire}
}

// read reads a certificate with its key and its chain.
func (in Import) read(now time.Time) (*Certificate, error) {
	all, err := certificatesIn(in.Certificate)
	switch {
	case err != nil || len(all) == 0:
		return nil, invalid("The certificate is not PEM-encoded or is not valid.")
	case len(all) > 1:
		return nil, invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	x := all[0]
	block, _ := pem.Decode(in.Key)
	if block == nil {
		return nil, invalid("The private key is not PEM-encoded or is not valid.")
	}
	key, err := authority.ParseKey(block)
	if err != nil {
		return nil, invalid("The private key is not PEM-encoded or is not valid.")
	}
	algorithm := algorithmOf(x.PublicKey)
	switch {
	case algorithm == "":
		return nil, invalid("The private key is not supported.")
	case !samePublicKey(key.Public(), x.PublicKey):
		return nil, invalid("The private key does not match the certificate.")
	case now.Before(x.NotBefore):
		return nil, invalid("The certificate is not in effect yet, is not valid.")
	case now.After(x.NotAfter):
		return nil, invalid("The certificate has expired, is not valid.")
	}
	if err := in.checkChain(x); err != nil {
		return nil, err
	}
	c := &Certificate{Type: Imported, Status: Issued, KeyAlgorithm: algorithm, Signature: signatureOf(x.SignatureAlgorithm),
		Subject: distinguished(x.Subject), Issuer: issuerOf(x.Issuer), SerialNumber: authority.Serial(x.SerialNumber), NotBefore: x.NotBefore.UTC(), NotAfter: x.NotAfter.UTC(),
		KeyUsages: keyUsages(x.KeyUsage), ExtendedKeyUsages: extendedKeyUsages(x)}
	for _, name := range append([]string{x.Subject.CommonName}, x.DNSNames...) {
		if name != "" && !slices.Contains(c.Names, name) {
			c.Names = append(c.Names, name)
		}
	}
	return c, nil
}

// How many certificates a chain may have, and how many bits an RSA key in it, lest checking them take long. They are
// this local cloud's: AWS says nothing of either.
const (
	longestChain = 10
	largestKey   = 8192
)

// checkChain refuses a chain in which each certificate doesn't certify the one before it.
func (in Import) checkChain(x *x509.Certificate) error {
	if len(in.Chain) == 0 {
		if x.CheckSignature(x.SignatureAlgorithm, x.RawTBSCertificate, x.Signature) != nil {
			return invalid("Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.")
		}
		return nil
	}
	chain, err := certificatesIn(in.Chain)
	if err != nil || len(chain) == 0 {
		return invalid("The certificate chain is not PEM-encoded or is not valid.")
	}
	for i, above := range chain {
		if key, ok := above.PublicKey.(*rsa.PublicKey); i == longestChain || ok && key.N.BitLen() > largestKey {
			return invalid("Could not validate the certificate with the certificate chain.")
		}
		if above.CheckSignature(x.SignatureAlgorithm, x.RawTBSCertificate, x.Signature) != nil {
			return invalid("Could not validate the certificate with the certificate chain.")
		}
		x = above
	}
	return nil
}

func certificatesIn(text []byte) (all []*x509.Certificate, err error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return all, nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read a certificate: %w", err)
		}
		all, text = append(all, c), rest
	}
}

func samePublicKey(a, b any) bool {
	switch a := a.(type) {
	case *rsa.PublicKey:
		b, ok := b.(*rsa.PublicKey)
		return ok && a.Equal(b)
	case *ecdsa.PublicKey:
		b, ok := b.(*ecdsa.PublicKey)
		return ok && a.Equal(b)
	}
	return false
}

// algorithmOf names the algorithm of a public key; "" where ACM takes none such.
func algorithmOf(public any) string {
	switch public := public.(type) {
	case *rsa.PublicKey:
		name := fmt.Sprintf("RSA_%d", public.N.BitLen())
		if slices.Contains([]string{"RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"}, name) {
			return name
		}
	case *ecdsa.PublicKey:
		return map[string]string{"P-256": "EC_prime256v1", "P-384": "EC_secp384r1", "P-521": "EC_secp521r1"}[public.Params().Name]
	}
	return ""
}

// signatureOf names a signature's algorithm as ACM does.
func signatureOf(a x509.SignatureAlgorithm) string {
	switch a {
	case x509.SHA1WithRSA:
		return "SHA1WITHRSA"
	case x509.SHA256WithRSA:
		return "SHA256WITHRSA"
	case x509.SHA384WithRSA:
		return "SHA384WITHRSA"
	case x509.SHA512WithRSA:
		return "SHA512WITHRSA"
	case x509.ECDSAWithSHA1:
		return "SHA1WITHECDSA"
	case x509.ECDSAWithSHA256:
		return "SHA256WITHECDSA"
	case x509.ECDSAWithSHA384:
		return "SHA384WITHECDSA"
	case x509.ECDSAWithSHA512:
		return "SHA512WITHECDSA"
	}
	return strings.ToUpper(a.String())
}

// distinguished writes a name in the order in which the certificate has it.
func distinguished(name pkix.Name) string {
	short := map[string]string{"2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
		"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.17": "POSTALCODE"}
	var parts []string
	for _, a := range name.Names {
		kind := a.Type.String()
		if s, ok := short[kind]; ok {
			kind = s
		}
		parts = append(parts, fmt.Sprintf("%s=%v", kind, a.Value))
	}
	return strings.Join(parts, ",")
}

// issuerOf is who issued a certificate: the organisation, or else the common name.
func issuerOf(name pkix.Name) string {
	if len(name.Organization) > 0 {
		return name.Organization[0]
	}
	return name.CommonName
}

func keyUsages(of x509.KeyUsage) (names []string) {
	for i, name := range []string{"DIGITAL_SIGNATURE", "NON_REPUDIATION", "KEY_ENCIPHERMENT", "DATA_ENCIPHERMENT", "KEY_AGREEMENT",
		"CERTIFICATE_SIGNING", "CRL_SIGNING", "ENCIPHER_ONLY", "DECIPHER_ONLY"} {
		if of&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

func extendedKeyUsages(x *x509.Certificate) (names []string) {
	known := map[x509.ExtKeyUsage]string{x509.ExtKeyUsageServerAuth: "TLS_WEB_SERVER_AUTHENTICATION", x509.ExtKeyUsageClientAuth: "TLS_WEB_CLIENT_AUTHENTICATION",
		x509.ExtKeyUsageCodeSigning: "CODE_SIGNING", x509.ExtKeyUsageEmailProtection: "EMAIL_PROTECTION", x509.ExtKeyUsageTimeStamping: "TIME_STAMPING",
		x509.ExtKeyUsageOCSPSigning: "OCSP_SIGNING", x509.ExtKeyUsageIPSECEndSystem: "IPSEC_END_SYSTEM", x509.ExtKeyUsageIPSECTunnel: "IPSEC_TUNNEL",
		x509.ExtKeyUsageIPSECUser: "IPSEC_USER", x509.ExtKeyUsageAny: "ANY"}
	for _, u := range x.ExtKeyUsage {
		if name, ok := known[u]; ok {
			names = append(names, name)
			continue
		}
		names = append(names, "CUSTOM")
	}
	for range x.UnknownExtKeyUsage {
		names = append(names, "CUSTOM")
	}
	return names
}
