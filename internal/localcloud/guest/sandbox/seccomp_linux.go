//go:build amd64 || arm64

package sandbox

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a system call that the filter stops returns.
const (
	denied  = unix.SECCOMP_RET_ERRNO | uint32(unix.EACCES)
	ignored = unix.SECCOMP_RET_ERRNO // nothing is done, and that is no error
)

// Where struct seccomp_data has things: the call's number, the architecture, the low half of each argument.
// Source: linux/seccomp.h.
const (
	numberAt       = 0
	architectureAt = 4
	argumentsAt    = 16
)

// mayConnect marks the flags by which a message opens a TCP connection.
const mayConnect = unix.MSG_FASTOPEN

// flagged are the calls that send a message, with the place of their flags among the arguments.
func flagged() map[uint32]uint32 {
	return map[uint32]uint32{unix.SYS_SENDTO: 3, unix.SYS_SENDMSG: 2, unix.SYS_SENDMMSG: 3}
}

// forbidden are the calls that reach others, or change files, past Landlock.
func forbidden() []uint32 {
	return append([]uint32{
		unix.SYS_CONNECT, unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_BPF,
		unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_UTIMENSAT,
		unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR,
	}, olderForbidden()...)
}

// owning are the calls that give files away. An nginx that root starts calls them for its temporary directories, and ends
// where they fail.
func owning() []uint32 {
	return append([]uint32{unix.SYS_FCHOWN, unix.SYS_FCHOWNAT}, olderOwning()...)
}

// filter bounds the calling thread, and what it starts: no connection, no socket but for TCP, no other owner, mode or
// time of a file. Landlock (ABI 7) has nothing against these.
func filter() error {
	program := instructions()
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]} //nolint:gosec // some dozens
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
	runtime.KeepAlive(program)
	return err
}

func statement(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }

func jump(code uint16, k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: code, K: k, Jt: yes, Jf: no}
}

const (
	load    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	equals  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	hasBits = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	atLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	mask    = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	answer  = unix.BPF_RET | unix.BPF_K
)

func argument(n uint32) uint32 { return argumentsAt + 8*n }

// instructions are the filter's program. Each rule leaves the call's number where the next one expects it.
func instructions() []unix.SockFilter {
	p := []unix.SockFilter{
		statement(load, architectureAt),
		jump(equals, architecture, 1, 0),
		statement(answer, denied), // 32-bit calls have numbers of their own
		statement(load, numberAt),
		jump(atLeast, firstForeign, 0, 1),
		statement(answer, denied),
	}
	for _, number := range forbidden() {
		p = append(p, jump(equals, number, 0, 1), statement(answer, denied))
	}
	for _, number := range owning() {
		p = append(p, jump(equals, number, 0, 1), statement(answer, ignored))
	}
	for number, place := range flagged() {
		p = append(p,
			jump(equals, number, 0, 4),
			statement(load, argument(place)),
			jump(hasBits, mayConnect, 0, 1),
			statement(answer, denied),
			statement(answer, unix.SECCOMP_RET_ALLOW))
	}
	return append(p,
		jump(equals, unix.SYS_SOCKET, 1, 0),
		statement(answer, unix.SECCOMP_RET_ALLOW),
		statement(load, argument(0)), // IPv4 or IPv6
		jump(equals, unix.AF_INET, 2, 0),
		jump(equals, unix.AF_INET6, 1, 0),
		statement(answer, denied),
		statement(load, argument(1)), // a stream, whatever its flags
		statement(mask, 0xf),
		jump(equals, unix.SOCK_STREAM, 1, 0),
		statement(answer, denied),
		statement(load, argument(2)), // TCP: Landlock lets MPTCP pass
		jump(equals, 0, 1, 0),
		jump(equals, unix.IPPROTO_TCP, 0, 1),
		statement(answer, unix.SECCOMP_RET_ALLOW),
		statement(answer, denied))
}
