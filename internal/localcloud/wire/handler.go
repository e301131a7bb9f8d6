package wire

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// maxBody bounds the body of a request of a service that has no bound of its own, in
// bytes. The largest that those services accept is far below.
const maxBody = 1 << 20

// maxUnsigned is how much of a body without credentials is searched for the operation's
// name, in bytes. The longest parameter of such an operation has 100,000 characters.
const maxUnsigned = 256 << 10

// Handler is the endpoint of all simulated services. The zero value serves nothing;
// fill it with Add before it serves.
type Handler struct {
	// Now is the clock of the log of calls. Nil means time.Now.
	Now func() time.Time
	// OnCall, when set, is told of every call after it is answered.
	OnCall func(CallRecord)
	// Scope, when set, refuses a call of a service to a region that isn't there.
	Scope func(service, region string) *Error
	// Interceptors stand around every call, the first one outermost.
	Interceptors []Interceptor

	operations map[string][]*Operation // by service
}

// Add puts operations into the table. It fails on an operation that is there already, and
// on one whose request or reply can't be read or written.
func (h *Handler) Add(operations ...Operation) error {
	if h.operations == nil {
		h.operations = map[string][]*Operation{}
	}
	for _, o := range operations {
		known := h.operations[o.Service]
		switch {
		case len(o.service.Protocols) == 0:
			return fmt.Errorf("add operation %s: service %q has no protocol", o.Name, o.Service)
		case find(known, o.Name) != nil:
			return fmt.Errorf("add operation %s:%s: it is there already", o.Service, o.Name)
		}
		if _, err := o.form(); err != nil {
			return fmt.Errorf("add operation %s:%s: %w", o.Service, o.Name, err)
		}
		for _, p := range o.service.Protocols {
			// What can't be written, such as a map in XML, can't be written empty either.
			if _, err := p.Success(&Call{Operation: o.Name}, &o, reflect.New(o.Reply).Interface()); err != nil {
				return fmt.Errorf("add operation %s:%s: encode its reply: %w", o.Service, o.Name, err)
			}
		}
		h.operations[o.Service] = append(known, &o)
	}
	return nil
}

func find(operations []*Operation, name string) *Operation {
	i := slices.IndexFunc(operations, func(o *Operation) bool { return o.Name == name })
	if i < 0 {
		return nil
	}
	return operations[i]
}

// Operations lists the table by service and name, for the documentation.
func (h *Handler) Operations() []Operation {
	var list []Operation
	for _, known := range h.operations {
		for _, o := range known {
			list = append(list, *o)
		}
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
	if r.ContentLength == 0 && strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		// Who asks hears that, with nothing to send, too: botocore else takes the next request's answer for none. net/http does it for bodies.
		w.WriteHeader(http.StatusContinue)
	}
	c := &Call{RequestID: uuid.NewString(), Endpoint: r.Host, ctx: r.Context()}
	reply := h.answer(c, r, http.NewResponseController(w))
	if h.OnCall != nil {
		record := CallRecord{Time: started, Service: c.Service, Operation: c.Operation, Region: c.Region,
			Resource: c.Resource, Code: reply.Code, Status: reply.Status, Duration: now().Sub(started), Fault: reply.Fault}
		if reply.Drop || reply.Reset {
			record.Status = 0
		}
		h.OnCall(record)
	}
	write(w, c, reply)
}

// Refuse answers a request without carrying it out, in the words of the service that it is for. why is asked for them,
// with the service's signing name, or "" where the request names none.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, why func(service string) *Error) {
	c := &Call{RequestID: uuid.NewString(), Endpoint: r.Host, ctx: r.Context()}
	if err := c.authenticate(r); err != nil {
		write(w, c, ErrorXML(c, err))
		return
	}
	known := h.operations[c.Service]
	if known == nil {
		write(w, c, ErrorXML(c, why(c.Service)))
		return
	}
	write(w, c, known[0].service.protocol(&Request{Request: r, Operations: known}).Refusal(c, why(c.Service)))
}

func write(w http.ResponseWriter, c *Call, reply Reply) {
	if reply.Stream != nil {
		defer reply.Stream.Close()
	}
	if reply.Reset {
		reset(w)
	}
	if reply.Drop || reply.Reset {
		// net/http's documented way to cut the connection without an answer.
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), reply.Header)
	w.Header().Set("Content-Type", reply.ContentType)
	if w.Header().Get("Content-Length") == "" { // the reply to a HEAD has its own
		w.Header().Set("Content-Length", strconv.Itoa(len(reply.Body)))
	}
	w.Header().Set("X-Amzn-Requestid", c.RequestID)
	w.WriteHeader(reply.Status)
	// A caller that hung up is no concern of ours: the call is done.
	if reply.Stream != nil {
		_, _ = io.Copy(w, reply.Stream)
		return
	}
	_, _ = w.Write(reply.Body)
}

// reset makes the kernel reset the connection when it is closed, where it can.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // not HTTP/1: the caller closes the stream
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // fails only on a closed connection
	}
	_ = conn.Close()
}

// answer finds the operation and runs it within the interceptors.
func (h *Handler) answer(c *Call, r *http.Request, control *http.ResponseController) Reply {
	if err := c.authenticate(r); err != nil {
		if c.Service = h.unsigned(r); c.Service == "" {
			return ErrorXML(c, err)
		}
		c.Region = unsignedRegion
	}
	known := h.operations[c.Service]
	if known == nil {
		return ErrorXML(c, refuse.NotSimulated("service %s is not simulated", c.Service))
	}
	request, service := &Request{Request: r, Operations: known}, known[0].service
	c.protocol = service.protocol(request)
	refused := func(e *Error) Reply { return c.protocol.Refusal(c, e) }
	if h.Scope != nil {
		if err := h.Scope(c.Service, c.Region); err != nil {
			return refused(err)
		}
	}
	var err *Error
	if c.Header = r.Header; service.Streams != nil && service.Streams(r) {
		c.Body = &patient{r.Body, control}
	} else {
		err = request.read(service.MaxBody)
	}
	if err == nil {
		c.parameters, err = c.protocol.Read(c, request)
	}
	if err != nil {
		return refused(err)
	}
	next := func() Reply { return run(c, find(known, c.Operation)) }
	for _, intercept := range slices.Backward(h.Interceptors) {
		inner := next
		next = func() Reply { return intercept(c, inner, refused) }
	}
	return next()
}

// streamWithin is the time that a body of any length has for each piece.
const streamWithin = 30 * time.Second

// patient is a body that may take long, as long as it goes on.
type patient struct {
	io.Reader
	control *http.ResponseController
}

// Read implements io.Reader.
func (p *patient) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(streamWithin)) // some writers, those of tests, have none
	return p.Reader.Read(b)
}

func run(c *Call, o *Operation) Reply {
	if o == nil {
		return c.protocol.Refusal(c, refuse.NotSimulated("operation %s is not simulated", c.Operation))
	}
	out, err := o.run(c)
	if err == nil {
		var reply Reply
		if reply, err = c.protocol.Success(c, o, out); err == nil {
			return reply
		}
		err = fmt.Errorf("encode reply of %s: %w", c.Operation, err)
	}
	var refusal *Error
	if !errors.As(err, &refusal) {
		refusal = refuse.Internal(err)
	}
	return c.protocol.Refusal(c, refusal)
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

// unsigned is the service whose operation a request without credentials asks for, if that
// needs none; "" otherwise. Only the query protocol has such operations here.
func (h *Handler) unsigned(r *http.Request) string {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxUnsigned))
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	action := cmp.Or(form.Get("Action"), r.URL.Query().Get("Action"))
	for name, known := range h.operations {
		if slices.Contains(known[0].service.Unsigned, action) {
			return name
		}
	}
	return ""
}

// unsignedRegion is where a call without credentials, and so without a region, belongs.
const unsignedRegion = "us-east-1"

// read reads the body, as far as the service accepts it.
func (r *Request) read(most int64) (refusal *Error) {
	if most == 0 {
		most = maxBody
	}
	var err error
	r.Body, err = io.ReadAll(io.LimitReader(r.Request.Body, most+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return refuse.WithStatus(http.StatusRequestTimeout, "RequestTimeout", "platformctl local cloud: the request's body didn't come in time")
	}
	if err != nil {
		return refuse.New("RequestExpired", "platformctl local cloud: read the request: %v", err)
	}
	if int64(len(r.Body)) > most {
		return tooLarge(most)
	}
	return r.inflate(most)
}

func tooLarge(most int64) *Error {
	return refuse.WithStatus(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request body exceeds %d bytes", most)
}

// inflate unpacks a body that the SDKs have compressed, as they do for operations with much to say. The bound is that of the
// whole body, packed or not.
func (r *Request) inflate(most int64) *Error {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err == nil {
		r.Body, err = io.ReadAll(io.LimitReader(unpacked, most+1))
	}
	switch {
	case err != nil:
		return refuse.New("SerializationException", "unpack the request: %v", err)
	case int64(len(r.Body)) > most:
		return tooLarge(most)
	}
	return nil
}
