package wire

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Protocol is one of AWS's protocols, as one service speaks it: how a request names its
// operation and carries parameters, and how replies and refusals look.
type Protocol interface {
	// Speaks reports whether a request is in this protocol. It is asked only for services
	// that have several.
	Speaks(r *http.Request) bool
	// Read sets the call's operation, simulated or not, and returns the parameters.
	Read(c *Call, r *Request) (*Parameter, *Error)
	// Elements are the elements of a list, in order, whose elements the protocol may call
	// item; ok is false where the parameter is no list.
	Elements(p *Parameter, item string) (elements []Element, ok bool)
	// Entries are the entries of a map.
	Entries(p *Parameter) []Element
	// Time reads a timestamp.
	Time(text string) (time.Time, error)
	// Missing reports whether a required parameter counts as missing with a value.
	Missing(v reflect.Value) bool
	// Violated is the refusal of a call with violations, one at least.
	Violated(violations []Violation) *Error
	// Success encodes an operation's result.
	Success(c *Call, o *Operation, out any) (Reply, error)
	// Refusal encodes an error.
	Refusal(c *Call, e *Error) Reply
}

// Request is a request with its body, which is read already.
type Request struct {
	*http.Request
	Body       []byte
	Operations []*Operation // of the service
}

// Violation is a breach of what the service's model says of a parameter.
type Violation struct {
	Path    string
	Value   string // as messages show it
	Missing bool   // it is required and not there
	Number  bool   // the value is one

	Text  string // what the value breaks, in the words of the services' models
	Says  string // what the service says in place of the usual message
	Bound int64  // that the value exceeds, where it does
	Least bool   // the bound is the least value
}

// ValidationErrors is the refusal of violations in the words that all services but EC2
// use. It names all of them.
func ValidationErrors(code string, violations []Violation) *Error {
	if says := violations[0].Says; says != "" && len(violations) == 1 {
		return refuse.New(code, "%s", says)
	}
	texts := make([]string, len(violations))
	for i, v := range violations {
		value, constraint := "'"+v.Value+"'", v.Text
		if v.Missing {
			value, constraint = "null", "Member must not be null"
		}
		texts[i] = fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, memberPath(v.Path), constraint)
	}
	noun := "errors"
	if len(texts) == 1 {
		noun = "error"
	}
	return refuse.New(code, "%d validation %s detected: %s", len(texts), noun, strings.Join(texts, "; "))
}

func memberPath(path string) string {
	parts := strings.Split(path, ".")
	for i := range parts {
		parts[i] = LowerFirst(parts[i])
	}
	return strings.Join(parts, ".")
}

// LowerFirst writes a name with a small first letter.
func LowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// Plain is what most protocols have in common. It is there to be embedded.
type Plain struct{}

// Entries implements [Protocol]: a map's entries are its members.
func (Plain) Entries(p *Parameter) []Element {
	var entries []Element
	for _, name := range p.names() {
		entries = append(entries, Element{name, p.children[name]})
	}
	return entries
}

// Time implements [Protocol]: timestamps are ISO 8601's.
func (Plain) Time(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }

// Missing implements [Protocol]: an empty value isn't missing.
func (Plain) Missing(reflect.Value) bool { return false }
