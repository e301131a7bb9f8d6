package awsapi

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Pager is what every paginator of the SDK can do: P is its page, O the options of its service.
type Pager[P, O any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, options ...func(*O)) (P, error)
}

// Collect reads all pages and returns the items of all of them.
func Collect[P, O, T any](ctx context.Context, pages Pager[P, O], items func(P) []T) ([]T, error) {
	var all []T
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, items(page)...)
	}
	return all, nil
}

// eachAtOnce is how many calls for single objects run at the same time.
const eachAtOnce = 8

// Each reads something of every ID at the same time, and leaves out what is gone.
func Each[T any](ctx context.Context, ids []string, read func(context.Context, string) (T, error)) (map[string]T, error) {
	var mu sync.Mutex
	all := map[string]T{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(eachAtOnce)
	for _, id := range ids {
		group.Go(func() error {
			value, err := read(ctx, id)
			switch {
			case IsNotFound(err):
				return nil
			case err != nil:
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			all[id] = value
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return all, nil
}
