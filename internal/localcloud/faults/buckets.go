package faults

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// drawsOf says what a call takes out of which buckets. All of them must have enough.
func drawsOf(s service.Service, c *wire.Call) []service.Draw {
	if s.Throttle == nil {
		return service.PerOperation(c)
	}
	return s.Throttle(c)
}

// buckets are the token buckets that have been drawn from, by region, service and name.
type buckets map[string]*bucket

type bucket struct {
	tokens float64
	at     time.Time
}

// take takes all draws of a call or none.
func (b buckets) take(now time.Time, c *wire.Call, draws []service.Draw) bool {
	of := c.Region + "/" + c.Service + "/"
	for _, d := range draws {
		if b.filled(now, of, d).tokens < d.Tokens {
			return false
		}
	}
	for _, d := range draws {
		b[of+d.Bucket].tokens -= d.Tokens
	}
	return true
}

// filled is the bucket of a draw with what has come back since it was last used.
func (b buckets) filled(now time.Time, of string, d service.Draw) *bucket {
	have := b[of+d.Bucket]
	if have == nil {
		have = &bucket{tokens: d.Rate.Capacity, at: now}
		b[of+d.Bucket] = have
	}
	have.tokens = min(d.Rate.Capacity, have.tokens+max(0, now.Sub(have.at).Seconds())*d.Rate.Refill)
	have.at = now
	return have
}
