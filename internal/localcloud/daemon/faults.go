package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// SetFaults replaces the faults of the local cloud that runs in a home by those that
// the text, YAML or JSON, asks for. It returns those that hold then.
func SetFaults(ctx context.Context, home string, text []byte) (faults.Config, error) {
	return overFaults(ctx, home, http.MethodPut, text)
}

// GetFaults asks the local cloud that runs in a home for its faults.
func GetFaults(ctx context.Context, home string) (faults.Config, error) {
	return overFaults(ctx, home, http.MethodGet, nil)
}

func overFaults(ctx context.Context, home, method string, text []byte) (c faults.Config, err error) {
	status, ok := Running(ctx, home)
	if !ok {
		return c, ErrNotRunning
	}
	if err := ask(ctx, home, method, status.Endpoint+endpoint.RouteFaults, bytes.NewReader(text), &c); err != nil {
		return c, fmt.Errorf("faults of the local cloud in %s: %w", home, err)
	}
	return c, nil
}

// ErrNotRunning is returned where a local cloud must run and none does.
var ErrNotRunning = errors.New("the local cloud is not running; `platformctl up` or `platformctl local serve` starts it")
