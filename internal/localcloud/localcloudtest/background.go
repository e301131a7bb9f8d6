package localcloudtest

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// BreakVariable names the environment variable that makes the background process of a
// test end at once.
const BreakVariable = "LOCALCLOUD_TEST_BREAK"

// ServeInBackground lets a test program be the background process that [Ensure] starts:
// started as one, it serves and doesn't return. A TestMain calls it first.
func ServeInBackground() {
	if len(os.Args) < 5 || !slices.Equal(os.Args[1:3], []string{"local", "serve"}) {
		return
	}
	if err := serve(os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(latency string) error {
	if os.Getenv(BreakVariable) != "" {
		return fmt.Errorf("the test wants it to break")
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	home, err := endpoint.Home(os.Getenv)
	if err != nil {
		return err
	}
	s, err := server.New(server.Options{Dir: endpoint.Directory(home), Latency: latency, Hurried: true, Version: "test", Log: os.Stderr, Record: os.Getenv(recording.Variable)})
	if err != nil {
		return err
	}
	return s.Serve(ctx)
}

// Ensure starts this test program as a local cloud in the background over a home. It ends
// with the test.
func Ensure(t testing.TB, home string) endpoint.Status {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	status, err := daemon.Ensure(t.Context(), home, exe, "fast", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// When the test's own stop failed, this is the last means; by its number alone.
		if p, err := os.FindProcess(status.PID); err == nil {
			_ = p.Kill()
		}
	})
	return status
}

// Kill ends the process as suddenly as can be, and returns when it is gone.
func Kill(t testing.TB, status endpoint.Status) {
	t.Helper()
	p, err := os.FindProcess(status.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for { // its parent, this process, reaps it in the background
		if err := p.Signal(syscall.Signal(0)); err != nil {
			return
		}
	}
}
