package wire

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Error is a refusal; see package refuse for its constructors.
type Error = refuse.Error

// Call is one API call on its way through the local cloud.
type Call struct {
	Service   string // signing name, such as "ec2"
	Operation string
	Region    string // from the credential scope
	AccessKey string // access key ID of the caller
	RequestID string
	Endpoint  string // host:port that the caller used
	// Resource is the ID or name of what the call is about, for the log of calls.
	// The decoder sets it to the first field of the request struct that holds one; a
	// handler that creates something overwrites it with the new ID.
	Resource string
	// DryRun is EC2's parameter of that name: do all checks, change nothing, and
	// answer with DryRunOperation.
	DryRun bool
	// Body is a body that nobody has read yet, with its headers; nil for others. See [Service.Streams].
	Body   io.Reader
	Header http.Header

	ctx        context.Context
	protocol   Protocol
	parameters *Parameter
}

// Context ends when the caller hangs up.
func (c *Call) Context() context.Context { return c.ctx }

// Has reports whether the call has a parameter or a list of that name, such as "Filter".
func (c *Call) Has(name string) bool { return c.parameters != nil && c.parameters.Lookup(name) != nil }

// Value is the value of the parameter of that name; "" where there is none.
func (c *Call) Value(name string) string {
	if !c.Has(name) {
		return ""
	}
	return c.parameters.Lookup(name).Text
}

// Length is how many elements the list of that name has.
func (c *Call) Length(name string) int {
	if !c.Has(name) {
		return 0
	}
	elements, _ := c.protocol.Elements(c.parameters.Lookup(name), "")
	return len(elements)
}

// Part is a parameter, or an element of a list.
type Part struct {
	protocol  Protocol
	parameter *Parameter
}

// Parts are the parameters at a path such as "NetworkInterface.SubnetId", in which a list stands for each
// of its elements, and a name that is repeated for each of its own.
func (c *Call) Parts(path string) []Part {
	if c.parameters == nil {
		return nil
	}
	return Part{c.protocol, c.parameters}.Parts(path)
}

// Each lists the values at such a path. What has no value is left out.
func (c *Call) Each(path string) []string {
	if c.parameters == nil {
		return nil
	}
	return Part{c.protocol, c.parameters}.Each(path)
}

// Parts are those within the part.
func (p Part) Parts(path string) []Part {
	at := []Part{p}
	for name := range strings.SplitSeq(path, ".") {
		var next []Part
		for _, part := range at {
			child := part.parameter.Lookup(name)
			if child == nil {
				continue
			}
			elements, _ := p.protocol.Elements(child, "")
			for _, e := range elements {
				next = append(next, Part{p.protocol, e.Parameter})
			}
			if len(elements) == 0 {
				for _, one := range append([]*Parameter{child}, child.More...) {
					next = append(next, Part{p.protocol, one})
				}
			}
		}
		at = next
	}
	return at
}

// Each lists the values within the part.
func (p Part) Each(path string) (values []string) {
	for _, part := range p.Parts(path) {
		if text := part.parameter.Text; text != "" {
			values = append(values, text)
		}
	}
	return values
}

// Value is the value of the parameter of that name within the part; "" where there is none.
func (p Part) Value(name string) string {
	if child := p.parameter.Lookup(name); child != nil {
		return child.Text
	}
	return ""
}

// CallRecord is one line of the log of calls.
type CallRecord struct {
	Time      time.Time     `json:"time"`
	Service   string        `json:"service"`
	Operation string        `json:"operation"`
	Region    string        `json:"region"`
	Resource  string        `json:"resource,omitempty"`
	Code      string        `json:"code,omitempty"` // AWS error code, empty on success
	Status    int           `json:"status"`         // HTTP status; 0 where the reply was dropped
	Duration  time.Duration `json:"duration"`       // nanoseconds
	// Fault names the fault that was injected into the call, such as "lost-reply".
	Fault string `json:"fault,omitempty"`
}

// Reply is what goes back to the caller.
type Reply struct {
	Status      int
	ContentType string
	Header      http.Header // further headers
	Body        []byte
	Stream      io.ReadCloser // instead of Body, where it may have any length; the header Content-Length tells it
	Code        string        // AWS error code, empty on success
	// Drop closes the connection without an answer: the call was carried out (or
	// not), and the caller doesn't learn of it. Reset does so by a TCP reset.
	Drop, Reset bool
	Fault       string // the fault that was injected, for the log of calls
}

// Interceptor stands around every call. It may answer in next's place (throttling,
// injected errors), drop what next answered (a lost reply), or do nothing but
// return next(). Refuse makes a reply from an error in the protocol of the call.
type Interceptor func(c *Call, next func() Reply, refuse func(*Error) Reply) Reply
