// Package http2 turns each stream of a client's HTTP/2 connection into a connection that carries one request of
// HTTP/1.1 and its answer, so that a load balancer has one mechanism for both. HTTP/2 itself is net/http's.
//
// What becomes of a request is package proxy's business.
package http2

import (
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
)

// Streams is how many requests a client may have in flight over one connection.
// Source: User Guide for Application Load Balancers, "Protocols", HTTP/2.
const Streams = 128

// headers bounds the fields of one request, in bytes. It is above what a head may have, so that a head that is too long
// gets the answer that it gets over HTTP/1.1.
const headers = 128 << 10

// Serve serves a client's connection until it ends, and calls handle for each of its requests. idle is how long the
// connection may be without one. ending reports whether the connection is to end with the requests that it carries.
func Serve(c *conn.TLS, idle time.Duration, ending func() bool, handle func(*Stream)) {
	c.Gather(idle)
	over := make(chan struct{})
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ending() {
				w.Header().Set("Connection", "close")
			}
			s := newStream(c, idle, w, r)
			handle(s)
			broken := s.broken()
			s.release()
			if broken {
				panic(http.ErrAbortHandler) // the client sees it
			}
		}),
		IdleTimeout: idle, WriteTimeout: lifetime(idle), MaxHeaderBytes: headers, DisableGeneralOptionsHandler: true,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: Streams},
		ErrorLog: log.New(io.Discard, "", 0), // what clients do wrong is no news
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateClosed { // once
				close(over)
			}
		},
	}
	_ = server.Serve(&one{conn: c, over: over}) // ends with the connection
}

// one is a listener with one connection.
type one struct {
	conn *conn.TLS
	over chan struct{} // closed with the connection
	done bool
}

func (l *one) Accept() (net.Conn, error) {
	if !l.done {
		l.done = true
		return l.conn.Conn, nil // net/http knows HTTP/2 by the type *tls.Conn
	}
	<-l.over
	return nil, net.ErrClosed
}

func (l *one) Close() error   { return nil }
func (l *one) Addr() net.Addr { return l.conn.LocalAddr() }
