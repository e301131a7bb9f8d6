//go:build unix

package peek

import "syscall"

func peek(fd uintptr, b []byte) State {
	n, _, err := syscall.Recvfrom(int(fd), b, syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	switch {
	case n > 0:
		return Data
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return Quiet
	}
	return Gone
}
