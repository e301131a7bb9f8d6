package awsapi

import (
	"context"
	"maps"
	"sync"

	"github.com/aws/smithy-go/middleware"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// Ledger counts the API calls that were made. A retried call counts once.
type Ledger struct {
	mu    sync.Mutex
	calls map[string]int
	total int
}

// Calls is the number of calls so far.
func (l *Ledger) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// ByOperation is the number of calls of each operation, such as "EC2.CreateVpc".
func (l *Ledger) ByOperation() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.calls)
}

func (l *Ledger) count(operation string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		l.calls = map[string]int{}
	}
	l.calls[operation]++
	l.total++
}

func (l *Ledger) apiOptions() []func(*middleware.Stack) error {
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ledger",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
				middleware.InitializeOutput, middleware.Metadata, error,
			) {
				l.count(awsmiddleware.GetServiceID(ctx) + "." + awsmiddleware.GetOperationName(ctx))
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	}}
}
