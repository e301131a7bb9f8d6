package localcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// endpoint is the content of the endpoint file: where the local cloud of a directory
// is, or was. It outlives the process, so that the next one takes the same port.
type endpoint struct {
	Endpoint string    `json:"endpoint"` // URL
	PID      int       `json:"pid"`      // 0 after an orderly end
	Started  time.Time `json:"started"`
	Version  string    `json:"version,omitempty"`
}

func endpointFile(dir string) string { return filepath.Join(dir, "endpoint.json") }

// readEndpoint reads the endpoint file; the zero endpoint where there is none. A file
// that can't be read is an old one, cut short by a power cut: it says nothing.
func readEndpoint(dir string) (endpoint, error) {
	data, err := atomicfile.Read(endpointFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return endpoint{}, nil
	}
	if err != nil {
		return endpoint{}, fmt.Errorf("read where the local cloud is: %w", err)
	}
	var e endpoint
	if err := json.Unmarshal(data, &e); err != nil {
		return endpoint{}, nil //nolint:nilerr // see above: such a file says nothing
	}
	return e, nil
}

func (e endpoint) write(dir string) error {
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write where the local cloud is: %w", err)
	}
	if err := atomicfile.Write(endpointFile(dir), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write where the local cloud is: %w", err)
	}
	return nil
}

// serveLock is held by the process that serves a directory, for as long as it lives.
func serveLock(dir string) *flock.Flock { return flock.New(filepath.Join(dir, "serve.lock")) }

// lock makes this process the one that serves dir.
func lock(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the local cloud's directory: %w", err)
	}
	l := serveLock(dir)
	locked, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the local cloud's directory %s: %w", dir, err)
	}
	if locked {
		return l, nil
	}
	first, err := readEndpoint(dir)
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
		return fmt.Sprintf("a local cloud is starting in %s at this moment; use that one, or set %s to another directory", e.Directory, HomeVariable)
	}
	return fmt.Sprintf("a local cloud runs in %s already: process %d at %s; use that one, stop it with `platformctl local stop`, or set %s to another directory",
		e.Directory, e.PID, e.Endpoint, HomeVariable)
}
