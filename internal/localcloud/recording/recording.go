// Package recording writes down what is said over an API: each request with the
// reply to it, as they went over the wire.
//
// What belongs here: taking it down and reading it again. What doesn't: any
// judgement of it, and any knowledge of single operations.
package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Variable names the environment variable that names a directory into which every
// local cloud records. Commands read it, and tests.
const Variable = "PLATFORMCTL_RECORD"

// Exchange is a request and its reply.
type Exchange struct {
	Service   string `json:"service"`          // signing name; empty when the request isn't signed
	Region    string `json:"region"`           // of the signature
	Operation string `json:"operation"`        // empty when the request doesn't say
	Agent     string `json:"agent"`            // User-Agent header
	Request   string `json:"request"`          // body
	Method    string `json:"method,omitempty"` // of protocols whose routes name operations
	Target    string `json:"target,omitempty"` // path and query string, of these
	Status    int    `json:"status"`           // 0 when the reply is lost, or of no interest
	Reply     string `json:"reply"`            // body
}

// Recorder appends exchanges to a file. Each is in it, whole, before the caller has its
// reply, so that killing the process loses none that was answered.
type Recorder struct {
	mu   sync.Mutex
	file *os.File
}

// Open makes a file of its own in a directory, which is made where it is missing. The
// file's name begins with the program's.
func Open(dir string) (*Recorder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	file, err := os.CreateTemp(dir, filepath.Base(os.Args[0])+"-*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &Recorder{file: file}, nil
}

// Close ends the recording.
func (r *Recorder) Close() error { return r.file.Close() }

func (r *Recorder) add(e Exchange) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = r.file.Write(append(line, '\n'))
	return err
}

// Handler records what passes on its way to the next handler and back. Where it can't
// be recorded, the exchange fails: a recording with gaps would prove nothing.
func (r *Recorder) Handler(next http.Handler) http.Handler { return r.around(next, true) }

// Requests does so without the replies, for a handler whose word nobody asked for.
func (r *Recorder) Requests(next http.Handler) http.Handler { return r.around(next, false) }

func (r *Recorder) around(next http.Handler, replies bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			// It never arrived, so there is no exchange; the next handler meets the error, too.
			request.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
			next.ServeHTTP(w, request)
			return
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		reply := &reply{header: http.Header{}}
		cut := reply.take(next, w, request)
		e := describe(request, legible(request.Header, string(body)))
		if replies && !cut {
			e.Status, e.Reply = reply.status, legible(reply.header, reply.body.String())
		}
		if err := r.add(e); err != nil {
			http.Error(w, fmt.Sprintf("record the exchange: %v", err), http.StatusInternalServerError)
			return
		}
		if cut {
			// net/http's documented way to cut the connection without an answer.
			panic(http.ErrAbortHandler)
		}
		reply.pass(w)
	})
}

// failing is the rest of a body that can't be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// reply is held back until it is recorded.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer

	connection http.ResponseWriter
}

// take runs a handler for its reply, and says whether it cut the connection instead.
func (r *reply) take(next http.Handler, connection http.ResponseWriter, request *http.Request) (cut bool) {
	r.connection = connection
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			cut = true
		default:
			panic(problem)
		}
	}()
	next.ServeHTTP(r, request)
	r.WriteHeader(http.StatusOK)
	return false
}

// Header, WriteHeader and Write implement http.ResponseWriter.
func (r *reply) Header() http.Header { return r.header }

func (r *reply) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *reply) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// Unwrap lets a handler take over the connection, to reset it.
func (r *reply) Unwrap() http.ResponseWriter { return r.connection }

func (r *reply) pass(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	// A caller that hung up is no concern of ours: the call is done.
	_, _ = w.Write(r.body.Bytes())
}

// describe takes from a request, which was served, what the record says of it. A call without a body has its parameters
// in its address.
func describe(r *http.Request, body string) Exchange {
	e := Exchange{Agent: r.UserAgent(), Request: body}
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	if parts := strings.Split(scope, "/"); len(parts) >= 5 {
		e.Region, e.Service = parts[len(parts)-3], parts[len(parts)-2]
	}
	if operation := operationOf(r); operation != "" {
		e.Operation = operation
		return e
	}
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		e.Operation = operation
	} else if routed, ok := strings.CutPrefix(r.Pattern, e.Service+":"); ok && e.Service != "" {
		e.Operation, e.Method, e.Target = routed, r.Method, r.URL.RequestURI()
		return e
	}
	if body == "" {
		body, e.Request = r.URL.RawQuery, r.URL.RawQuery
	}
	if form, err := url.ParseQuery(body); err == nil && e.Operation == "" {
		e.Operation = form.Get("Action")
	}
	return e
}

// Read gives the exchanges of a directory by program, each program's in no particular
// order of its files. What was cut off by the end of a process is an error.
func Read(dir string) (map[string][]Exchange, error) {
	names, err := fs.Glob(os.DirFS(dir), "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	exchanges := map[string][]Exchange{}
	for _, name := range names {
		found, err := readFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read the recording %s: %w", name, err)
		}
		program := name[:strings.LastIndex(name, "-")]
		exchanges[program] = append(exchanges[program], found...)
	}
	return exchanges, nil
}

func readFile(name string) (exchanges []Exchange, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := json.NewDecoder(file)
	for {
		var e Exchange
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return exchanges, nil
		case err != nil:
			return nil, err
		}
		exchanges = append(exchanges, e)
	}
}
