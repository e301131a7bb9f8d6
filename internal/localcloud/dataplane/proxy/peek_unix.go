//go:build unix

package proxy

import "syscall"

func peek(fd uintptr, b []byte) connState {
	n, _, err := syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case n > 0:
		return connData
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return connQuiet
	}
	return connGone
}
