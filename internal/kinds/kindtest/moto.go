package kindtest

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
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
			return inFrontOf(t, found[1])
		}
		seen += lines.Text() + "\n"
	}
	t.Fatalf("moto_server ended before it was ready:\n%s", seen)
	return ""
}

// inFrontOf is an endpoint that hands on to moto, and is recorded where the environment wants a recording. It gives the
// root volume of a new instance the size that moto asks for. AWS takes the image's own where none is given, as in its
// guide's mapping.json
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-root-volume-delete-on-termination.html).
func inFrontOf(t *testing.T, endpoint string) string {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	sized := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		const device, size = "&BlockDeviceMapping.1.Ebs.", "&BlockDeviceMapping.1.Ebs.VolumeSize="
		if text := string(body); strings.Contains(text, device) && !strings.Contains(text, size) {
			body = append(body, size+"8"...)
			r.ContentLength = int64(len(body))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	})
	server := httptest.NewServer(localcloudtest.RecordedRequests(t, sized))
	t.Cleanup(server.Close)
	return server.URL
}
