// Package webserver is the built-in web server of an instance. It interprets the instance's own nginx.conf for the part
// of the language that serves static pages (see directives.go) and refuses everything else in nginx's manner: an
// emergency line, and no start. No file outside of the instance is opened, whatever a path, a link or a request says.
//
// It knows nothing of instances; package guest gives it a root directory.
package webserver

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/clients"
)

// Server is a running web server. It serves each listened port on its own loopback address.
type Server struct {
	config    *Config
	addresses map[int]string
	servers   []*http.Server
	exited    chan struct{}
}

// What a client can hold: nginx's own defaults. Source: its documentation, "worker_connections" as Amazon Linux 2023 sets
// it, "send_timeout".
const (
	mostConnections = 1024
	sendTimeout     = time.Minute
)

// Start starts a web server over the configuration in root, an instance's file system. The error of a configuration that
// nginx would refuse wraps an *nginxconf.Emergency.
func Start(root string, machine Machine) (*Server, error) {
	config, err := Load(root, "/etc/nginx/nginx.conf")
	if err != nil {
		return nil, fmt.Errorf("nginx: %w", err)
	}
	b := &Server{config: config, addresses: map[int]string{}, exited: make(chan struct{})}
	for _, port := range config.Ports() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Kill()
			return nil, fmt.Errorf("listen for port %d: %w", port, err)
		}
		s := &http.Server{
			Handler:           config.Handler(port, machine),
			IdleTimeout:       max(config.KeepAlive(port), time.Millisecond),
			ReadHeaderTimeout: time.Minute,
		}
		b.addresses[port] = l.Addr().String()
		b.servers = append(b.servers, s)
		bound := clients.Bound(l, clients.Limits{Connections: mostConnections, Send: sendTimeout})
		if secure := config.TLS(port); secure != nil {
			bound = tls.NewListener(bound, secure)
			s.ErrorLog = log.New(io.Discard, "", 0) // what clients do wrong is no news
		}
		go func() { _ = s.Serve(bound) }() // ends with ErrServerClosed
	}
	return b, nil
}

// Address is where an instance's port is on loopback.
func (s *Server) Address(port int) (string, bool) {
	a, ok := s.addresses[port]
	return a, ok
}

// Exited is closed when the server has ended.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Kill ends the server at once.
func (s *Server) Kill() {
	for _, one := range s.servers {
		_ = one.Close()
	}
	s.config.Close()
	close(s.exited)
}
