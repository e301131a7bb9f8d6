// Package localcloudtest gives a test a local cloud of its own. Only tests belong to
// its callers; how a local cloud works is the business of package server.
package localcloudtest

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Cloud is a local cloud that lives as long as its test.
type Cloud struct {
	*server.Server
	Endpoint string // URL
	World    *world.World
}

// Start starts a local cloud in memory, fast, also in what traffic meets, on a free
// loopback port, with the built-in web server in its instances. The options change that. It is closed at the
// end of the test.
func Start(t testing.TB, options ...func(*server.Options)) *Cloud {
	t.Helper()
	o := server.Options{Hurried: true, Record: os.Getenv(recording.Variable)}
	for _, change := range options {
		change(&o)
	}
	server, err := server.New(o)
	if err != nil {
		t.Fatalf("start a local cloud: %v", err)
	}
	ended := make(chan error, 1)
	// Not the test's own context: that ends before the test's other cleanups, which may
	// still want to take down what the test made.
	go func() { ended <- server.Serve(context.Background()) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-ended; err != nil {
			t.Errorf("end the local cloud: %v", err)
		}
	})
	return &Cloud{Server: server, Endpoint: server.Endpoint(), World: server.World()}
}

// Recorded is a handler whose exchanges are recorded where the environment wants it, as
// those of Start are. It is for tests that serve a part of the local cloud.
func Recorded(t testing.TB, handler http.Handler) http.Handler {
	t.Helper()
	if recorder := openRecorder(t); recorder != nil {
		return recorder.Handler(handler)
	}
	return handler
}

// RecordedRequests is the same without the replies. It is for handlers that aren't the
// local cloud's.
func RecordedRequests(t testing.TB, handler http.Handler) http.Handler {
	t.Helper()
	if recorder := openRecorder(t); recorder != nil {
		return recorder.Requests(handler)
	}
	return handler
}

func openRecorder(t testing.TB) *recording.Recorder {
	t.Helper()
	dir := os.Getenv(recording.Variable)
	if dir == "" {
		return nil
	}
	recorder, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := recorder.Close(); err != nil {
			t.Error(err)
		}
	})
	return recorder
}
