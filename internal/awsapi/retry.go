package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
)

// How long one call is tried again. The budget is time and not a number of
// attempts: a fault of AWS lasts for a while, however often it is asked. It
// begins afresh with each call.
const (
	patience = 2 * time.Minute
	// firstPatience is for an endpoint that has answered nothing yet: then
	// nobody is there, more likely than that it will be back.
	firstPatience = 5 * time.Second
	// The pauses: at random between nothing and a bound that doubles, so that
	// calls that failed together don't come back together.
	firstPause         = 100 * time.Millisecond
	firstThrottlePause = 400 * time.Millisecond
	mostPause          = 5 * time.Second
	// mostRetryAfter bounds what an answer may ask for itself.
	mostRetryAfter = 30 * time.Second
)

// retryer decides which attempts are repeated, and when.
type retryer struct {
	*retry.Standard
	// answered says that the endpoint has answered at least once.
	answered atomic.Bool
	// waiting hears now and then of calls that are tried again; may be nil.
	waiting func(string)
	mu      sync.Mutex
	told    time.Time
}

func newRetryer(waiting func(string)) *retryer {
	return &retryer{waiting: waiting, Standard: retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(lasting)}, o.Retryables...)
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(cutShort))
	})}
}

// lasting says no to errors that AWS or the SDK give the form of a transient one
// though they last: missing capacity comes as a server error, and a certificate
// that is not trusted as a broken connection.
func lasting(err error) aws.Ternary {
	var refused *ProxyError
	var other *ForeignError
	if IsCapacity(err) || isCertificate(err) || isCredentials(err) || isScheme(err) || errors.As(err, &refused) || errors.As(err, &other) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// cutShort says yes to a reply that broke off in its middle.
func cutShort(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// IsErrorRetryable implements aws.Retryer. A name that is not found is final
// only where the endpoint was never reached: later, it is the network.
func (r *retryer) IsErrorRetryable(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return r.answered.Load() || dns.IsTimeout
	}
	return r.Standard.IsErrorRetryable(err)
}

// MaxAttempts implements aws.Retryer: there is no such bound.
func (*retryer) MaxAttempts() int { return 0 }

// GetRetryToken implements aws.Retryer: it ends the attempts when the call's
// time is over.
func (r *retryer) GetRetryToken(ctx context.Context, failure error) (func(error) error, error) {
	began, ok := ctx.Value(beganKey{}).(time.Time)
	if !ok {
		began = time.Now() // not one of our clients
	}
	limit, ok := ctx.Value(patienceKey{}).(time.Duration)
	if !ok {
		limit = patience
	}
	if !r.answered.Load() && isDialError(failure) {
		limit = min(limit, firstPatience)
	}
	if took := time.Since(began); took >= limit {
		return nil, &GaveUp{After: took}
	} else if took >= quietFor {
		r.tell(ctx, failure, limit)
	}
	return func(error) error { return nil }, nil
}

// How long a call is tried again before anybody is told, and how often all calls
// together tell of it.
const (
	quietFor  = 5 * time.Second
	tellEvery = 15 * time.Second
)

// tell says what is tried again.
func (r *retryer) tell(ctx context.Context, failure error, limit time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting == nil || time.Since(r.told) < tellEvery {
		return
	}
	r.told = time.Now()
	r.waiting(fmt.Sprintf("%s fails, and is tried again for %s at most: %s", middleware.GetOperationName(ctx), limit, Text(failure)))
}

// RetryDelay implements aws.Retryer.
func (*retryer) RetryDelay(attempt int, failure error) (time.Duration, error) {
	bound := firstPause
	if isThrottle(failure) {
		bound = firstThrottlePause
	}
	for ; attempt > 1 && bound < mostPause; attempt-- {
		bound *= 2
	}
	return max(rand.N(min(bound, mostPause)), retryAfter(failure)), nil
}

// retryAfter is how long the answer asks to wait, by HTTP's own header (in
// seconds) or that of AWS (in milliseconds); 0 where it doesn't say.
func retryAfter(err error) time.Duration {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPResponse() == nil {
		return 0
	}
	header := response.HTTPResponse().Header
	for name, unit := range map[string]time.Duration{"Retry-After": time.Second, "X-Amz-Retry-After": time.Millisecond} {
		if n, err := strconv.Atoi(header.Get(name)); err == nil && n > 0 {
			return min(time.Duration(n)*unit, mostRetryAfter)
		}
	}
	return 0
}

// GaveUp says that a call was tried again until its time was over. It comes
// joined with what failed at last.
type GaveUp struct{ After time.Duration }

// Error says how long it was tried.
func (e *GaveUp) Error() string {
	return fmt.Sprintf("it was tried for %s", e.After.Round(100*time.Millisecond))
}

// IsGivenUp reports that the call was tried again until its time was over.
func IsGivenUp(err error) bool {
	var gaveUp *GaveUp
	return errors.As(err, &gaveUp)
}

type (
	beganKey    struct{}
	patienceKey struct{}
)

// WithPatience bounds how long each call made with the context is tried again,
// for questions that may stay unanswered. Zero: one attempt.
func WithPatience(ctx context.Context, limit time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, limit)
}

// watch tells each call when it began, and notes the first answer.
func (r *retryer) watch(stack *middleware.Stack) error {
	begin := middleware.InitializeMiddlewareFunc("patience", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		middleware.InitializeOutput, middleware.Metadata, error,
	) {
		return next.HandleInitialize(context.WithValue(ctx, beganKey{}, time.Now()), in)
	})
	answer := middleware.DeserializeMiddlewareFunc("answered", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		middleware.DeserializeOutput, middleware.Metadata, error,
	) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if out.RawResponse != nil && err == nil {
			r.answered.Store(true)
		}
		return out, metadata, err
	})
	return errors.Join(
		stack.Initialize.Add(begin, middleware.After),
		stack.Deserialize.Add(answer, middleware.After),
	)
}

// WithoutToken is for a create call that has no client token: it is repeated
// only where AWS certainly did nothing. What else may follow, the engine knows.
func WithoutToken(o *ec2.Options) {
	if whole, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = notAmbiguous{whole}
	}
}

// notAmbiguous retries nothing whose outcome is not known.
type notAmbiguous struct{ aws.RetryerV2 }

// IsErrorRetryable implements aws.Retryer.
func (r notAmbiguous) IsErrorRetryable(err error) bool {
	return !IsAmbiguous(err) && r.RetryerV2.IsErrorRetryable(err)
}
