package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// interruptWithin is how long a command may take to say what it waits to be
// interrupted at, and to end: any longer, and it hangs.
const interruptWithin = 60 * time.Second

// interrupt is "interrupt SIGNALS REGEXP CODE COMMAND…": run a command, send it
// the signals, such as INT or INT,TERM, once it has written something that
// matches to either stream, and expect it to end with the exit code, which is -1 after KILL. Two equal
// signals at once may arrive as one. Its streams are the story's.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: interrupt SIGNALS REGEXP CODE COMMAND…")
	}
	at, err := regexp.Compile(args[1])
	ts.Check(err)
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	// A test that runs under nohup would hand its deafness down to the command.
	deaf := make(chan os.Signal, 1)
	signal.Notify(deaf, syscall.SIGHUP)
	defer signal.Stop(deaf)

	seen := &watched{at: at, found: make(chan struct{})}
	var stdout bytes.Buffer
	command := exec.Command(args[3], args[4:]...)
	command.Dir, command.Env = ts.MkAbs("."), commandEnv(ts)
	command.Stdout, command.Stderr = &both{&stdout, seen}, seen
	ts.Check(command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case <-seen.found:
	case err := <-ended:
		ts.Fatalf("it ended (%v) before it said %q: %s", err, args[1], seen.String())
	case <-time.After(interruptWithin):
		_ = command.Process.Kill()
		ts.Logf("killed: %v", <-ended)
		ts.Fatalf("it did not say %q: %s", args[1], seen.String())
	}
	began := time.Now()
	for _, name := range bytes.Split([]byte(args[0]), []byte(",")) {
		signal, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}[string(name)]
		if !ok {
			ts.Fatalf("there is no signal %q here", name)
		}
		ts.Check(command.Process.Signal(signal))
	}
	select {
	case err = <-ended:
	case <-time.After(interruptWithin):
		_ = command.Process.Kill()
		ts.Logf("killed: %v", <-ended)
		ts.Fatalf("it has not ended: %s", seen.String())
	}
	took := time.Since(began)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	ts.Logf("from %s to exit code %d: %d ms", args[0], code, took.Milliseconds())
	_, err = fmt.Fprint(ts.Stdout(), stdout.String())
	ts.Check(err)
	_, err = fmt.Fprint(ts.Stderr(), seen.String())
	ts.Check(err)
	if code != want {
		ts.Fatalf("exit code %d, want %d: %s", code, want, seen.String())
	}
}

// commandEnv is what a command of a story sees of its environment.
func commandEnv(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "GOCOVERDIR", endpoint.HomeVariable, endpoint.NginxVariable,
		"AWS_EC2_METADATA_DISABLED", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
		"PLATFORMCTL_LOCAL_LATENCY",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// watched keeps what is written, and tells once that something matched.
type watched struct {
	at    *regexp.Regexp
	found chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
	told bool
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	if !w.told && w.at.Match(w.text.Bytes()) {
		w.told = true
		close(w.found)
	}
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// both writes to standard output's own buffer, and to what is watched.
type both struct {
	out  *bytes.Buffer
	seen *watched
}

func (b *both) Write(p []byte) (int, error) {
	b.out.Write(p)
	return b.seen.Write(p)
}
