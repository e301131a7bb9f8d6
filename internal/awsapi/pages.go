package awsapi

import "context"

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
