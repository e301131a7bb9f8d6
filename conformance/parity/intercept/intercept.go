// Package intercept is a proxy on loopback through which a program speaks to AWS, so that every call can be written down
// with its reply. To the program it is its HTTPS proxy: AWS's own names, signatures and credentials stay what they are,
// and nothing but the certificates, which are the proxy's, tells that anybody listens. It can also be the program's
// endpoint, for what stands in AWS's place.
//
// What belongs here: the way of calls, and of the traffic to a platform that has no names of its own. What doesn't: what
// is written down of them.
package intercept

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// Exchange is a call as it went over the wire, and its reply.
type Exchange struct {
	Service, Region string // of the signature
	Operation       string
	Request         []byte
	Status          int // 0 where no reply came
	Reply           []byte
	Type            string // the reply's X-Amzn-Errortype
	At              time.Time
	Took            time.Duration
}

// Options say what a proxy does.
type Options struct {
	// Upstream is what stands in AWS's place; nil: AWS itself.
	Upstream *url.URL
	// Transport sends the calls; nil: one that goes by this process's environment.
	Transport http.RoundTripper
	// Traffic finds HOST:PORT of a platform by its name, for requests that aren't calls; nil: there are none.
	Traffic func(ctx context.Context, host string) (address string, ok bool)
	// Exchange is told of every call before its caller has the reply. Where it fails, so does the call: a recording with
	// gaps would prove nothing. It comes from several goroutines at once.
	Exchange func(Exchange) error
	// Now is the clock.
	Now func() time.Time
}

// Proxy is a proxy that runs.
type Proxy struct {
	// URL is for HTTPS_PROXY and HTTP_PROXY. It holds a secret: other users of the machine are refused.
	URL string
	// Endpoint is for AWS_ENDPOINT_URL, and AccessKey, the same secret, for the access key ID.
	Endpoint, AccessKey string

	options   Options
	secret    string
	authority *authority
	outer     *http.Server
	inner     *http.Server
	tunnels   *tunnels
	traffic   *httputil.ReverseProxy
}

// Start starts a proxy on a free port. The caller must Close it.
func Start(ctx context.Context, o Options) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the recording proxy: %w", err)
	}
	authority, err := newAuthority(o.Now())
	if err != nil {
		return nil, err
	}
	if o.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 64
		transport.DisableCompression = true
		o.Transport = transport
	}
	p := &Proxy{options: o, secret: rand.Text(), authority: authority, tunnels: newTunnels(listener.Addr())}
	p.Endpoint, p.AccessKey = "http://"+listener.Addr().String(), p.secret
	p.URL = "http://parity:" + p.secret + "@" + listener.Addr().String()
	p.traffic = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.Header.Del("Proxy-Authorization") },
		// Connections that are kept would be tried again where they break, and a user would not see it.
		Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler) // net/http's documented way to cut the connection
		},
	}
	p.outer = &http.Server{Handler: http.HandlerFunc(p.entry), ReadHeaderTimeout: 10 * time.Second}
	p.inner = &http.Server{Handler: http.HandlerFunc(p.call), ReadHeaderTimeout: time.Minute}
	go func() { _ = p.outer.Serve(listener) }() // ends with Close
	go func() { _ = p.inner.Serve(p.tunnels) }()
	return p, nil
}

// Certificate is that of the authority which signs for AWS's names, in PEM, for AWS_CA_BUNDLE.
func (p *Proxy) Certificate() []byte { return p.authority.pem }

// Close ends the proxy and all connections.
func (p *Proxy) Close() error {
	_ = p.inner.Close()
	return p.outer.Close()
}

// entry tells the doors apart.
func (p *Proxy) entry(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		if p.mayUse(w, r) {
			p.tunnel(w, r)
		}
	case r.URL.IsAbs():
		if p.mayUse(w, r) {
			p.pass(w, r)
		}
	case p.options.Upstream != nil && strings.Contains(r.Header.Get("Authorization"), "Credential="+p.secret+"/"):
		p.call(w, r)
	default:
		http.Error(w, "this is a proxy of platformctl's parity kit", http.StatusForbidden)
	}
}

func (p *Proxy) mayUse(w http.ResponseWriter, r *http.Request) bool {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("parity:"+p.secret))
	if r.Header.Get("Proxy-Authorization") != want {
		http.Error(w, "the proxy's URL has a secret in it", http.StatusProxyAuthRequired)
		return false
	}
	return true
}

// tunnel ends the connection to one of AWS's names here. Other names are none of the recording's business: they are
// refused, or where AWS itself is asked (where credentials come from may be anywhere) reached as they are.
func (p *Proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	ofAWS := err == nil && IsAWS(host)
	if !ofAWS && p.options.Upstream != nil {
		http.Error(w, "only AWS's names lead to what stands in its place", http.StatusForbidden)
		return
	}
	var there net.Conn
	if !ofAWS {
		if there, err = new(net.Dialer).DialContext(r.Context(), "tcp", r.Host); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := here.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = here.Close()
		return
	}
	if there != nil {
		join(here, there)
		return
	}
	p.tunnels.add(tls.Server(here, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.authority.certificate(host) },
	}))
}

// IsAWS reports whether a host is one of AWS's own.
func IsAWS(host string) bool {
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".api.aws")
}

// pass sends on a request that is no call of AWS's API.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request) {
	if p.options.Traffic == nil {
		http.Error(w, "there is no traffic here", http.StatusForbidden)
		return
	}
	address, ok := p.options.Traffic(r.Context(), r.URL.Hostname())
	if !ok {
		http.Error(w, "no platform has this name", http.StatusBadGateway)
		return
	}
	out := r.Clone(r.Context())
	out.URL.Host = address
	p.traffic.ServeHTTP(w, out)
}
