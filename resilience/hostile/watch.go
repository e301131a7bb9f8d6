package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// usage is what a process holds.
type usage struct {
	megabytes uint64 // resident
	files     int    // open descriptors
}

// look reads from /proc, so it is for Linux.
func look(pid int) (u usage, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	text, err := os.ReadFile(dir + "/status")
	if err != nil {
		return u, fmt.Errorf("the local cloud isn't there any more, or this isn't Linux: %w", err)
	}
	for line := range bytes.Lines(text) {
		if _, err := fmt.Sscanf(string(line), "VmRSS: %d kB", &u.megabytes); err == nil {
			u.megabytes /= 1024
		}
	}
	open, err := os.ReadDir(dir + "/fd")
	u.files = len(open)
	return u, err
}

// target is what attackers know of the local cloud and its platform.
type target struct {
	pid      int
	endpoint string // URL of the API
	listener string // HOST:PORT of the load balancer
	instance string // ID
	subnet   string // ID of one for instances
	image    string // ID
}

// target asks for what attackers must know.
func (s site) target(ctx context.Context) (t target, err error) {
	var local endpoint.Status
	if err := s.document(ctx, &local, "local", "status"); err != nil {
		return t, err
	}
	if len(local.LoadBalancers) != 1 || len(local.LoadBalancers[0].Listeners) != 1 {
		return t, fmt.Errorf("there is no single listener: %+v", local.LoadBalancers)
	}
	t = target{pid: local.PID, endpoint: local.Endpoint, listener: local.LoadBalancers[0].Listeners[0].Address}
	return t, t.findInstance(ctx)
}

func (s site) document(ctx context.Context, into any, args ...string) error {
	out, err := s.command(ctx, append(args, "-o", "json")...)
	if err != nil {
		return fmt.Errorf("platformctl %v: %w\n%s", args, err, out)
	}
	return json.Unmarshal([]byte(out), into)
}
