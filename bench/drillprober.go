package main

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// probes is what a prober saw.
type probes struct{ sent, failed int }

// prober asks a platform for its page as the drill does, and shares none of its
// code: it writes its requests onto connections of its own.
type prober struct {
	address, request string
	patience         time.Duration

	mu   sync.Mutex
	seen probes
	idle []net.Conn
}

// probeUntil sends requests until ctx ends, and waits for the answers. Every other
// one is on a connection that is kept alive.
//
// They come at random, so many a second on average (a Poisson process): nodes and
// targets are taken in turns, and requests that alternate with the drill's, evenly
// spaced as those are, would leave it only those for one of two targets.
func probeUntil(ctx context.Context, address string, rate int, patience time.Duration) probes {
	return probeAt(ctx, address, func() int { return rate }, patience)
}

// probeAt is probeUntil at a rate that changes.
func probeAt(ctx context.Context, address string, rate func() int, patience time.Duration) probes {
	target, err := url.Parse(address)
	if err != nil {
		return probes{1, 1}
	}
	p := &prober{address: target.Host, request: "GET / HTTP/1.1\r\nHost: " + target.Host + "\r\nUser-Agent: prober\r\n", patience: patience}
	var underway sync.WaitGroup
	due := time.Now()
	for i := 0; pause(ctx, time.Until(due)) == nil; i++ {
		scheduled, keep := due, i%2 == 1
		underway.Go(func() { p.ask(scheduled, keep) })
		due = due.Add(time.Duration(rand.ExpFloat64() * float64(time.Second) / float64(rate())))
	}
	underway.Wait()
	for _, conn := range p.idle {
		conn.Close()
	}
	return p.seen
}

// ask sends one request, and notes whether it was answered well and in time.
func (p *prober) ask(due time.Time, keep bool) {
	well := p.fetch(due.Add(p.patience), keep)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.sent++
	if !well {
		p.seen.failed++
	}
}

func (p *prober) fetch(deadline time.Time, keep bool) bool {
	conn := p.take(keep)
	if conn == nil {
		var err error
		if conn, err = (&net.Dialer{Deadline: deadline}).Dial("tcp", p.address); err != nil {
			return false
		}
	}
	request := p.request + "Connection: close\r\n\r\n"
	if keep {
		request = p.request + "\r\n"
	}
	kept := false
	defer func() {
		if !kept {
			conn.Close()
		}
	}()
	if conn.SetDeadline(deadline) != nil {
		return false
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return false
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return false
	}
	defer response.Body.Close() // leaves the connection open
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return false
	}
	if keep && !response.Close {
		kept = true
		p.mu.Lock()
		p.idle = append(p.idle, conn)
		p.mu.Unlock()
	}
	return response.StatusCode < 400
}

// take takes a connection that is open already; nil where a new one is needed.
func (p *prober) take(keep bool) net.Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !keep || len(p.idle) == 0 {
		return nil
	}
	conn := p.idle[0]
	p.idle = p.idle[1:]
	return conn
}
