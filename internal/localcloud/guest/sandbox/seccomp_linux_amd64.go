package sandbox

import "golang.org/x/sys/unix"

const (
	architecture = unix.AUDIT_ARCH_X86_64
	firstForeign = 0x40000000 // of the x32 ABI
)

// olderForbidden are calls that newer architectures don't have.
func olderForbidden() []uint32 {
	return []uint32{unix.SYS_CHMOD, unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_FUTIMESAT}
}

func olderOwning() []uint32 { return []uint32{unix.SYS_CHOWN, unix.SYS_LCHOWN} }
