// Package trace writes X-Amzn-Trace-Id, by which a load balancer lets a request be followed.
package trace

import (
	"encoding/hex"
	"math/rand/v2"
	"time"
)

// Append appends the value of the next hop's field: a trace that came along with this hop's own element, else a new one.
func Append(out, given []byte) []byte {
	if given != nil {
		out = append(append(out, "Self="...), traceID()...)
		return append(append(out, ';'), given...)
	}
	return append(append(out, "Root="...), traceID()...)
}

// traceID is a version, the time and 96 random bits.
func traceID() []byte {
	var raw [16]byte
	now := uint32(time.Now().Unix()) // the format has 32 bits
	raw[0], raw[1], raw[2], raw[3] = byte(now>>24), byte(now>>16), byte(now>>8), byte(now)
	a, b := rand.Uint64(), rand.Uint32()
	for i := range 8 {
		raw[4+i] = byte(a >> (8 * i))
	}
	for i := range 4 {
		raw[12+i] = byte(b >> (8 * i))
	}
	text := hex.AppendEncode(make([]byte, 0, 40), raw[:])
	id := make([]byte, 0, 40)
	id = append(append(id, "1-"...), text[:8]...)
	return append(append(id, '-'), text[8:]...)
}
