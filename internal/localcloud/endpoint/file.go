package endpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/platformctl/platformctl/internal/atomicfile"
)

// File is the content of the endpoint file: where the local cloud of a directory is, or
// was. It outlives the process, so that the next one takes the same port.
type File struct {
	Endpoint string    `json:"endpoint"` // URL
	PID      int       `json:"pid"`      // 0 after an orderly end
	Started  time.Time `json:"started"`
	Version  string    `json:"version,omitempty"`
	// Secret opens the routes beside AWS's API, and all else of a local cloud that is exposed. Each start makes a new
	// one: a client that asks a dead one's port tells it to another process that has taken that.
	Secret  string `json:"secret,omitempty"`
	Exposed bool   `json:"exposed,omitempty"` // other machines may reach it
	DNS     string `json:"dns,omitempty"`     // HOST:PORT of the DNS server, for the next one too
}

// AccessKey is the access key ID of calls of the local cloud.
func (f File) AccessKey() string {
	if f.Exposed {
		return f.Secret
	}
	return "local" // any does
}

// Authorize lets a request of the routes beside AWS's API pass.
func (f File) Authorize(r *http.Request) {
	if f.Secret != "" {
		r.Header.Set("Authorization", "Bearer "+f.Secret)
	}
}

func path(dir string) string { return filepath.Join(dir, "endpoint.json") }

// Read reads the endpoint file; the zero File where there is none. A file that can't be
// read is an old one, cut short by a power cut: it says nothing.
func Read(dir string) (File, error) {
	data, err := atomicfile.Read(path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return File{}, nil
	}
	if err != nil {
		return File{}, fmt.Errorf("read where the local cloud is: %w", err)
	}
	var f File
	if err := json.Unmarshal(data, &f); err != nil {
		return File{}, nil //nolint:nilerr // see above: such a file says nothing
	}
	return f, nil
}

// Write replaces the endpoint file of a directory.
func (f File) Write(dir string) error {
	data, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = atomicfile.Write(path(dir), append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("write where the local cloud is: %w", err)
	}
	return nil
}

// ServeLock is held by the process that serves a directory, for as long as it lives.
func ServeLock(dir string) *flock.Flock { return flock.New(filepath.Join(dir, "serve.lock")) }
