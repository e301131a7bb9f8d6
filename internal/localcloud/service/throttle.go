package service

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Rate is the size of a token bucket and how many tokens a second come back.
type Rate struct{ Capacity, Refill float64 }

// Draw is what a call takes out of a bucket.
type Draw struct {
	Bucket string // its name within the service and the region
	Rate   Rate
	Tokens float64
}

// Reads reports whether an operation of that name changes nothing.
func Reads(operation string) bool {
	for _, verb := range []string{"Describe", "List", "Search", "Get"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// PerOperation is a bucket for each operation, with EC2's usual numbers.
func PerOperation(c *wire.Call) []Draw {
	if Reads(c.Operation) {
		return []Draw{{c.Operation, Rate{100, 20}, 1}}
	}
	return []Draw{{c.Operation, Rate{50, 5}, 1}}
}

// Shared is one bucket for all operations, or all of one name.
func Shared(bucket string, capacity, refill float64) []Draw {
	return []Draw{{bucket, Rate{capacity, refill}, 1}}
}
