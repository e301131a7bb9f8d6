package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
)

// Measured is what a load balancer's metrics of some time are made of.
type Measured struct {
	// Requests are those that a target was chosen for.
	Requests int64
	// ByTarget and Own are answers by the first digit of their status code: those of targets, and those made here.
	ByTarget, Own [6]int64
	// Codes are the load balancer's own 500, 502, 503 and 504.
	Codes map[int]int64
	// Unconnected are connections to targets that weren't made, Connected those that were, and those of clients.
	Unconnected, Connected int64
	// Unagreed are clients' connections that ended with an error of TLS before a request.
	Unagreed int64
	// Fixed and Redirected are answers of rules' actions.
	Fixed, Redirected int64
	// Bytes are those that passed between the node and clients, of heads and bodies; of HTTP/2 the heads as HTTP/1.1 would have them.
	Bytes int64
	// Times are how long targets took to begin their answers, in seconds.
	Times metrics.Point
}

// Meter measures until what it measured is taken. The zero value is ready; a nil Meter measures nothing.
type Meter struct {
	meterLock sync.Mutex
	measured  Measured
	bytes     atomic.Int64
}

// Take returns what was measured since the last time.
func (m *Meter) Take() Measured {
	m.meterLock.Lock()
	defer m.meterLock.Unlock()
	taken := m.measured
	m.measured = Measured{}
	taken.Bytes = m.bytes.Swap(0)
	return taken
}

func (m *Meter) note(f func(*Measured)) {
	if m == nil {
		return
	}
	m.meterLock.Lock()
	defer m.meterLock.Unlock()
	f(&m.measured)
}

// request notes a request that a target was chosen for, and didn't answer.
func (m *Meter) request() { m.note(func(d *Measured) { d.Requests++ }) }

func (m *Meter) connected() { m.note(func(d *Measured) { d.Connected++ }) }

func (m *Meter) unagreed() { m.note(func(d *Measured) { d.Unagreed++ }) }

func (m *Meter) fixed() { m.note(func(d *Measured) { d.Fixed++ }) }

func (m *Meter) redirected() { m.note(func(d *Measured) { d.Redirected++ }) }

func (m *Meter) unconnected() { m.note(func(d *Measured) { d.Unconnected++ }) }

// target notes a target's answer.
func (m *Meter) target(code int, took time.Duration) {
	m.note(func(d *Measured) {
		d.Requests++
		if class := code / 100; class < len(d.ByTarget) {
			d.ByTarget[class]++
		}
		d.Times.Observe(took.Seconds())
	})
}

// own notes an answer that no target made.
func (m *Meter) own(code int) {
	m.note(func(d *Measured) {
		if class := code / 100; class < len(d.Own) {
			d.Own[class]++
		}
		switch code {
		case 500, 502, 503, 504:
			if d.Codes == nil {
				d.Codes = map[int]int64{}
			}
			d.Codes[code]++
		}
	})
}
