package proxy

import "sync/atomic"

// Counters count answers; the zero value is ready.
type Counters struct {
	requests atomic.Int64
	classes  [6]atomic.Int64 // by first digit of the status code
	codes    [4]atomic.Int64 // the load balancer's own 460, 502, 503, 504
}

// Counts is a reading of Counters.
type Counts struct {
	Requests int64 `json:"requests"`
	// Class2xx … Class5xx are answers by class, from targets or made here.
	Class2xx int64 `json:"2xx"`
	Class3xx int64 `json:"3xx"`
	Class4xx int64 `json:"4xx"`
	Class5xx int64 `json:"5xx"`
	// The load balancer's own errors.
	Code460 int64 `json:"460"`
	Code502 int64 `json:"502"`
	Code503 int64 `json:"503"`
	Code504 int64 `json:"504"`
}

// Plus adds two readings.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		c.Requests + d.Requests, c.Class2xx + d.Class2xx, c.Class3xx + d.Class3xx, c.Class4xx + d.Class4xx, c.Class5xx + d.Class5xx,
		c.Code460 + d.Code460, c.Code502 + d.Code502, c.Code503 + d.Code503, c.Code504 + d.Code504,
	}
}

func (c *Counters) answered(code int) {
	c.requests.Add(1)
	if class := code / 100; class < len(c.classes) {
		c.classes[class].Add(1)
	}
}

// failed counts an error of the load balancer's own.
func (c *Counters) failed(code int) {
	switch code {
	case 460:
		c.codes[0].Add(1)
	case 502, 503, 504:
		c.codes[code-501].Add(1)
	}
	c.answered(code)
}

// Counts reads the counters.
func (c *Counters) Counts() Counts {
	return Counts{
		Requests: c.requests.Load(),
		Class2xx: c.classes[2].Load(), Class3xx: c.classes[3].Load(), Class4xx: c.classes[4].Load(), Class5xx: c.classes[5].Load(),
		Code460: c.codes[0].Load(), Code502: c.codes[1].Load(), Code503: c.codes[2].Load(), Code504: c.codes[3].Load(),
	}
}
