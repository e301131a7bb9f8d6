package sandbox

import "golang.org/x/sys/unix"

const (
	architecture = unix.AUDIT_ARCH_AARCH64
	firstForeign = 0x40000000 // there are none
)

func olderForbidden() []uint32 { return nil }

func olderOwning() []uint32 { return nil }
