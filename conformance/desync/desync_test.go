//go:build judges

package desync

import (
	"bufio"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/desync"
)

// TestClassify_TierAndReasonOfEachCase holds the classifier alone against the suite.
func TestClassify_TierAndReasonOfEachCase(t *testing.T) {
	counts := map[string]int{}
	for _, c := range loadSuite(t) {
		counts[c.Expected.Tier]++
		v := desync.Classify(c.message())
		if got, want := v.Tier.String()+" "+v.Reason, c.Expected.Tier+" "+c.Expected.Reason; got != want {
			t.Errorf("%s: %s, want %s", c.key, got, want)
		}
	}
	t.Logf("cases by tier: %v", counts)
}

// outcome is what becomes of a request.
type outcome struct {
	status   int
	closed   bool // the client's connection
	requests int  // that reached the target
	reused   bool // the target's connection was kept for the next request
}

// wanted is the outcome by the tier of the suite. A client of HTTP/1.0 and before loses its connection in any case.
func (c *request) wanted(mode string) outcome {
	old := c.Version == "" || strings.HasPrefix(c.Version, "HTTP/1.0") || strings.HasPrefix(c.Version, "HTTP/0")
	switch tier := c.Expected.Tier; {
	case mode == "strictest" && tier != "Compliant", mode == "defensive" && tier == "Severe":
		return outcome{status: 400, closed: true}
	case mode == "defensive" && tier == "Ambiguous":
		return outcome{status: 200, closed: true, requests: 1}
	}
	return outcome{status: 200, closed: old, requests: 1, reused: true}
}

// TestProxy_OutcomeOfEachCaseInEachMode runs the suite through the load balancer.
func TestProxy_OutcomeOfEachCaseInEachMode(t *testing.T) {
	cases, differing, used := loadSuite(t), declared(), map[string]bool{}
	for _, mode := range []string{"monitor", "defensive", "strictest"} {
		t.Run(mode, func(t *testing.T) {
			counts := map[string]int{}
			for _, c := range cases {
				got, want := try(t, mode, &c), c.wanted(mode)
				d := differing[c.key]
				if declared, ok := d.modes[mode]; ok {
					used[c.key] = true
					want = declared
				}
				switch {
				case got != want:
					t.Errorf("%s (%s %s): %+v, want %+v", c.key, c.Expected.Tier, c.Expected.Reason, got, want)
				case got == c.wanted(mode):
					counts["as specified"]++
				default:
					counts["declared: "+d.why]++
				}
			}
			t.Logf("%d cases", len(cases))
			for _, what := range slices.Sorted(maps.Keys(counts)) {
				t.Logf("%3d %s", counts[what], what)
			}
		})
	}
	for _, key := range slices.Sorted(maps.Keys(differing)) {
		if !used[key] {
			t.Errorf("%s is declared, and no case", key)
		}
	}
}

// try sends the case on a connection of its own, then another request on the same one, and a third over another node with
// the same connections to the target.
func try(t *testing.T, mode string, c *request) (o outcome) {
	t.Helper()
	target := newTarget(t)
	defer target.close()
	first := newNode(t, mode, target)
	conn, r := first.dial(t)
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = conn.Write(c.bytes()) // a request that is refused isn't read to its end
	}()
	status, err := answer(r, c.Method)
	if err != nil {
		t.Errorf("%s: %v", c.key, err)
	}
	o.status, o.requests = status, target.served()
	_, _ = io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: shop.example\r\n\r\n")
	next, err := answer(r, "GET")
	if o.closed = err != nil; !o.closed && next != 200 {
		t.Errorf("%s: the next request got %d", c.key, next)
	}
	conn.Close()
	<-written
	first.close() // what becomes of the connection to the target is decided now
	if o.requests == 0 {
		return o
	}
	second := newNode(t, mode, target)
	defer second.close()
	conn, r = second.dial(t)
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: shop.example\r\n\r\n")
	if status, err := answer(r, "GET"); err != nil || status != 200 {
		t.Errorf("%s: the next request over another node got %d, %v", c.key, status, err)
	}
	o.reused = target.connections() == 1
	return o
}

// answer reads one answer.
func answer(r *bufio.Reader, method string) (status int, err error) {
	response, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}
