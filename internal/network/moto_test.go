package network

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// motoServer starts a moto_server of the test's own on a free loopback port,
// and returns its URL.
func motoServer(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(testenv.Program(t, "moto_server"), "-H", "127.0.0.1", "-p", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url := make(chan string, 1)
	go func() {
		defer close(url)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if _, found, ok := strings.Cut(lines.Text(), "Running on "); ok {
				url <- strings.TrimSpace(found)
			}
		}
	}()
	found, ok := <-url
	if !ok {
		t.Fatal("moto_server ended before it said where it listens")
	}
	return found
}

func TestConformanceOnMoto(t *testing.T) { conformance(t, motoServer(t)) }
