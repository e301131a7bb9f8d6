// Package trace is the file format of a recorded run: its steps with their documents in run.json, and each call of AWS's
// API with its reply in calls.jsonl, one a line.
//
// What belongs here: writing and reading the files, and reading fields out of replies. What doesn't: how a run comes
// about, what has to be replaced before it is written, and what is thought of it.
package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The files of a run's directory.
const (
	fileRun   = "run.json"
	fileCalls = "calls.jsonl"
)

// Call is a call of AWS's API, and the reply to it.
type Call struct {
	Step       string            `json:"step"`      // the name of the step that made it
	Service    string            `json:"service"`   // signing name, such as "ec2"
	Region     string            `json:"region"`    // of the signature
	Operation  string            `json:"operation"` // such as "CreateVpc"
	Parameters map[string]string `json:"parameters"`
	Status     int               `json:"status"` // of HTTP; 0 where no reply came
	Code       string            `json:"code,omitempty"`
	Reply      string            `json:"reply"` // body
	At         time.Time         `json:"at"`
	Seconds    float64           `json:"seconds"` // from the whole request to the whole reply
}

// Refused says that the reply is a refusal.
func (c Call) Refused() bool { return c.Status >= 400 }

// Step is a command of the run.
type Step struct {
	Name    string    `json:"name"`
	Command []string  `json:"command"` // arguments
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"`
	Exit    int       `json:"exit"` // code; -1 where it was ended
	// Document is the command's own; null where it wrote none.
	Document json.RawMessage `json:"document"`
}

// Run is all but the calls.
type Run struct {
	Target  string `json:"target"`            // aws, endpoint or local
	Latency string `json:"latency,omitempty"` // of the local cloud
	Region  string `json:"region"`
	Version string `json:"version"` // of platformctl
	// Ended says why the run was cut short; "" where all of its steps were done.
	Ended string `json:"ended,omitempty"`
	Steps []Step `json:"steps"`
}

// Step is a step of the run by its name; ok is false where it wasn't done.
func (r Run) Step(name string) (step Step, ok bool) {
	for _, s := range r.Steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// Writer writes a run into a directory. Its methods may be called at once.
type Writer struct {
	dir   string
	mu    sync.Mutex
	calls *os.File
}

// Create makes the directory. One that has a run already is an error.
func Create(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the recording: %w", err)
	}
	calls, err := os.OpenFile(filepath.Join(dir, fileCalls), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin the recording (an earlier one is never overwritten): %w", err)
	}
	return &Writer{dir: dir, calls: calls}, nil
}

// Call appends a call.
func (w *Writer) Call(c Call) error {
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("record %s: %w", c.Operation, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.calls.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("record %s: %w", c.Operation, err)
	}
	return nil
}

// Run writes what is known of the run, in place of what was before.
func (w *Writer) Run(r Run) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, fileRun), append(text, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("record the steps: %w", err)
	}
	return nil
}

// Close ends the recording.
func (w *Writer) Close() error { return w.calls.Close() }

// Read reads a run and its calls, in the order of their replies.
func Read(dir string) (run Run, calls []Call, err error) {
	text, err := os.ReadFile(filepath.Join(dir, fileRun))
	if err == nil {
		err = json.Unmarshal(text, &run)
	}
	if err != nil {
		return run, nil, fmt.Errorf("read the recording in %s: %w", dir, err)
	}
	file, err := os.Open(filepath.Join(dir, fileCalls))
	if err != nil {
		return run, nil, fmt.Errorf("read the recording in %s: %w", dir, err)
	}
	defer file.Close()
	for lines := json.NewDecoder(file); ; {
		var c Call
		switch err := lines.Decode(&c); {
		case errors.Is(err, io.EOF):
			return run, calls, nil
		case err != nil:
			return run, nil, fmt.Errorf("read the recording in %s: call %d: %w", dir, len(calls)+1, err)
		}
		calls = append(calls, c)
	}
}
