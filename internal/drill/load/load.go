// Package load sends a steady stream of requests to a web platform and says of
// each what became of it, as a user would have seen it.
//
// The load is open: request number i is due i/rate seconds after the start,
// whatever became of those before it, and its latency counts from when it was
// due. A platform that stands still is therefore seen to stand still; a client
// that waits for one answer before it sends the next question would ask less
// the worse it gets (coordinated omission).
//
// What is sent and how it is classified belongs here; what is broken meanwhile,
// and what the numbers mean, doesn't.
package load

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/httpclient"
)

// Options say what is sent.
type Options struct {
	// Page is fetched with GET, over and over. Redirects aren't followed. Over TLS each new connection has a whole handshake:
	// no session is resumed.
	Page httpclient.Way
	// Rate is in requests a second, 1 to 10,000. Every other request is sent on
	// a connection of its own, the rest in turns by Visitors who keep theirs alive.
	Rate int
	// Concurrency is how many requests may be under way at once. One that comes
	// due beyond that isn't sent, and counts as Unsent. 0 is as many as come due
	// within the timeout, so that none is.
	Concurrency int
	// Timeout is how long a user waits for the whole answer.
	Timeout time.Duration
	// InstanceHeader and ZoneHeader are the headers by which an answer says who
	// gave it.
	InstanceHeader, ZoneHeader string
}

// Visitors is how many clients share the requests on kept-alive connections, in
// turns. Each has a connection of its own, and so a node of the load balancer:
// with a single one the load would see that one node's mistakes alone.
const Visitors = 8

// Sample is what became of one request.
type Sample struct {
	// Due is when it was to be sent.
	Due time.Time
	// Latency is from when it was due to the last byte, or to the failure.
	Latency time.Duration
	Class   Class
	// Instance and Zone are who answered; "" where nobody did.
	Instance, Zone string
	// Kept says that it was of those that use kept-alive connections.
	Kept bool
}

// Check says what is wrong with options.
func (o Options) Check() error {
	if o.Rate < 1 || o.Rate > 10_000 {
		return fmt.Errorf("the rate must be 1 to 10000 requests a second, not %d", o.Rate)
	}
	if o.Timeout <= 0 {
		return fmt.Errorf("the timeout must be positive, not %s", o.Timeout)
	}
	if o.Concurrency < 0 {
		return fmt.Errorf("the concurrency must not be negative, is %d", o.Concurrency)
	}
	if _, err := url.Parse(o.Page.URL); err != nil {
		return fmt.Errorf("the URL to fetch: %w", err)
	}
	return nil
}

// Run sends until ctx is done, then waits for the answers that are still out,
// at most the timeout. It hands over each sample when it is known, one at a
// time. Its error is one of the options; whatever the platform does is a sample.
func Run(ctx context.Context, o Options, each func(Sample)) error {
	if err := o.Check(); err != nil {
		return err
	}
	if o.Concurrency == 0 {
		o.Concurrency = max(int(float64(o.Rate)*o.Timeout.Seconds()*1.1)+1, 16)
	}
	fresh := newClient(o, false)
	defer fresh.CloseIdleConnections()
	visitors := make([]*http.Client, Visitors)
	for i := range visitors {
		visitors[i] = newClient(o, true)
	}
	defer func() {
		for _, visitor := range visitors {
			visitor.CloseIdleConnections()
		}
	}()

	var (
		underway sync.WaitGroup
		handing  sync.Mutex
		places   = make(chan struct{}, o.Concurrency)
		began    = time.Now()
		next     = time.NewTimer(0)
	)
	hand := func(s Sample) {
		handing.Lock()
		defer handing.Unlock()
		each(s)
	}
	defer next.Stop()
	defer underway.Wait()
	for i := 0; ; i++ {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))
		if wait := time.Until(due); wait > 0 {
			next.Reset(wait)
			select {
			case <-ctx.Done():
				return nil
			case <-next.C:
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		client, keep := fresh, i%2 == 1
		if keep {
			client = visitors[i/2%Visitors]
		}
		select {
		case places <- struct{}{}:
		default:
			hand(Sample{Due: due, Class: Unsent, Kept: keep})
			continue
		}
		underway.Go(func() {
			s := o.send(client, due)
			s.Kept = keep
			<-places
			hand(s)
		})
	}
}

// newClient is a client that shows what a user would see: nothing is sent
// twice, and no redirect is followed.
func newClient(o Options, keep bool) *http.Client {
	transport := o.Page.Transport() // by the proxy of the environment, as the user's other programs go
	transport.DisableKeepAlives = !keep
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = o.Concurrency, o.Concurrency
	transport.IdleConnTimeout = 30 * time.Second // below any load balancer's own
	transport.DisableCompression = true
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends one request and waits for its answer.
func (o Options) send(client *http.Client, due time.Time) Sample {
	s := Sample{Due: due}
	// The answers that are out when the load ends are still waited for, so its
	// context isn't theirs.
	ctx, cancel := context.WithDeadline(context.Background(), due.Add(o.Timeout))
	defer cancel()
	var connected, handshake atomic.Bool
	trace := &httptrace.ClientTrace{
		GotConn:          func(httptrace.GotConnInfo) { connected.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) { handshake.Store(err != nil) },
	}
	request, err := o.Page.Request(httptrace.WithClientTrace(ctx, trace))
	if err != nil {
		s.Class = Other
		return s
	}
	// net/http sends a GET again by itself when a kept-alive connection breaks,
	// but not one whose body it can't rewind. A user's browser may retry, too;
	// that it had to is what is measured here.
	request.Body = once{}
	response, err := client.Do(request)
	if err == nil {
		s.Instance, s.Zone = response.Header.Get(o.InstanceHeader), response.Header.Get(o.ZoneHeader)
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close() // the answer has been read
	}
	s.Latency = time.Since(due)
	if err != nil {
		s.Class = classOfError(err, connected.Load(), handshake.Load())
		return s
	}
	s.Class = classOfStatus(response.StatusCode)
	return s
}

// once is an empty body that can't be sent a second time.
type once struct{}

func (once) Read([]byte) (int, error) { return 0, io.EOF }
func (once) Close() error             { return nil }
