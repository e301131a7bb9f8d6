package localcloud_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/testenv"
)

// breakVariable makes the background process of a test end at once.
const breakVariable = "LOCALCLOUD_TEST_BREAK"

// TestMain lets this very program be the background process that Ensure starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && slices.Equal(os.Args[1:3], []string{"local", "serve"}) {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testenv.Waiting("8")
	goleak.VerifyTestMain(m)
}

func serve() error {
	if os.Getenv(breakVariable) != "" {
		return fmt.Errorf("the test wants it to break")
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	home, err := localcloud.Home(os.Getenv)
	if err != nil {
		return err
	}
	server, err := localcloud.New(localcloud.Options{Dir: localcloud.Directory(home), Latency: os.Args[4], Version: "test", Log: os.Stderr, Record: os.Getenv(recording.Variable)})
	if err != nil {
		return err
	}
	return server.Serve(ctx)
}
