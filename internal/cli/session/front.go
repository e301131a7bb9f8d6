package session

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/dns"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/provision/verify"
)

// Front is how users reach a load balancer that has a DNS name, as the configuration says: by that name over HTTP, or by the
// domain over HTTPS. The local cloud has ports of this machine for its listeners, a DNS server and a certificate authority of
// its own, and says itself which.
func (s *Session) Front(ctx context.Context, dnsName string) (verify.Front, error) {
	if dnsName == "" {
		return verify.Front{}, nil
	}
	at := func(port int) string { return net.JoinHostPort(dnsName, strconv.Itoa(port)) }
	if s.Home == "" {
		return s.front(dnsName, at, nil, nil), nil
	}
	cloud, ok := daemon.Running(ctx, s.Home)
	if !ok {
		return verify.Front{}, &exit.LocalCloud{Err: fmt.Errorf("the local cloud in %s has stopped", s.Home)}
	}
	var resolver *dns.Resolver
	if cloud.DNS != "" {
		resolver = dns.At(cloud.DNS)
	}
	var roots *x509.CertPool
	if s.Config.LoadBalancer.HTTPS.On() {
		var err error
		if roots, err = trusting(cloud.CertificateAuthority); err != nil {
			return verify.Front{}, err
		}
	}
	return s.front(dnsName, func(port int) string { return listenerAddress(cloud, dnsName, port) }, resolver, roots), nil
}

// front is the Front of a load balancer whose listener on a port is at an address; "" where it isn't open.
func (s *Session) front(dnsName string, at func(port int) string, resolver *dns.Resolver, roots *x509.CertPool) verify.Front {
	plain := at(blueprint.HTTPPort)
	https := s.Config.LoadBalancer.HTTPS
	if !https.On() {
		if plain == "" {
			return verify.Front{LoadBalancer: dnsName}
		}
		return verify.Front{Page: httpclient.Way{URL: "http://" + short(plain, blueprint.HTTPPort)}, LoadBalancer: dnsName}
	}
	front := verify.Front{Names: https.Names(), LoadBalancer: dnsName, HostedZone: https.HostedZone}
	way := func(scheme, address string, usual int) httpclient.Way {
		_, port, err := net.SplitHostPort(address)
		if err != nil { // it isn't open
			return httpclient.Way{}
		}
		host := short(net.JoinHostPort(https.Domain, port), usual)
		return httpclient.Way{URL: scheme + "://" + host, LoadBalancer: address, DNS: resolver, Roots: roots}
	}
	if front.Page = way("https", at(blueprint.HTTPSPort), blueprint.HTTPSPort); front.Page.URL != "" {
		front.Plain = way("http", plain, blueprint.HTTPPort)
	}
	return front
}

// short is HOST:PORT, without the port where a URL needs none.
func short(address string, usual int) string {
	return strings.TrimSuffix(address, ":"+strconv.Itoa(usual))
}

// listenerAddress is where a client on this machine reaches a port of a load balancer; "" where it isn't open.
func listenerAddress(cloud endpoint.Status, dnsName string, port int) string {
	for _, lb := range cloud.LoadBalancers {
		for _, listener := range lb.Listeners {
			if strings.EqualFold(lb.DNSName, dnsName) && listener.Port == port {
				return listener.Address
			}
		}
	}
	return ""
}

// trusting are the authorities that this machine trusts, and one more in a file; "" is none more.
func trusting(file string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a machine without any
	}
	if file == "" {
		return roots, nil
	}
	text, err := os.ReadFile(file)
	if err == nil && !roots.AppendCertsFromPEM(text) {
		err = errors.New("it holds no certificate")
	}
	if err != nil {
		return nil, &exit.LocalCloud{Err: fmt.Errorf("read the certificate authority of the local cloud, %s: %w", file, err)}
	}
	return roots, nil
}
