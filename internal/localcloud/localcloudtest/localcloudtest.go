// Package localcloudtest gives a test a local cloud of its own. Only tests belong to
// its callers; how a local cloud works is the business of package localcloud.
package localcloudtest

import (
	"context"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Cloud is a local cloud that lives as long as its test.
type Cloud struct {
	*localcloud.Server
	Endpoint string // URL
	World    *world.World
}

// Start starts a local cloud in memory, fast, on a free loopback port, with the
// built-in web server in its instances. The options change that. It is closed at the
// end of the test.
func Start(t testing.TB, options ...func(*localcloud.Options)) *Cloud {
	t.Helper()
	var o localcloud.Options
	for _, change := range options {
		change(&o)
	}
	server, err := localcloud.New(o)
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
