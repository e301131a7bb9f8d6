package dataplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// portBook remembers which port of this machine stands for which listener, so that
// a load balancer's URL outlives the process.
type portBook struct {
	path  string
	ports map[string]int
}

func portKey(arn string, port int) string { return arn + " " + strconv.Itoa(port) }

func openPortBook(path string) (*portBook, error) {
	b := &portBook{path: path, ports: map[string]int{}}
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
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return l.(*net.TCPListener), nil
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
