package wire

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// maxBody bounds a request's body, in bytes. The largest that the simulated services
// accept is far below.
const maxBody = 4 << 20

// Handler is the endpoint of all simulated services. The zero value serves nothing;
// fill it with Add before it serves.
type Handler struct {
	// Now is the clock of the log of calls. Nil means time.Now.
	Now func() time.Time
	// OnCall, when set, is told of every call after it is answered.
	OnCall func(CallRecord)
	// Interceptors stand around every call, the first one outermost.
	Interceptors []Interceptor

	operations map[string]Operation
	drafts     sync.Pool // of *[]byte, in which replies are written
}

// Add puts operations into the table. It fails on a service that has no protocol and
// on an operation that is there already.
func (h *Handler) Add(operations ...Operation) error {
	if h.operations == nil {
		h.operations = map[string]Operation{}
	}
	for _, o := range operations {
		key := o.Service + ":" + o.Name
		p, known := protocolOf(o.Service)
		if !known {
			return fmt.Errorf("add operation %s: service %q has no protocol", o.Name, o.Service)
		}
		if _, twice := h.operations[key]; twice {
			return fmt.Errorf("add operation %s: it is there already", key)
		}
		if o.err != nil {
			return fmt.Errorf("add operation %s: %w", key, o.err)
		}
		if p.kind != awsJSON {
			var err error
			if o.encode, err = replyEncoder(o.Reply); err != nil {
				return fmt.Errorf("add operation %s: %w", key, err)
			}
		}
		h.operations[key] = o
	}
	return nil
}

// Operations lists the table by service and name, for the documentation.
func (h *Handler) Operations() []Operation {
	var list []Operation
	for _, o := range h.operations {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b Operation) int {
		return strings.Compare(a.Service+" "+a.Name, b.Service+" "+b.Name)
	})
	return list
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := h.Now
	if now == nil {
		now = time.Now
	}
	started := now()
	c := &Call{RequestID: uuid.NewString(), Endpoint: r.Host, ctx: r.Context()}
	reply := h.answer(c, r)
	if h.OnCall != nil {
		record := CallRecord{Time: started, Service: c.Service, Operation: c.Operation, Region: c.Region,
			Resource: c.Resource, Code: reply.Code, Status: reply.Status, Duration: now().Sub(started), Fault: reply.Fault}
		if reply.Drop || reply.Reset {
			record.Status = 0
		}
		h.OnCall(record)
	}
	if reply.Reset {
		reset(w)
	}
	if reply.Drop || reply.Reset {
		// net/http's documented way to cut the connection without an answer.
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", reply.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(reply.Body)))
	w.Header().Set("X-Amzn-Requestid", c.RequestID)
	w.WriteHeader(reply.Status)
	// A caller that hung up is no concern of ours: the call is done.
	_, _ = w.Write(reply.Body)
}

// reset makes the kernel reset the connection when it is closed, where it can.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // not HTTP/1: the caller closes the stream
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only on a closed connection
	}
	_ = conn.Close()
}

// answer finds the operation and runs it within the interceptors.
func (h *Handler) answer(c *Call, r *http.Request) Reply {
	var p protocol
	refused := func(e *Error) Reply { return p.refusal(c, e) }
	if err := c.authenticate(r); err != nil {
		return refused(err)
	}
	p, known := protocolOf(c.Service)
	if !known {
		return refused(refuse.NotSimulated("service %s is not simulated", c.Service))
	}
	parameters, err := c.read(r, p)
	if err != nil {
		return refused(err)
	}
	c.parameters = parameters
	next := func() Reply { return h.run(c, p, parameters) }
	for _, intercept := range slices.Backward(h.Interceptors) {
		inner := next
		next = func() Reply { return intercept(c, inner, refused) }
	}
	return next()
}

func (h *Handler) run(c *Call, p protocol, parameters *node) Reply {
	operation, known := h.operations[c.Service+":"+c.Operation]
	if !known {
		return p.refusal(c, refuse.NotSimulated("operation %s is not simulated", c.Operation))
	}
	out, err := operation.handle(c, parameters, p)
	if err == nil {
		var reply Reply
		if reply, err = p.success(c, out, operation.encode, &h.drafts); err == nil {
			return reply
		}
	}
	var refusal *Error
	if !errors.As(err, &refusal) {
		refusal = refuse.Internal(err)
	}
	return p.refusal(c, refusal)
}

// authenticate takes service and region from the signature's credential scope. Any
// credentials will do, but there must be some, as for AWS.
func (c *Call) authenticate(r *http.Request) *Error {
	_, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return refuse.WithStatus(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	scope, _, _ := strings.Cut(rest, ",")
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) < 5 || parts[len(parts)-1] != "aws4_request" {
		return refuse.WithStatus(http.StatusForbidden, "IncompleteSignature", "Credential must have exactly 5 slash-delimited elements, got '%s'", scope)
	}
	c.AccessKey = strings.Join(parts[:len(parts)-4], "/")
	c.Region, c.Service = parts[len(parts)-3], parts[len(parts)-2]
	return nil
}

// read takes the operation's name and parameters from the request.
func (c *Call) read(r *http.Request, p protocol) (*node, *Error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, refuse.New("RequestExpired", "platformctl local cloud: read the request: %v", err)
	}
	if len(body) > maxBody {
		return nil, refuse.WithStatus(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request body exceeds %d bytes", maxBody)
	}
	if p.kind == awsJSON {
		_, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		if !ok {
			return nil, refuse.New("UnknownOperationException", "The request has no X-Amz-Target header")
		}
		c.Operation = operation
		parameters, err := parametersOfJSON(body)
		if err != nil {
			return nil, refuse.New("SerializationException", "%v", err)
		}
		return parameters, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse.New("MalformedQueryString", "The query string contains a syntax error: %v", err)
	}
	for key, values := range r.URL.Query() {
		form[key] = append(form[key], values...)
	}
	for _, key := range slices.Sorted(maps.Keys(form)) {
		if len(form[key]) > 1 {
			return nil, refuse.NotSimulated("parameter %s is given %d times, which is not simulated", key, len(form[key]))
		}
	}
	c.Operation = form.Get("Action")
	if c.Operation == "" {
		return nil, refuse.New("MissingAction", "The request must contain the parameter Action")
	}
	if p.kind == ec2Query {
		c.DryRun = strings.EqualFold(form.Get("DryRun"), "true")
		if dry := form.Get("DryRun"); dry != "" && !c.DryRun && !strings.EqualFold(dry, "false") {
			return nil, p.invalid("DryRun", dry, "Expecting a boolean value")
		}
		form.Del("DryRun")
	}
	form.Del("Action")
	form.Del("Version")
	return parametersOfForm(form), nil
}
