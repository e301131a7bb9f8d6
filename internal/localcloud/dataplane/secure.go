package dataplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"reflect"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/sni"
	"github.com/platformctl/platformctl/internal/localcloud/tlspolicy"
)

// TLS is what a listener terminates TLS with.
type TLS struct {
	Policy      string   // name of the security policy
	Certificate string   // ARN of the default certificate
	SNI         []string // ARNs of the others
	HTTP2       bool     // whether clients may speak it
}

// secured is a listener's TLS as it runs.
type secured struct {
	spec         TLS
	certificates []*tls.Certificate
	config       *tls.Config
}

// secure makes what a listener does with new connections; those that are there go on as they are. It is called under
// the plane's lock. Where a certificate can't be had, what was before goes on; if there was nothing, no client gets in.
func (l *listener) secure(p *Plane, spec *TLS) error {
	if spec == nil {
		l.secured = secured{}
		return nil
	}
	certificates, err := sni.Load(p.topology.Certificate, append([]string{spec.Certificate}, spec.SNI...))
	policy, known := tlspolicy.Find(spec.Policy)
	if !known {
		err = errors.Join(err, fmt.Errorf("there is no security policy %s", spec.Policy))
	}
	switch {
	case err != nil && l.secured.config == nil:
		l.secured.config = &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, err }}
		return err
	case err != nil || reflect.DeepEqual(l.secured.spec, *spec) && slices.EqualFunc(l.secured.certificates, certificates, sni.Same):
		return err
	}
	config := policy.Config()
	config.NextProtos = []string{"http/1.1"}
	if spec.HTTP2 {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	config.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return sni.Choose(certificates, hello, p.options.Clock.Now()), nil
	}
	l.secured = secured{*spec, certificates, config}
	return nil
}

// targetTLS is how a load balancer speaks TLS with targets: it takes whatever certificate they have.
// Source: User Guide for Application Load Balancers, "Create a target group", protocol HTTPS.
func targetTLS(lb LoadBalancer) *tls.Config {
	listener := ""
	for _, l := range lb.Listeners {
		if l.TLS == nil {
			continue
		}
		if p, _ := tlspolicy.Find(l.TLS.Policy); listener == "" || p.Newest() == tls.VersionTLS13 {
			listener = l.TLS.Policy
		}
	}
	c := tlspolicy.Backend(listener).Config()
	c.InsecureSkipVerify = true //nolint:gosec // as AWS's do
	return c
}

// protect speaks TLS over a connection to a target, where c says so.
func protect(ctx context.Context, socket net.Conn, c *tls.Config) (conn.Conn, error) {
	plain := conn.Plain(socket.(*net.TCPConn)) // targets are on sockets of this machine
	if c == nil {
		return plain, nil
	}
	secure := conn.Client(plain, c)
	if err := secure.Handshake(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return secure, nil
}
