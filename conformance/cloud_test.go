//go:build judges

package conformance_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// cloud is a local cloud that records what is said to it.
type cloud struct {
	*localcloudtest.Cloud
	recording string // directory
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{recording: t.TempDir()}
	c.Cloud = localcloudtest.Start(t, func(o *server.Options) { o.Record = c.recording })
	return c
}

// recorded are all exchanges up to now.
func (c *cloud) recorded(t *testing.T) (all []recording.Exchange) {
	t.Helper()
	programs, err := recording.Read(c.recording)
	if err != nil {
		t.Fatal(err)
	}
	for _, exchanges := range programs {
		all = append(all, exchanges...)
	}
	return all
}

// entrance is where a client on this machine reaches the listener of a load balancer.
func (c *cloud) entrance(t *testing.T, loadBalancer string) string {
	t.Helper()
	status, err := c.Status()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range status.LoadBalancers {
		if b.Name == loadBalancer && len(b.Listeners) > 0 {
			return b.Listeners[0].Address
		}
	}
	t.Fatalf("load balancer %s has no listener: %+v", loadBalancer, status.LoadBalancers)
	return ""
}

// left is what a local cloud that is asked to stop if it is empty would call in the way.
func (c *cloud) left(t *testing.T) []string {
	t.Helper()
	left, err := c.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	return left
}
