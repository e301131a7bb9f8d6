package proxy

import (
	"net"
	"syscall"
)

// peeker looks at a connection without taking anything from it.
type peeker struct {
	raw   syscall.RawConn
	look  func(fd uintptr)
	found connState
	b     [1]byte
}

type connState int

const (
	connQuiet connState = iota // open, nothing to read
	connData                   // something to read
	connGone                   // closed or reset by the other side
)

func (p *peeker) init(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		p.raw = nil
		return
	}
	p.raw = raw
	// Made once, since state must not allocate.
	p.look = func(fd uintptr) { p.found = peek(fd, p.b[:]) }
}

func (p *peeker) state() connState {
	if p.raw == nil || p.raw.Control(p.look) != nil {
		return connGone
	}
	return p.found
}
