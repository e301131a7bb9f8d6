package kindtest

import (
	"bufio"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/testenv"
)

// Moto starts a moto_server on a free port of the loopback interface, and ends
// it with the test. It returns the endpoint. Without the program the test is
// skipped, see testenv.Judge.
//
// Moto judges the shape of what is sent, not the behaviour: nothing is ever
// pending there, and most refusals and all client tokens are missing.
func Moto(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testenv.Judge(t, "moto_server"), "-H", "127.0.0.1", "-p", "0")
	// The policies that AWS manages are there only on request.
	cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true")
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
			return recorded(t, found[1])
		}
		seen += lines.Text() + "\n"
	}
	t.Fatalf("moto_server ended before it was ready:\n%s", seen)
	return ""
}

// recorded is an endpoint that hands on to another. It is the other itself, but
// where the environment wants a recording.
func recorded(t *testing.T, endpoint string) string {
	t.Helper()
	if os.Getenv(recording.Variable) == "" {
		return endpoint
	}
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.RecordedRequests(t, httputil.NewSingleHostReverseProxy(target)))
	t.Cleanup(server.Close)
	return server.URL
}
