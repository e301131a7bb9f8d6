package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// Build builds the binary into dir and returns its path. The working directory must lie in the repository. It is built as
// `go test` builds packages, and so from what is in the build cache: with the release's -trimpath the whole SDK would
// be compiled once more. A binary that was built for the release is given to the programs by -exe.
func Build(ctx context.Context, dir string) (exe string, err error) {
	exe = filepath.Join(dir, "platformctl")
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", exe, "github.com/platformctl/platformctl/cmd/platformctl")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build platformctl (from a directory of its repository): %w\n%s", err, out)
	}
	return exe, nil
}

// TooLong is when a run of the binary hangs. The longest take a minute, with eventual consistency on a busy machine.
const TooLong = 5 * time.Minute

// Outcome is how a run of the binary ended.
type Outcome struct {
	Args   []string
	Exit   int  // exit code; -1 after a signal
	Killed bool // ended by SIGKILL
	Took   time.Duration
	Out    string // standard output
	Text   string // standard output and standard error
}

// String is the outcome for people: the command, how it ended, and the end of what it said.
func (o Outcome) String() string {
	const most = 2000
	text := strings.TrimSpace(o.Text)
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	ended := fmt.Sprintf("exit code %d", o.Exit)
	if o.Killed {
		ended = "killed"
	}
	return fmt.Sprintf("platformctl %s: %s after %s\n%s", strings.Join(o.Args, " "), ended, o.Took.Round(time.Millisecond), text)
}

// Process is the binary at work.
type Process struct {
	args    []string
	command *exec.Cmd
	began   time.Time
	out     bytes.Buffer
	all     lockedBuffer
	kill    sync.Once
}

// Start starts the binary with arguments in the site's working directory. Nobody uses the site's platforms, so that up
// may do what users would notice, such as leave a zone. Down names the configuration: the site may be a copy of where the
// platform was made, which is there still.
func (s *Site) Start(ctx context.Context, args ...string) (*Process, error) {
	switch {
	case len(args) == 0:
	case args[0] == "up":
		args = append(slices.Clone(args), "--allow-disruption")
	case args[0] == "down" && exists(filepath.Join(s.Work(), configuration)):
		args = append(slices.Clone(args), "-c", configuration)
	}
	p := &Process{args: args, command: exec.CommandContext(ctx, s.options.Exe, args...)}
	p.command.Dir = s.Work()
	p.command.Env = s.Environment()
	p.command.Stdout, p.command.Stderr = io.MultiWriter(&p.out, &p.all), &p.all
	p.began = time.Now()
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start platformctl: %w", err)
	}
	return p, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Kill ends the process as kill -9 does. It may come twice, or too late.
func (p *Process) Kill() { p.kill.Do(func() { _ = p.command.Process.Kill() }) }

// Signal sends a signal to the process.
func (p *Process) Signal(signal os.Signal) error { return p.command.Process.Signal(signal) }

// Wait waits for the process's end. That it failed is no error here.
func (p *Process) Wait() (Outcome, error) {
	err := p.command.Wait()
	o := Outcome{Args: p.args, Took: time.Since(p.began), Out: p.out.String(), Text: p.all.String()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return o, fmt.Errorf("wait for platformctl: %w", err)
	}
	o.Exit = p.command.ProcessState.ExitCode()
	o.Killed = p.command.ProcessState.String() == "signal: killed"
	return o, nil
}

// Run runs the binary to its end.
func (s *Site) Run(ctx context.Context, args ...string) (Outcome, error) {
	p, err := s.Start(ctx, args...)
	if err != nil {
		return Outcome{}, err
	}
	o, err := p.Wait()
	return o, errors.Join(err, ctx.Err())
}

// Environment is that of the binary: this process's, without anything of an AWS account or of another platformctl.
func (s *Site) Environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_") || strings.HasPrefix(pair, "PLATFORMCTL_")
	})
	return append(env,
		endpoint.HomeVariable+"="+s.home(),
		"TMPDIR="+s.Temporary(),
		"HOME="+s.options.Dir,
		"AWS_EC2_METADATA_DISABLED=true",
	)
}

// lockedBuffer takes two streams at once.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
