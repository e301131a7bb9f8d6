package awsapi

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// Ledger counts the API calls that were made. A retried call counts once.
type Ledger struct {
	// OnCall hears of every call when it has ended, from several goroutines at
	// once. It is set before the first call, or not at all.
	OnCall func(EndedCall)

	mu    sync.Mutex
	calls map[string]int
	total int
}

// EndedCall is a call that has ended.
type EndedCall struct {
	Operation string // such as "EC2.CreateVpc"
	Took      time.Duration
	Err       error
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

func (l *Ledger) watch(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ledger",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			operation := operationName(ctx)
			l.count(operation)
			began := time.Now()
			out, metadata, err := next.HandleInitialize(ctx, in)
			if l.OnCall != nil {
				l.OnCall(EndedCall{Operation: operation, Took: time.Since(began), Err: err})
			}
			return out, metadata, err
		}), middleware.After)
}
