package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Moment is where in a call a process is ended.
type Moment string

// The moments. They are exact as far as AWS is concerned: whether the call is carried out is certain. How far the process
// itself has come when it dies is certain but for [Replied]: the kernel has the reply, and between none and all of what
// Trap.Delay gives time for was done with it. So it takes several delays to meet it before it reads the reply, while it
// writes its state and after that.
const (
	Unsent  Moment = "unsent"  // the request never arrives
	Acted   Moment = "acted"   // the call is carried out, and no byte of the reply arrives
	Replied Moment = "replied" // the reply arrives, whole
)

// Call is an API call as the proxy sees it.
type Call struct {
	N         int    // from 1, in the order of arrival since the last Set
	Service   string // as in the signature, such as "ec2"
	Operation string // such as "CreateVpc"
}

// Trap ends a process at one of its calls.
type Trap struct {
	// At is the number of the call: of all, or of those of Operation.
	At int
	// Operation, such as "CreateVpc", makes the trap count those calls alone.
	Operation string
	Moment    Moment
	// Delay is the time from the reply to the end, for Replied.
	Delay time.Duration
	// Kill ends the process.
	Kill func()
}

// Proxy passes on what the binary asks of the local cloud. Calls that are under way when the process dies arrive, as
// those do that are on their way to AWS.
type Proxy struct {
	URL string

	cloud  string // the local cloud's own endpoint
	server *http.Server
	client *http.Client

	mu    sync.Mutex
	trap  *Trap
	calls []Call
	hit   *Call
	// counted is how many of the calls were of those that the trap counts.
	counted int
}

func openProxy(cloud string) (*Proxy, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{URL: "http://" + listener.Addr().String(), cloud: cloud,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // ends with close
	return p, nil
}

func (p *Proxy) close() error {
	defer p.client.CloseIdleConnections()
	return p.server.Close()
}

// Set sets the trap, or none, and counts from 1 again.
func (p *Proxy) Set(trap *Trap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trap, p.calls, p.hit, p.counted = trap, nil, nil, 0
}

// Calls are the calls since the last Set.
func (p *Proxy) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Hit is the call at which the trap ended the process; nil as long as it didn't.
func (p *Proxy) Hit() *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hit
}

// count counts a call, and returns the trap if it is set for this one.
func (p *Proxy) count(call Call) *Trap {
	p.mu.Lock()
	defer p.mu.Unlock()
	call.N = len(p.calls) + 1
	p.calls = append(p.calls, call)
	if p.trap == nil || p.hit != nil || p.trap.Operation != "" && p.trap.Operation != call.Operation {
		return nil
	}
	if p.counted++; p.counted != p.trap.At {
		return nil
	}
	p.hit = &call
	return p.trap
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller is gone
	}
	var trap *Trap
	if call, ok := identify(r, body); ok {
		trap = p.count(call)
	} else if strings.HasPrefix(r.URL.Path, "/_local/stop") {
		// The site ends when it is closed, so that its world can be looked at.
		_, _ = io.WriteString(w, `{"stopping": false, "left": ["the lab"]}`)
		return
	}
	if trap != nil && trap.Moment == Unsent {
		trap.Kill()
		reset(w)
		return
	}
	reply, err := p.forward(r, body)
	if err != nil {
		reset(w)
		return
	}
	if trap != nil && trap.Moment == Acted {
		trap.Kill()
		reset(w)
		return
	}
	for name, values := range reply.header {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.status)
	_, _ = w.Write(reply.body) // a dead process reads nothing
	if trap != nil {
		_ = http.NewResponseController(w).Flush()
		if trap.Delay > 0 {
			<-time.After(trap.Delay)
		}
		trap.Kill()
	}
}

// reply is the local cloud's answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// forward asks the local cloud. Its own context: the cloud carries out what has arrived, also when its client has left.
func (p *Proxy) forward(r *http.Request, body []byte) (reply, error) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, p.cloud+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	request.Header = r.Header.Clone()
	response, err := p.client.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	answer := reply{status: response.StatusCode, header: response.Header}
	if answer.body, err = io.ReadAll(response.Body); err != nil {
		return reply{}, err
	}
	if r.URL.Path == "/_local/status" {
		answer.body, err = p.instead(answer.body)
		answer.header.Del("Content-Length")
	}
	return answer, err
}

// instead makes what the local cloud says of itself name the proxy's endpoint.
func (p *Proxy) instead(body []byte) ([]byte, error) {
	var status map[string]any
	if err := json.Unmarshal(body, &status); err != nil {
		return nil, err
	}
	if status["endpoint"] != p.cloud {
		return nil, errors.New("the local cloud doesn't say where it is")
	}
	status["endpoint"] = p.URL
	return json.Marshal(status)
}

// identify tells a call of AWS's API from one of the local cloud's own routes.
func identify(r *http.Request, body []byte) (Call, bool) {
	_, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return Call{}, false
	}
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/") // key/date/region/service/aws4_request
	if len(parts) < 5 {
		return Call{}, false
	}
	call := Call{Service: parts[len(parts)-2]}
	if _, target, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		call.Operation = target
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		call.Operation = form.Get("Action")
	}
	return call, true
}

// reset cuts the connection as one does whose other end is gone.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only on a closed connection
	}
	_ = conn.Close()
}
