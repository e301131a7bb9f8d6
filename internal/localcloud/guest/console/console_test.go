package console

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConsole_KeepsTheEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console.log")
	c, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 1023)
	for range 400 {
		c.Printf("%s", line)
	}
	c.Printf("last")
	if n := len(c.String()); n != size {
		t.Errorf("%d bytes", n)
	}
	again, err := Open(path)
	if err != nil || again.String() != c.String() {
		t.Errorf("read back: %v, %d bytes", err, len(again.String()))
	}
	if info, _ := os.Stat(path); info.Size() > 6*size {
		t.Errorf("file of %d bytes", info.Size())
	}
}
