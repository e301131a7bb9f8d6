package daemon

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// Use says that this process uses the local cloud of a home and keeps StopIfEmpty of
// other processes from stopping it, until release is called or the process ends,
// however suddenly. A command calls it before Ensure, so that the local cloud that it
// found is still there when it makes its first object.
func Use(ctx context.Context, home string) (release func() error, err error) {
	dir := endpoint.Directory(home)
	if err := endpoint.Make(dir); err != nil {
		return nil, fmt.Errorf("use the local cloud in %s (%s names another directory): %w", dir, endpoint.HomeVariable, err)
	}
	l := usersLock(dir)
	if _, err := l.TryRLockContext(ctx, lookEvery); err != nil {
		return nil, fmt.Errorf("use the local cloud in %s: wait for another process that stops it: %w", dir, err)
	}
	return l.Close, nil
}

// usersLock is shared by all processes that use the local cloud of a directory, and
// held by one alone while that one stops it because it is empty.
func usersLock(dir string) *flock.Flock { return flock.New(filepath.Join(dir, "users.lock")) }
