package peek

import (
	"syscall"
	"unsafe"
)

// From winsock2.h.
const (
	pollReadNormal = 0x0100 // POLLRDNORM
	messagePeek    = 0x2    // MSG_PEEK
)

// pollDescriptor is a WSAPOLLFD.
type pollDescriptor struct {
	socket           syscall.Handle
	events, happened int16
}

// A package's variable as the library is loaded once: part of Windows, it never changes.
var wsaPoll = syscall.NewLazyDLL("ws2_32.dll").NewProc("WSAPoll")

// peek asks first whether there is anything to see, because Windows can't be told for one call not to wait.
func peek(fd uintptr, b []byte) State {
	poll := pollDescriptor{socket: syscall.Handle(fd), events: pollReadNormal}
	const sockets, timeout = 1, 0
	switch n, _, _ := wsaPoll.Call(uintptr(unsafe.Pointer(&poll)), sockets, timeout); int32(n) {
	case 0:
		return Quiet
	case sockets:
	default:
		return Gone
	}
	if poll.happened&pollReadNormal == 0 {
		return Gone // hung up, reset, or no socket any more
	}
	var got uint32
	flags := uint32(messagePeek)
	buffer := syscall.WSABuf{Len: uint32(len(b)), Buf: &b[0]}
	if err := syscall.WSARecv(syscall.Handle(fd), &buffer, 1, &got, &flags, nil, nil); err != nil || got == 0 {
		return Gone
	}
	return Data
}
