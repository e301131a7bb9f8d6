package server

import (
	"fmt"

	"github.com/gofrs/flock"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// lock makes this process the one that serves dir.
func lock(dir string) (*flock.Flock, error) {
	if err := endpoint.Make(dir); err != nil {
		return nil, fmt.Errorf("make the local cloud's directory: %w", err)
	}
	l := endpoint.ServeLock(dir)
	locked, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the local cloud's directory %s: %w", dir, err)
	}
	if locked {
		return l, nil
	}
	first, err := endpoint.Read(dir)
	if err != nil {
		return nil, err
	}
	return nil, &AlreadyServedError{Directory: dir, Endpoint: first.Endpoint, PID: first.PID}
}

// AlreadyServedError is returned by New when another process serves the directory.
type AlreadyServedError struct {
	Directory string
	Endpoint  string // URL; empty when that process is only just starting
	PID       int
}

// Error implements error.
func (e *AlreadyServedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("a local cloud is starting in %s at this moment; use that one, or set %s to another directory", e.Directory, endpoint.HomeVariable)
	}
	return fmt.Sprintf("a local cloud runs in %s already: process %d at %s; use that one, stop it with `platformctl local stop`, or set %s to another directory",
		e.Directory, e.PID, e.Endpoint, endpoint.HomeVariable)
}
