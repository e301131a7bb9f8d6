//go:build linux

package nginx

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestProcess_DiesWithParent kills a process that runs an nginx with SIGKILL: the
// nginx must go with it.
func TestProcess_DiesWithParent(t *testing.T) {
	if os.Getenv("NGINX_TEST_PARENT") == "1" {
		p, err := Start(options(t, good))
		if err != nil {
			t.Fatal(err)
		}
		address, _ := p.Address(80)
		fmt.Fprintln(os.Stdout, "address", address)
		<-p.Exited() // never, as far as this process can see
		return
	}
	machineNginx(t)
	parent := exec.Command(os.Args[0], "-test.run=^TestProcess_DiesWithParent$")
	parent.Env = append(os.Environ(), "NGINX_TEST_PARENT=1", "TMPDIR="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	address := ""
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "address %s", &address)
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("nginx of the child process at %q: %v", address, err)
	}
	c.Close()
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for deadline := time.Now().Add(5 * time.Second); ; {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		c.Close()
		if time.Now().After(deadline) {
			t.Fatal("nginx outlived its parent")
		}
	}
}
