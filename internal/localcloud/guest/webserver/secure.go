package webserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// certificateFiles are what a block says of its server's certificate: the directives ssl_certificate and
// ssl_certificate_key, nil where there is none.
type certificateFiles struct{ certificate, key *nginxconf.Directive }

// with are the files that hold inside of a block.
func (f certificateFiles) with(block []nginxconf.Directive) certificateFiles {
	for _, d := range block {
		switch d.Name {
		case "ssl_certificate":
			f.certificate = &d
		case "ssl_certificate_key":
			f.key = &d
		}
	}
	return f
}

// mostOfPEM bounds a file with certificates or a key, in bytes.
const mostOfPEM = 1 << 20

// loadCertificate reads a server's certificate and key from the instance's files, as nginx does when it starts.
func (c *Config) loadCertificate(s *server) error {
	f := s.certificateFiles
	where, secure := c.firstSecure(s)
	switch {
	case f.certificate == nil && secure:
		return where.Emerg(`no "ssl_certificate" is defined for the "listen ... ssl" directive`)
	case f.certificate == nil:
		return nil
	case f.key == nil:
		return f.certificate.Emerg(`no "ssl_certificate_key" is defined for certificate %q`, f.certificate.Args[0])
	}
	certificate, err := c.readPEM(*f.certificate)
	if err != nil {
		return err
	}
	key, err := c.readPEM(*f.key)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return f.certificate.Emerg("cannot load certificate %q with key %q: %v", f.certificate.Args[0], f.key.Args[0], err)
	}
	s.certificate = &pair
	return nil
}

// firstSecure is the first listen directive of a server by which it speaks TLS.
func (c *Config) firstSecure(s *server) (nginxconf.Directive, bool) {
	for _, l := range s.listens {
		if l.secure {
			return l.directive, true
		}
	}
	return nginxconf.Directive{}, false
}

// readPEM reads a regular file of the instance that a directive names.
func (c *Config) readPEM(d nginxconf.Directive) ([]byte, error) {
	name := d.Args[0]
	if strings.ContainsAny(name, "$:") { // a variable, data:…, engine:…
		return nil, d.Emerg("%q as a file is not simulated by the built-in web server", name)
	}
	if !path.IsAbs(name) {
		name = path.Join("/etc/nginx", name)
	}
	failed := func(err error) error {
		var inner *fs.PathError
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return d.Emerg("cannot load certificate %q: %v", d.Args[0], err)
	}
	inside := strings.TrimPrefix(path.Clean(name), "/")
	info, err := c.files.Stat(inside)
	if err == nil && !info.Mode().IsRegular() { // to open a pipe would be to wait for who writes it
		err = os.ErrNotExist
	}
	if err != nil {
		return nil, failed(err)
	}
	file, err := c.files.Open(inside)
	if err != nil {
		return nil, failed(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, mostOfPEM))
	if err != nil {
		return nil, failed(err)
	}
	return data, nil
}

// scheme is what the client speaks.
func (r *request) scheme() string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// TLS is how a port is served over TLS; nil where it is plain HTTP. As in nginx, it is the port's that any server of it says.
func (c *Config) TLS(port int) *tls.Config {
	speaks := func(s *server) bool {
		return slices.ContainsFunc(s.listens, func(l listen) bool { return l.port == port && l.secure && !l.loopback })
	}
	if !slices.ContainsFunc(c.servers, speaks) {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if s := c.serverFor(port, hello.ServerName); s != nil && s.certificate != nil {
				return s.certificate, nil
			}
			if s := c.defaultServer(port); s != nil && s.certificate != nil {
				return s.certificate, nil
			}
			return nil, fmt.Errorf("the server of port %d has no certificate", port)
		},
	}
}
