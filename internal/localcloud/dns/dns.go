// Package dns is the local cloud's DNS server: on a loopback port, over UDP and TCP, it answers what the public DNS
// would say of the account's hosted zones and of the names that AWS gives. It is their name servers and a resolver for
// them in one, and asks nobody: of other names it answers that it is refused.
//
// What a name has is the model of Route 53's business. Here are messages, and what bounds a client.
package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/time/rate"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
)

// What bounds clients.
const (
	maxMessage     = 1232            // bytes of an answer over UDP, as DNS flag day 2020 advises
	maxConnections = 32              // over TCP, at once
	maxQuestions   = 128             // on a connection
	maxAtOnce      = 64              // questions
	perSecond      = 2000            // questions, of all clients
	readWithin     = 2 * time.Second // for a message
	idleWithin     = 5 * time.Second // between two on a connection
	goodbye        = 250 * time.Millisecond
)

// Options say what a server answers.
type Options struct {
	// Address is HOST:PORT; port 0 is any that is free.
	Address string
	// Lookup asks the DNS. Names and types are as package model has them.
	Lookup func(name, recordType string) (model.Response, error)
	// Local takes the place of AWS's own addresses, such as those of load balancers: their traffic is on this machine.
	Local netip.Addr
}

// Server is a DNS server that answers. It must be closed.
type Server struct {
	options Options
	udp     *dns.Server
	tcp     *dns.Server
	limiter *rate.Limiter
	slots   chan struct{}
	serving sync.WaitGroup
}

// Open opens the port and answers on it.
func Open(o Options) (*Server, error) {
	packets, connections, err := listen(o.Address)
	if err != nil {
		return nil, fmt.Errorf("open the local cloud's DNS server on %s: %w", o.Address, err)
	}
	s := &Server{options: o, limiter: rate.NewLimiter(perSecond, perSecond), slots: make(chan struct{}, maxAtOnce)}
	handler := dns.HandlerFunc(s.serve)
	s.udp = &dns.Server{PacketConn: packets, Handler: handler, ReadTimeout: readWithin}
	s.tcp = &dns.Server{Listener: &limited{Listener: connections, free: make(chan struct{}, maxConnections)}, Handler: handler, ReadTimeout: readWithin,
		WriteTimeout: readWithin, IdleTimeout: func() time.Duration { return idleWithin }, MaxTCPQueries: maxQuestions}
	var started sync.WaitGroup
	for _, one := range []*dns.Server{s.udp, s.tcp} {
		started.Add(1)
		one.NotifyStartedFunc = started.Done
		s.serving.Go(func() { _ = one.ActivateAndServe() }) // it ends when it is closed
	}
	started.Wait()
	return s, nil
}

// tries is how often another port is looked for that is free for both.
const tries = 20

// listen opens a port for UDP, and the same for TCP.
func listen(address string) (packets net.PacketConn, connections net.Listener, err error) {
	var config net.ListenConfig
	for range tries {
		if connections, err = config.Listen(context.Background(), "tcp", address); err != nil {
			return nil, nil, err
		}
		if packets, err = config.ListenPacket(context.Background(), "udp", connections.Addr().String()); err == nil {
			return packets, connections, nil
		}
		err = errors.Join(err, connections.Close())
	}
	return nil, nil, err
}

// Address is the HOST:PORT on which it answers.
func (s *Server) Address() string { return s.udp.PacketConn.LocalAddr().String() }

// Close ends it.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	err := errors.Join(s.udp.ShutdownContext(ctx), s.tcp.ShutdownContext(ctx))
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // those that took too long have a deadline of their own
	}
	s.serving.Wait()
	if err != nil {
		return fmt.Errorf("close the local cloud's DNS server: %w", err)
	}
	return nil
}

// serve answers one question. Who asks too much gets no answer.
func (s *Server) serve(w dns.ResponseWriter, question *dns.Msg) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return
	}
	if !s.limiter.Allow() {
		return
	}
	answer := s.answer(question)
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		size := dns.MinMsgSize
		if o := question.IsEdns0(); o != nil {
			size = max(size, min(int(o.UDPSize()), maxMessage))
		}
		answer.Truncate(size)
	} else {
		answer.Truncate(dns.MaxMsgSize)
	}
	_ = w.WriteMsg(answer) // a client that left is no concern of ours
}

// limited closes connections beyond those that it has room for.
type limited struct {
	net.Listener
	free chan struct{}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.free <- struct{}{}:
			return &counted{Conn: c, free: l.free}, nil
		default:
			_ = c.Close() // there is no room for it
		}
	}
}

// counted gives its room back when it is closed.
type counted struct {
	net.Conn
	once sync.Once
	free chan struct{}
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(func() { <-c.free })
	return c.Conn.Close()
}
