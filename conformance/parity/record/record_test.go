package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/platformctl/platformctl/conformance/parity/trace"
)

// fakeVariable makes this test's program stand in for platformctl, and names its trouble.
const fakeVariable = "PARITY_FAKE"

func TestMain(m *testing.M) {
	if trouble, ok := os.LookupEnv(fakeVariable); ok {
		os.Exit(fake(trouble, os.Args[1]))
	}
	os.Exit(m.Run())
}

// fake is platformctl on an account in which something is wrong.
func fake(trouble, command string) (code int) {
	documents := map[string]string{
		"version": `{"version":"1.2.3"}`,
		"plan":    `{"account":"210987654321","region":"us-east-1","cost":{"after":113.19},"summary":{"create":27}}`,
		"up":      `{"platform":"parity"}`, "down": `{"platform":"parity","remaining":[]}`,
		"list": `{"platforms":[{"name":"other","region":"us-east-1"},{"name":"parity","region":"eu-west-1"}]}`,
	}
	switch trouble + " " + command {
	case "there plan":
		documents["plan"] = strings.Replace(documents["plan"], `"create":27`, `"create":26,"keep":1`, 1)
	case "unpriced plan":
		documents["plan"] = strings.Replace(documents["plan"], "113.19", "null", 1)
	case "slow up":
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		fmt.Fprintln(os.Stderr, "working")
		<-signals
		documents["up"], code = `{"error":{"code":"interrupted","message":"interrupted"}}`, 130
	case "unsteady failover-drill", "never-steady failover-drill":
		tries, err := os.ReadFile("tries")
		if err == nil && len(tries) == 2 && trouble == "unsteady" {
			documents[command], code = `{"verdict":"fail"}`, 4
			break
		}
		if os.WriteFile("tries", append(tries, 'x'), 0o600) != nil {
			return 1
		}
		documents[command], code = `{"error":{"code":"unsteady","message":"no agent"}}`, 1
	case "failing up":
		documents["up"], code = `{"error":{"code":"VcpuLimitExceeded","message":"no room for i-0fedcba9876543210"}}`, 1
	case "stuck down":
		documents["down"], code = `{"error":{"code":"DependencyViolation","message":"something is in the way"}}`, 1
	case "left list":
		documents["list"] = `{"platforms":[{"name":"parity","region":"us-east-1"}]}`
	}
	fmt.Fprintln(os.Stdout, documents[command])
	return code
}

// watched is a log that does something when it is told a word.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	word string
	do   func()
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.do != nil && strings.Contains(w.text.String(), w.word) {
		w.do()
		w.do = nil
	}
	return len(p), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// fakeRun is a run of the fake.
type fakeRun struct {
	err   error
	run   trace.Run
	steps []string
	log   *watched
}

func runFake(t *testing.T, trouble string, change func(*Options, *watched, context.CancelFunc)) fakeRun {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	log := &watched{}
	o := Options{
		Exe: exe, Out: filepath.Join(t.TempDir(), "run"), Target: TargetEndpoint, Endpoint: "http://127.0.0.1:1", Name: "parity", Region: "us-east-1",
		Budget: time.Hour, Dollars: amount(t, "1"), In: strings.NewReader(""), Log: log, Now: time.Now, Pause: func(ctx context.Context, _ time.Duration) { <-ctx.Done() },
		Environ: []string{fakeVariable + "=" + trouble},
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if change != nil {
		change(&o, log, cancel)
	}
	f := fakeRun{err: Run(ctx, t.Context(), o), log: log}
	if f.run, _, err = trace.Read(o.Out); err != nil {
		t.Fatal(err)
	}
	for _, s := range f.run.Steps {
		f.steps = append(f.steps, s.Name)
	}
	kept, err := filepath.Glob(filepath.Join(temporary, "platformctl-parity-*"))
	if err != nil {
		t.Fatal(err)
	}
	if left := errors.As(f.err, new(*LeftError)); left != (len(kept) == 1) {
		t.Errorf("something is left: %v, but kept are %q", left, kept)
	}
	return f
}

func (f fakeRun) want(t *testing.T, message string, steps ...string) {
	t.Helper()
	if message == "" && f.err != nil || message != "" && (f.err == nil || !strings.Contains(f.err.Error(), message)) {
		t.Errorf("%v, want %q", f.err, message)
	}
	if !slices.Equal(f.steps, steps) {
		t.Errorf("steps %q, want %q", f.steps, steps)
	}
	if (f.run.Ended != "") != (f.err != nil) {
		t.Errorf("the recording says %q of %v", f.run.Ended, f.err)
	}
}

func TestRun_DoesAllSteps(t *testing.T) {
	f := runFake(t, "", nil)
	f.want(t, "", "plan", "up", "up-again", "down", "list")
	if f.run.Version != "1.2.3" || f.run.Region != "us-east-1" || f.run.Target != TargetEndpoint || f.run.Steps[1].Exit != 0 ||
		!slices.Equal(f.run.Steps[1].Command, []string{"up", "--yes", "--no-probe"}) {
		t.Errorf("%+v", f.run)
	}
	if text := string(f.run.Steps[0].Document); strings.Contains(text, "210987654321") || !strings.Contains(text, `"create": 27`) {
		t.Errorf("plan: %s", text)
	}
	for _, want := range []string{"$0.155054795 for each hour", "after 48m0s the run goes down", "$0.155054795 at the most"} {
		if !strings.Contains(f.log.String(), want) {
			t.Errorf("%q isn't said in:\n%s", want, f.log)
		}
	}
}

func TestRun_RefusesToBegin(t *testing.T) {
	runFake(t, "there", nil).want(t, "is there already", "plan")
	runFake(t, "unpriced", nil).want(t, "no budget can be kept", "plan")
	runFake(t, "", func(o *Options, _ *watched, _ context.CancelFunc) { o.Dollars = 1 }).want(t, "more than the budget", "plan")
	ask := func(answer string) func(*Options, *watched, context.CancelFunc) {
		return func(o *Options, _ *watched, _ context.CancelFunc) {
			o.Target, o.Endpoint, o.In = TargetAWS, "", strings.NewReader(answer)
		}
	}
	runFake(t, "", ask("yes\n")).want(t, "not confirmed", "plan")
	runFake(t, "", ask("")).want(t, "not confirmed", "plan")
	f := runFake(t, "", ask("parity\n"))
	f.want(t, "", "plan", "up", "up-again", "down", "list")
	if !strings.Contains(f.log.String(), " down -c platform.yaml --yes") {
		t.Errorf("how to take it down isn't said in:\n%s", f.log)
	}
}

func TestRun_GoesDownAtEndOfBudget(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	f := runFake(t, "slow", func(o *Options, log *watched, _ context.CancelFunc) {
		o.Budget = 20 * time.Minute
		log.word, log.do = "working", end
		o.Pause = func(_ context.Context, d time.Duration) {
			if d != 10*time.Minute {
				t.Errorf("it works for %s of its budget", d)
			}
			<-ended.Done()
		}
	})
	f.want(t, "up: the budget ended after 10m0s", "plan", "up", "down", "list")
	if f.run.Steps[1].Exit != 130 {
		t.Errorf("up ended with %d: it wasn't interrupted in order", f.run.Steps[1].Exit)
	}
}

func TestRun_GoesDownWhenInterrupted(t *testing.T) {
	f := runFake(t, "slow", func(_ *Options, log *watched, cancel context.CancelFunc) { log.word, log.do = "working", cancel })
	f.want(t, "up: context canceled", "plan", "up", "down", "list")
}

func TestRun_WaitsForSteadyPlatform(t *testing.T) {
	tries := 0
	drill := func(o *Options, _ *watched, _ context.CancelFunc) {
		tries = 0
		o.Target, o.Endpoint, o.Yes, o.Scenarios = TargetAWS, "", true, []string{"process"}
		o.Pause = func(ctx context.Context, d time.Duration) {
			if d != betweenTries {
				<-ctx.Done() // the budget lasts
				return
			}
			tries++
		}
	}
	f := runFake(t, "unsteady", drill)
	f.want(t, "", "plan", "up", "drill-process", "up-again", "down", "list")
	if tries != 2 || f.run.Steps[2].Exit != 4 {
		t.Errorf("it waited %d times, and the drill ended with %d", tries, f.run.Steps[2].Exit)
	}
	runFake(t, "never-steady", drill).want(t, "no agent", "plan", "up", "drill-process", "down", "list")
	if tries != triesOfDrill-1 {
		t.Errorf("it waited %d times", tries)
	}
}

func TestRun_GoesDownAfterFailure(t *testing.T) {
	f := runFake(t, "failing", nil)
	f.want(t, "no room for i-0fedcba9876543210", "plan", "up", "down", "list")
	if strings.Contains(f.run.Ended, "fedcba") {
		t.Errorf("the recording says %q", f.run.Ended)
	}
}

func TestRun_SaysWhatMayBeLeft(t *testing.T) {
	runFake(t, "stuck", nil).want(t, "something may be left and cost money", "plan", "up", "up-again", "down", "down")
	runFake(t, "left", nil).want(t, "there still is something of parity", "plan", "up", "up-again", "down", "list")
}
