// Package checksum has the checksums by which callers of AWS say what a body is made of.
package checksum

import (
	"crypto/sha1" //nolint:gosec // one of those that AWS has
	"crypto/sha256"
	"hash"
	"hash/crc32"
	"hash/crc64"
)

// The algorithms of checksums that S3 has. Source: Amazon S3 User Guide, "Checking object integrity".
const (
	CRC32     = "CRC32"
	CRC32C    = "CRC32C"
	CRC64NVME = "CRC64NVME"
	SHA1      = "SHA1"
	SHA256    = "SHA256"
)

// nvme is the polynomial of CRC-64/NVME, the way round that Go has it.
const nvme = 0x9a6c9329ac4bc9b5

// New is a new checksum of an algorithm; nil for none that there is.
func New(algorithm string) hash.Hash {
	switch algorithm {
	case CRC32:
		return crc32.NewIEEE()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case CRC64NVME:
		return crc64.New(crc64.MakeTable(nvme))
	case SHA1:
		return sha1.New() //nolint:gosec // as above
	case SHA256:
		return sha256.New()
	}
	return nil
}

// Of are new checksums of some algorithms, by their names.
func Of(algorithms ...string) map[string]hash.Hash {
	all := map[string]hash.Hash{}
	for _, algorithm := range algorithms {
		if h := New(algorithm); h != nil {
			all[algorithm] = h
		}
	}
	return all
}
