package model

import (
	"slices"
	"strings"

	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/tlspolicy"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// CertificatesPerBalancer is how many certificates a load balancer's listeners may have beside their default ones.
func CertificatesPerBalancer() world.Quota {
	return quota("certificates_per_load_balancer", "L-9365A611", "Certificates per Application Load Balancer", 25)
}

// checkCertificate refuses a certificate that a listener can't have.
// Source: User Guide for Application Load Balancers, "SSL certificates for your Application Load Balancer"; the words
// are those of public logs.
func checkCertificate(tx *world.Tx, arn string) error {
	c, ok := acmmodel.FindCertificate(tx, arn)
	if !ok {
		return refuse.New("CertificateNotFound", "Certificate '%s' not found", arn)
	}
	if !c.IsIssued() || c.KeyAlgorithm == "RSA_1024" || strings.HasPrefix(c.Signature, "MD5") {
		return refuse.New("UnsupportedCertificate", "The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size.", arn)
	}
	return nil
}

// checkPolicy refuses a security policy that a load balancer's listener can't have; except is a listener that counts no
// more, "" for none.
func checkPolicy(tx *world.Tx, b *LoadBalancer, name, except string) error {
	p, ok := tlspolicy.Find(name)
	switch {
	case !ok && strings.Contains(name, "-RFC9151-"):
		return refuse.NotSimulated("SSL policy %s is not simulated", name)
	case !ok:
		return refuse.New("SSLPolicyNotFound", "SSL policy '%s' not found", name)
	}
	for _, l := range ListenersOf(tx, b.ID) {
		if o, secure := tlspolicy.Find(l.SSLPolicy); secure && l.ID != except && o.FIPS != p.FIPS {
			return refuse.New("InvalidConfigurationRequest", "All secure listeners of load balancer '%s' must use FIPS security policies, or none of them", b.ID)
		}
	}
	return nil
}

// secure is what a listener speaks TLS with once a change is made; both are empty for HTTP.
func (in ListenerChange) secure(tx *world.Tx, b *LoadBalancer, l *Listener) (policy, certificate string, err error) {
	protocol, except := l.Protocol, l.ID
	if in.Protocol != nil {
		protocol = *in.Protocol
	}
	if protocol == "HTTP" {
		switch {
		case len(in.Certificates) > 0:
			return "", "", invalid("A certificate cannot be specified for HTTP listeners")
		case in.SSLPolicy != nil:
			return "", "", invalid("An SSL policy cannot be specified for HTTP listeners")
		}
		return "", "", nil
	}
	policy, certificate = tlspolicy.Default, l.defaultCertificate()
	if l.SSLPolicy != "" {
		policy = l.SSLPolicy
	}
	if in.SSLPolicy != nil {
		policy = *in.SSLPolicy
	}
	switch len(in.Certificates) {
	case 0:
	case 1:
		certificate = in.Certificates[0]
	default:
		return "", "", invalid("You must provide a list containing exactly one certificate if the listener protocol is HTTPS")
	}
	if certificate == "" {
		return "", "", invalid("A certificate must be specified for HTTPS listeners")
	}
	if err := checkPolicy(tx, b, policy, except); err != nil {
		return "", "", err
	}
	if certificate == l.defaultCertificate() { // which was looked at when it came
		return policy, certificate, nil
	}
	return policy, certificate, checkCertificate(tx, certificate)
}

func (l *Listener) defaultCertificate() string {
	if len(l.Certificates) == 0 {
		return ""
	}
	return l.Certificates[0]
}

// setCertificates gives a listener its certificates, and tells ACM.
func setCertificates(tx *world.Tx, l *Listener, certificates []string) {
	old, by := l.Certificates, l.LoadBalancerARN
	for _, arn := range certificates { // the new ones first: what stays is never let go
		acmmodel.Use(tx, arn, by)
	}
	for _, arn := range old {
		acmmodel.LetGo(tx, arn, by)
	}
	world.Edit(tx, l.ID, func(l *Listener) { l.Certificates = certificates })
}

// AddCertificates adds certificates to those that a listener chooses from by the name that a client asks for. One that
// it has already stays as it is.
func AddCertificates(tx *world.Tx, arn string, certificates []string) (*Listener, error) {
	l, err := FindListener(tx, arn)
	if err != nil {
		return nil, err
	}
	if l.Protocol != "HTTPS" {
		return nil, invalid("A certificate cannot be specified for %s listeners", l.Protocol)
	}
	list := slices.Clone(l.Certificates)
	for _, c := range certificates {
		if err := checkCertificate(tx, c); err != nil {
			return nil, err
		}
		if !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	others := len(list) - 1
	for _, o := range ListenersOf(tx, l.LoadBalancerARN) {
		if o.ID != l.ID {
			others += max(len(o.Certificates)-1, 0)
		}
	}
	if others > tx.Limit(CertificatesPerBalancer()) {
		return nil, refuse.New("TooManyCertificates", "You've reached the limit on the number of certificates per load balancer: %d", tx.Limit(CertificatesPerBalancer()))
	}
	setCertificates(tx, l, list)
	return FindListener(tx, arn)
}

// RemoveCertificates takes certificates from a listener, but for the default one. One that it hasn't is a success.
func RemoveCertificates(tx *world.Tx, arn string, certificates []string) error {
	l, err := FindListener(tx, arn)
	if err != nil {
		return err
	}
	if slices.Contains(certificates, l.defaultCertificate()) {
		return refuse.New("OperationNotPermitted", "Default Certificate cannot be removed")
	}
	setCertificates(tx, l, slices.DeleteFunc(slices.Clone(l.Certificates), func(c string) bool { return slices.Contains(certificates, c) }))
	return nil
}
