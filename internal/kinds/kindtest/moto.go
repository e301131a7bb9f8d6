package kindtest

import (
	"bufio"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/testenv"
)

// Moto starts a moto_server on a free port of the loopback interface, by the command that README names, and ends it with the
// test. It returns the endpoint. Without the program the test is skipped, see testenv.Judge.
//
// Moto judges the shape of what is sent, not the behaviour: nothing is ever
// pending there, and most refusals and all client tokens are missing.
func Moto(t *testing.T) string {
	t.Helper()
	testenv.Judge(t, "moto_server")
	root, command := readmeMoto(t)
	args := strings.Fields(strings.Replace(command, "-p 5000", "-p 0", 1))
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = root
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start moto_server: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // it was killed, so it ends with an error
	})
	running := regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)
	seen := ""
	for lines := bufio.NewScanner(logs); lines.Scan(); {
		if found := running.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, logs) }() // or it would block on a full pipe
			return inFrontOf(t, found[1])
		}
		seen += lines.Text() + "\n"
	}
	t.Fatalf("moto_server ended before it was ready:\n%s", seen)
	return ""
}

// readmeMoto is the repository's root, and the command of its README that starts a moto_server.
func readmeMoto(t *testing.T) (root, command string) {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			t.Fatal("the tests don't run in the repository")
		}
		root = filepath.Dir(root)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^ *python3 \S*moto\S* -p 5000$`).Find(readme)
	if found == nil {
		t.Fatal("README doesn't say how to start moto")
	}
	return root, string(found)
}

// inFrontOf is an endpoint that hands on to moto, and is recorded where the environment wants a recording.
func inFrontOf(t *testing.T, endpoint string) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.RecordedRequests(t, httputil.NewSingleHostReverseProxy(target)))
	t.Cleanup(server.Close)
	return server.URL
}
