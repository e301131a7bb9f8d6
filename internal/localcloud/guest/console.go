package guest

import (
	"fmt"
	"os"
	"sync"
)

// consoleSize is how much GetConsoleOutput keeps ("the most recent 64 KB").
const consoleSize = 64 << 10

// console is a text that grows at its end and loses its beginning. It is kept in a
// file as well, so that it is still there after a restart of the local cloud.
type console struct {
	path string

	mu   sync.Mutex
	text []byte
	file int // size of the file
}

func openConsole(path string) (*console, error) {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	c := &console{path: path, file: len(text)}
	c.text = text[max(0, len(text)-consoleSize):]
	return c, nil
}

func (c *console) printf(format string, args ...any) {
	line := fmt.Appendf(nil, format+"\n", args...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, line...)
	if over := len(c.text) - consoleSize; over > 0 {
		c.text = append(c.text[:0], c.text[over:]...)
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if c.file > 4*consoleSize {
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

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.text)
}
