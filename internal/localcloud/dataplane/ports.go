package dataplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// portBook remembers which port of this machine stands for which listener, so that
// a load balancer's URL outlives the process.
type portBook struct {
	path  string
	host  string // address of the listeners
	ports map[string]int
}

func portKey(arn string, port int) string { return arn + " " + strconv.Itoa(port) }

func openPortBook(path, host string) (*portBook, error) {
	b := &portBook{path: path, host: host, ports: map[string]int{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &b.ports); err != nil {
		return nil, fmt.Errorf("read %s (delete it to let listeners get new ports): %w", path, err)
	}
	return b, nil
}

// listen opens the listener's own port again, or a new one if that was taken.
func (b *portBook) listen(key string) (*net.TCPListener, error) {
	if port, ok := b.ports[key]; ok {
		address := net.JoinHostPort(b.host, strconv.Itoa(port))
		if l, err := net.Listen(Network(address), address); err == nil {
			return l.(*net.TCPListener), nil
		}
	}
	address := net.JoinHostPort(b.host, "0")
	l, err := net.Listen(Network(address), address)
	if err != nil {
		return nil, err
	}
	b.ports[key] = l.Addr().(*net.TCPAddr).Port
	return l.(*net.TCPListener), b.save()
}

func (b *portBook) keepOnly(keys map[string]bool) error {
	changed := false
	for key := range b.ports {
		if !keys[key] {
			delete(b.ports, key)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return b.save()
}

func (b *portBook) save() error {
	text, err := json.MarshalIndent(b.ports, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.Write(b.path, text, 0o600); err != nil {
		return fmt.Errorf("save the listeners' ports: %w", err)
	}
	return nil
}

// Network is the network of an address to listen on: of 0.0.0.0, which net takes for all of IPv6 too, IPv4 alone.
func Network(address string) string {
	if a, err := netip.ParseAddrPort(address); err == nil && a.Addr().Is4() {
		return "tcp4"
	}
	return "tcp"
}

// Reachable is the address at which a client on this machine reaches a listener, which
// may listen on all addresses.
func Reachable(address net.Addr) string {
	a, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return address.String()
	}
	switch {
	case !a.Addr().IsUnspecified():
		return a.String()
	case a.Addr().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port()).String()
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port()).String()
}
