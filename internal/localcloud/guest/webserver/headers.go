package webserver

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// headerBuffers are what nginx reads a request's head into: one buffer at first, and larger ones as they are needed. A
// line has to fit into one of them. Sizes are in bytes.
type headerBuffers struct {
	first        int // client_header_buffer_size
	number, size int // large_client_header_buffers
}

// The most buffers, and the largest, in bytes, that a configuration may ask for. A load balancer sends no longer head.
const (
	mostBuffers = 64
	mostBuffer  = 64 << 10
)

// set takes a directive of either name.
func (b *headerBuffers) set(d nginxconf.Directive) error {
	size, ok := bytesOf(d.Args[len(d.Args)-1])
	if !ok {
		return d.Emerg("invalid value %q", d.Args[len(d.Args)-1])
	}
	if size > mostBuffer {
		return d.Emerg("%q is more than the %d bytes of the built-in web server in %q", d.Args[len(d.Args)-1], mostBuffer, d.Name)
	}
	if d.Name == "client_header_buffer_size" {
		b.first = size
		return nil
	}
	number, err := strconv.Atoi(d.Args[0])
	if err != nil || number < 1 || number > mostBuffers {
		return d.Emerg("invalid value %q", d.Args[0])
	}
	b.number, b.size = number, size
	return nil
}

// bytesOf reads a size of nginx: 8192, 8k, 1m.
func bytesOf(text string) (int, bool) {
	digits, unit := text, 1
	switch {
	case strings.HasSuffix(strings.ToLower(text), "k"):
		digits, unit = text[:len(text)-1], 1<<10
	case strings.HasSuffix(strings.ToLower(text), "m"):
		digits, unit = text[:len(text)-1], 1<<20
	}
	n, err := strconv.Atoi(digits)
	return n * unit, err == nil && n > 0 && n < 1<<20
}

// refuse is nginx's status for a head that has no room, 0 for one that has: 414 for the first line, 400 for a header.
func (b headerBuffers) refuse(r *http.Request) int {
	room, used := b.first, 0
	fits := func(line int) bool {
		if room >= line {
			room -= line
			return true
		}
		if line > b.size || used == b.number {
			return false
		}
		used++
		room = b.size - line
		return true
	}
	const between = len(": \r\n")
	if !fits(len(r.Method) + len(r.RequestURI) + len(r.Proto) + between) {
		return http.StatusRequestURITooLong
	}
	if !fits(len("Host") + len(r.Host) + between) {
		return http.StatusBadRequest
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			if !fits(len(name) + len(value) + between) {
				return http.StatusBadRequest
			}
		}
	}
	return 0
}
