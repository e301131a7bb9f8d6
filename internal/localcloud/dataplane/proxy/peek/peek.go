// Package peek looks at a connection without taking anything from it: whether there is something to read, and whether
// the other side has left. What a system needs for that is in a file of its own.
package peek

import (
	"net"
	"syscall"
)

// Peeker looks at a connection without taking anything from it.
type Peeker struct {
	raw   syscall.RawConn
	look  func(fd uintptr)
	found State
	b     [1]byte
}

// State is what a look found.
type State int

// What can be found.
const (
	Quiet State = iota // open, nothing to read
	Data               // something to read
	Gone               // closed or reset by the other side
)

// Init prepares to look at a connection.
func (p *Peeker) Init(conn *net.TCPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		p.raw = nil
		return
	}
	p.raw = raw
	// Made once, since State must not allocate.
	p.look = func(fd uintptr) { p.found = peek(fd, p.b[:]) }
}

// State looks.
func (p *Peeker) State() State {
	if p.raw == nil || p.raw.Control(p.look) != nil {
		return Gone
	}
	return p.found
}
