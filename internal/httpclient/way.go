// Package httpclient makes the clients that fetch a platform's page as a user does: under which name, at which address, and
// whose certificates they accept. What they fetch it for belongs to those who do: the verification of a platform, and a
// drill's load.
package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/platformctl/platformctl/internal/dns"
)

// Way is how a client on this machine reaches a page.
type Way struct {
	// URL is what a user types, such as https://shop.example.com; "" where there is no page yet.
	URL string
	// LoadBalancer is the HOST:PORT of the listener under the load balancer's own name; "" where the URL has that name.
	LoadBalancer string
	// Through sends requests there whatever DNS says of the URL's name, which stays in Host and is asked for in TLS (SNI).
	Through bool
	// DNS is who knows the URL's name; nil is the system's resolver.
	DNS *dns.Resolver
	// Roots are the authorities whose certificates are accepted; nil are the system's.
	Roots *x509.CertPool
}

// Host is the name in the URL.
func (w Way) Host() string {
	at, err := url.Parse(w.URL)
	if err != nil {
		return ""
	}
	return at.Hostname()
}

// PastDNS is the way through the load balancer's own name, for as long as DNS doesn't lead from the URL's name there.
func (w Way) PastDNS() Way {
	w.Through = w.LoadBalancer != ""
	return w
}

// For is the way to the same page under another name.
func (w Way) For(name string) Way {
	at, err := url.Parse(w.URL)
	if err != nil {
		return w
	}
	if port := at.Port(); port != "" {
		name = net.JoinHostPort(name, port)
	}
	at.Host = name
	w.URL = at.String()
	return w
}

// Request is a request for the page.
func (w Way) Request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL, nil)
	if err != nil || !w.Through {
		return request, err
	}
	request.Host = request.URL.Host
	request.URL.Host = w.LoadBalancer
	return request, nil
}

// Transport sends requests that Request made, over HTTP/1.1, by the proxy that the environment names. Its timeouts and its
// connections are for the caller to bound.
func (w Way) Transport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	t := &http.Transport{
		Proxy: w.proxy, Protocols: protocols,
		TLSClientConfig: &tls.Config{RootCAs: w.Roots, MinVersion: tls.VersionTLS12},
	}
	switch {
	case w.Through:
		t.TLSClientConfig.ServerName = w.Host()
	case w.DNS != nil:
		t.DialContext = w.dial
	}
	return t
}

// proxy is the proxy that the environment names. None knows a name that the way's own DNS alone has.
func (w Way) proxy(request *http.Request) (*url.URL, error) {
	if w.DNS != nil && !w.Through {
		return nil, nil
	}
	return http.ProxyFromEnvironment(request)
}

// dial connects to the addresses that the way's own DNS gives to a name, one after the other.
func (w Way) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return dialer.DialContext(ctx, network, address)
	}
	addresses, err := w.DNS.A(ctx, host)
	if err != nil {
		return nil, err
	}
	failed := error(&net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	for _, a := range addresses {
		connection, err := dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return connection, nil
		}
		failed = err
	}
	return nil, failed
}

// CertificateFault says why a certificate isn't accepted, in a few words; "" of another failure.
func CertificateFault(err error) string {
	var (
		host      x509.HostnameError
		unknown   x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		accepting *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("it is for %v", certificateNames(host.Certificate))
	case errors.As(err, &unknown):
		return "no authority that this machine trusts has signed it"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("it is valid from %s to %s alone", invalid.Cert.NotBefore.Format("2006-01-02"), invalid.Cert.NotAfter.Format("2006-01-02"))
	case errors.As(err, &accepting):
		return accepting.Err.Error()
	}
	return ""
}

func certificateNames(certificate *x509.Certificate) []string {
	if len(certificate.DNSNames) > 0 {
		return certificate.DNSNames
	}
	return []string{certificate.Subject.CommonName}
}
