// Package console is an instance's serial console: what it writes can be read while it runs, and after it stopped.
package console

import (
	"fmt"
	"os"
	"sync"
)

// size is how much GetConsoleOutput keeps ("the most recent 64 KB").
const size = 64 << 10

// Console is a text that grows at its end and loses its beginning. It is kept in a
// file as well, so that it is still there after a restart of the local cloud.
type Console struct {
	path string

	mu   sync.Mutex
	text []byte
	file int // size of the file
}

// Open opens the console whose file is at path, with what was written before.
func Open(path string) (*Console, error) {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	c := &Console{path: path, file: len(text)}
	c.text = text[max(0, len(text)-size):]
	return c, nil
}

// Printf writes a line.
func (c *Console) Printf(format string, args ...any) {
	line := fmt.Appendf(nil, format+"\n", args...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, line...)
	if over := len(c.text) - size; over > 0 {
		c.text = append(c.text[:0], c.text[over:]...)
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if c.file > 4*size {
		flags, line, c.file = os.O_CREATE|os.O_WRONLY|os.O_TRUNC, c.text, 0
	}
	f, err := os.OpenFile(c.path, flags, 0o600)
	if err != nil {
		return // the text in memory is what is read
	}
	defer f.Close()
	n, _ := f.Write(line)
	c.file += n
}

// String is the last 64 KB that were written.
func (c *Console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.text)
}
