package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/attempts"
	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// ErrOff says that an instance was, or went, off.
var ErrOff = errors.New("the instance isn't running")

// ErrTimeout says that a script took longer than it may.
var ErrTimeout = errors.New("the script took too long")

// Script is a shell script that is to run in an instance, as root.
type Script struct {
	ID      string // of this run, for one that ends this program; "" is none
	Text    string
	Dir     string        // where it begins; "" means /
	Timeout time.Duration // 0: none
}

// Result is what became of a script.
type Result struct {
	Status         int // exit status
	Stdout, Stderr string
}

// Run carries out a script and returns when it has ended. The error is ErrOff, ErrTimeout
// or ctx's where it ended early; the result then has what it wrote until then. It is
// attempts.ErrEndsProgram for a script that wasn't begun.
func (g *Guest) Run(ctx context.Context, s Script) (Result, error) {
	g.mu.Lock()
	life, ready := g.life, g.host == up
	g.mu.Unlock()
	if !ready {
		return Result{}, fmt.Errorf("run a script on instance %s: %w", g.options.InstanceID, ErrOff)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(life, func() { cancel(ErrOff) })()
	if s.Timeout > 0 {
		timer := g.options.Clock.NewTimer(s.Timeout)
		defer timer.Stop()
		go func() {
			select {
			case <-timer.C():
				cancel(ErrTimeout)
			case <-ctx.Done():
			}
		}()
	}
	done := func() {}
	if s.ID != "" {
		var err error
		done, err = attempts.Begin(ctx, g.attemptsDir(), "script-"+s.ID, g.options.Alone)
		if err != nil {
			return Result{}, fmt.Errorf("run a script on instance %s: %w", g.options.InstanceID, err)
		}
	}
	g.say("amazon-ssm-agent[1702]: runs a script as root: %s", strings.SplitN(s.Text, "\n", 2)[0])
	var stdout, stderr output
	status, err := shell.Run(ctx, shell.Options{Root: g.root(), Disk: g.disk, Dir: s.Dir, Script: s.Text, Stdout: &stdout, Stderr: &stderr, Commands: g.commands()})
	done() // not deferred: where a script ends this program the note has to stay
	result := Result{status, stdout.String(), stderr.String()}
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	if err != nil {
		return result, fmt.Errorf("run a script on instance %s: %w", g.options.InstanceID, err)
	}
	return result, nil
}

// mostOutput is how much of a script's output is kept, in bytes.
const mostOutput = 1 << 20

// output is what a script wrote. The parts of a pipeline write at the same time.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.b.Write(p[:min(len(p), mostOutput-o.b.Len())]) // a buffer's Write never fails
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
