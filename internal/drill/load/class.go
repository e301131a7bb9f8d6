package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
)

// Class is what became of a request. A status other than those named here is
// its own class, such as "404".
type Class string

// The classes that a load balancer's users know.
const (
	// OK is an answer with a status of 200 to 399.
	OK Class = "2xx"
	// BadGateway is a target that broke or refused the connection.
	BadGateway Class = "502"
	// Unavailable is a load balancer without a target.
	Unavailable Class = "503"
	// GatewayTimeout is a target that didn't answer, or not in time.
	GatewayTimeout Class = "504"
	// Timeout is no whole answer within the time that a user waits.
	Timeout Class = "timeout"
	// Refused is that nothing listens at the load balancer's address.
	Refused Class = "refused"
	// Reset is a connection that ended before the answer did.
	Reset Class = "reset"
	// TLS is a handshake that failed: no version or suite in common, no certificate for the name, or one that isn't accepted.
	TLS Class = "tls"
	// Unreachable is a name that doesn't resolve, or a network without a way.
	Unreachable Class = "unreachable"
	// Unsent is a request that wasn't sent, because too many were under way.
	Unsent Class = "unsent"
	// Other is any other failure.
	Other Class = "other"
)

// Failed says whether a user was let down.
func (c Class) Failed() bool { return c != OK }

func classOfStatus(status int) Class {
	if status >= 200 && status < 400 {
		return OK
	}
	return Class(strconv.Itoa(status))
}

// classOfError reads what a request failed with. connected says that it had a
// connection: one that is broken then was reset, however the system calls it; handshake,
// that the TLS handshake of that connection failed.
func classOfError(err error, connected, handshake bool) Class {
	var (
		network net.Error
		name    *net.DNSError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	case isRefused(err):
		return Refused
	case isReset(err), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Reset
	case errors.As(err, &name):
		return Unreachable
	case isUnreachable(err):
		return Unreachable
	case errors.As(err, &network) && network.Timeout():
		return Timeout
	case handshake:
		return TLS
	case connected:
		return Reset
	}
	return Other
}
