package nginx

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// Sweep ends an nginx that an earlier life of this program left behind in dir.
func Sweep(o Options) {
	b, err := os.ReadFile(o.pidFile())
	if err != nil {
		return
	}
	defer os.Remove(o.pidFile())
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil || pid <= 1 {
		return
	}
	// Only a process that was started over this very directory is ours.
	line, err := exec.Command("ps", "-o", "command=", "-ww", "-p", fmt.Sprint(pid)).Output()
	if cmdline, readErr := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); readErr == nil {
		line, err = cmdline, nil
	}
	if err == nil && (bytes.Contains(line, []byte(o.mark()))) {
		if left, err := os.FindProcess(pid); err == nil {
			_ = left.Kill() // it may have ended by itself
		}
	}
}

// tail keeps the last of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - 8<<10; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
