package faults

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Injector injects the faults into calls. Make it with [NewInjector].
type Injector struct {
	// OnDecision, when set, is told of each request of a call that policies have decided. It is set before the first.
	OnDecision func(policy.Request, policy.Verdict)

	now      func() time.Time
	services []service.Service
	world    *world.World

	mu       sync.Mutex
	config   Config
	policies []policy.Policy // nil: all callers may do everything
	calls    map[string]int  // by service and operation
	hits     []ruleState     // as config.Rules
	buckets  buckets
}

// ruleState is how often a rule's operations were called, and how often it hit.
type ruleState struct{ calls, hits int }

// NewInjector makes an injector that injects nothing yet into calls of the services. What calls are about is looked
// up in the world.
func NewInjector(now func() time.Time, services []service.Service, w *world.World) *Injector {
	i := &Injector{now: now, services: services, world: w}
	i.Set(Config{})
	return i
}

// Set replaces the faults. All counts begin at 0, and token buckets are full.
func (i *Injector) Set(c Config) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.config, i.calls, i.hits, i.buckets = c, map[string]int{}, make([]ruleState, len(c.Rules)), buckets{}
}

// Config is what Set was given last.
func (i *Injector) Config() Config {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.config
}

// Intercept is a [wire.Interceptor].
func (i *Injector) Intercept(c *wire.Call, next func() wire.Reply, refused func(*wire.Error) wire.Reply) wire.Reply {
	way := time.Duration(i.Config().RoundTrip) / 2
	travel(c.Context(), way)
	defer travel(c.Context(), way)
	permissions, err := i.permissions(c)
	if err != nil {
		return refused(refuse.Internal(err))
	}
	fault, refusal := i.judge(c, permissions)
	var reply wire.Reply
	switch {
	case refusal != nil:
		reply = refused(refusal)
	case fault == Reset:
		reply.Reset = true
	case fault == LostReply:
		reply = next()
		reply.Drop = true
	default:
		return next()
	}
	reply.Fault = string(fault)
	return reply
}

// travel takes the time of a way, or less where the caller hangs up: what it asked for
// arrives all the same.
func travel(ctx context.Context, way time.Duration) {
	if way <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(way):
	}
}

// judge says what becomes of a call: which fault hits it, and with what refusal if it is
// refused. No fault is "".
func (i *Injector) judge(c *wire.Call, permissions []service.Permission) (Fault, *wire.Error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls[c.Service+":"+c.Operation]++
	n := i.calls[c.Service+":"+c.Operation]
	s, known := service.Find(i.services, c.Service)
	if !known {
		return "", nil // and the call is refused for that
	}
	hit := func(f Fault, rate float64) bool {
		_, ruled := i.rule(f, c, n)
		return ruled || rate > 0 && i.chance(string(f), c, n) < rate
	}
	config := &i.config
	switch {
	case hit(Reset, config.ResetRate):
		return Reset, nil
	case hit(Throttle, config.ThrottleRate), config.Throttle && !i.buckets.take(i.now(), c, drawsOf(s, c)):
		return Throttle, s.Refusals.Throttled()
	case hit(Denied, 0):
		return Denied, denied(s, c, service.Permission{Service: c.Service, Action: c.Operation, Resource: "*"}, policy.Verdict{
			Decision: policy.ExplicitDeny, Matched: []policy.Match{{Policy: faultsPolicy, Sid: faultsPolicy, Effect: "Deny"}}})
	}
	if fault, refusal := i.lacks(s, c, permissions); refusal != nil {
		return fault, refusal
	}
	if hit(ErrorFive, config.ErrorRate) {
		return ErrorFive, serverError(s, n)
	}
	if r, ok := i.rule(Refuse, c, n); ok {
		return Refuse, r.refusal()
	}
	if hit(LostReply, config.LostReplyRate) {
		return LostReply, nil
	}
	return "", nil
}

// rule counts the n-th call of an operation with all rules of a fault that mean it, and
// returns the first of those that hits it.
func (i *Injector) rule(f Fault, c *wire.Call, n int) (hit Rule, ok bool) {
	for at, r := range i.config.Rules {
		if r.Fault != f || !matchesAny(r.Operations, c.Service, c.Operation) {
			continue
		}
		state := &i.hits[at]
		state.calls++
		if ok || !r.reaches(*state) || r.Rate > 0 && i.chance(fmt.Sprint("rule ", at), c, n) >= r.Rate {
			continue
		}
		state.hits++
		hit, ok = r, true
	}
	return hit, ok
}

// reaches reports whether the rule may hit its latest call.
func (r Rule) reaches(state ruleState) bool {
	times := r.Times
	if times == 0 && r.Nth > 0 {
		times = 1
	}
	return state.calls >= r.Nth && (times == 0 || state.hits < times)
}

// chance draws a number from 0 up to 1 that depends on the seed, what it is drawn for,
// and the number of the call among those of its operation, and on nothing else.
func (i *Injector) chance(what string, c *wire.Call, n int) float64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s:%s/%d", i.config.Seed, what, c.Service, c.Operation, n))
	return float64(binary.BigEndian.Uint64(sum[:])>>11) / (1 << 53) // 53 bits, all that a float64 holds
}
