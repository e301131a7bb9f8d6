// Package hostile sends the local cloud what callers, users and instances may send that mean it ill, for a while, and says
// what it took: whether the process lives and the platform serves, and its memory and open files.
//
// What is sent is in attacks.go, how the process is watched in watch.go.
package hostile

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/resilience/lab"
)

type flags struct {
	lab.Flags
	lasts time.Duration
	most  uint64
	seed  uint64
}

func (f *flags) parse(args []string, output io.Writer) error {
	set := flag.NewFlagSet("hostile", flag.ContinueOnError)
	f.Register(set, "attackers of each kind", 2)
	set.DurationVar(&f.lasts, "for", time.Minute, "how long they attack")
	set.Uint64Var(&f.most, "most", 512, "how many MB of memory the local cloud may take")
	set.Uint64Var(&f.seed, "seed", 1, "what is sent by chance")
	err := lab.Parse(set, args, output, `Hostile input: a platform on a local cloud of its own, and attackers on all that it reads: its API, user data, scripts of
Run Command, and the load balancer's port. In the end the local cloud must be the same process, serve the platform, and hold
no more memory and files than it may.

`)
	if err == nil && (f.lasts <= 0 || f.Parallel < 1) {
		err = errors.New("hostile takes some time and one attacker at least")
	}
	return err
}

// Run is the program.
func Run(ctx context.Context, args []string, out, progress io.Writer) error {
	var f flags
	if err := f.parse(args, progress); err != nil {
		return err
	}
	return f.In(ctx, progress, "hostile", func(dir, exe string) (bool, error) {
		rows, err := f.run(ctx, exe, dir, progress)
		if rows != nil {
			err = errors.Join(err, lab.Table(out, rows, f.Markdown))
		}
		return err != nil, err
	})
}

// run takes a platform up, attacks, and judges what is left.
func (f *flags) run(ctx context.Context, exe, dir string, progress io.Writer) (rows [][]string, err error) {
	s := site{exe: exe, dir: dir}
	if out, err := s.command(ctx, "up"); err != nil {
		return nil, fmt.Errorf("platformctl up: %w\n%s", err, out)
	}
	defer func() {
		out, failed := s.command(context.WithoutCancel(ctx), "local", "stop")
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("platformctl local stop: %w\n%s", failed, out))
		}
	}()
	t, err := s.target(ctx)
	if err != nil {
		return nil, err
	}
	before, err := look(t.pid)
	if err != nil {
		return nil, err
	}

	sent, most := f.attack(ctx, t, progress)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	after, err := f.settled(ctx, t, before)
	rows = [][]string{{"attack", "sent"}}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		rows = append(rows, []string{name, fmt.Sprint(sent[name])})
	}
	rows = append(rows,
		[]string{"memory before, most, after", fmt.Sprintf("%d MB, %d MB, %d MB", before.megabytes, most.megabytes, after.megabytes)},
		[]string{"open files before, most, after", fmt.Sprintf("%d, %d, %d", before.files, most.files, after.files)},
	)
	switch {
	case err != nil:
	case most.megabytes > f.most:
		err = fmt.Errorf("the local cloud took %d MB, and may take %d MB", most.megabytes, f.most)
	default:
		err = s.same(ctx, t.pid)
	}
	return rows, err
}

// attack lets all attackers at the target, and watches it meanwhile.
func (f *flags) attack(ctx context.Context, t target, progress io.Writer) (sent map[string]int, most usage) {
	ctx, cancel := context.WithTimeout(ctx, f.lasts)
	defer cancel()
	var mu sync.Mutex
	sent = map[string]int{}
	var attackers errgroup.Group
	for name, attack := range attacks() {
		for i := range f.Parallel {
			chance := rand.New(rand.NewPCG(f.seed, uint64(len(name)*1000+i))) //nolint:gosec // no secret
			attackers.Go(func() error {
				for ctx.Err() == nil {
					attack(ctx, t, chance)
					mu.Lock()
					sent[name]++
					mu.Unlock()
				}
				return nil
			})
		}
	}
	for ctx.Err() == nil {
		if u, err := look(t.pid); err == nil {
			most.megabytes, most.files = max(most.megabytes, u.megabytes), max(most.files, u.files)
			fmt.Fprintf(progress, "%d MB, %d open files\n", u.megabytes, u.files)
		}
		select {
		case <-time.After(f.lasts / 20):
		case <-ctx.Done():
		}
	}
	_ = attackers.Wait() // no attacker fails
	return sent, most
}

// settleWithin is how long the local cloud may take to let go of what attackers left open: its longest time-out and some.
const settleWithin = 3 * time.Minute

// settled waits until the local cloud holds about as many files as before.
func (f *flags) settled(ctx context.Context, t target, before usage) (after usage, err error) {
	const spare = 64 // kept connections, and those of the load balancer's checks
	deadline := time.Now().Add(settleWithin)
	for {
		if after, err = look(t.pid); err != nil || after.files <= before.files+spare {
			return after, err
		}
		if time.Now().After(deadline) {
			return after, fmt.Errorf("%d files are open %s after the attack, and %d were before", after.files, settleWithin, before.files)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return after, ctx.Err()
		}
	}
}

// site is a directory with a platform and a local cloud of its own.
type site struct{ exe, dir string }

func (s site) home() string { return filepath.Join(s.dir, "home") }

func (s site) command(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, s.exe, args...) //nolint:gosec // the binary that is tried
	command.Dir = s.dir
	command.Env = append(slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_") || strings.HasPrefix(pair, "PLATFORMCTL_")
	}), endpoint.HomeVariable+"="+s.home(), "AWS_EC2_METADATA_DISABLED=true")
	out, err := command.CombinedOutput()
	return string(out), err
}

// same says what is wrong if the local cloud isn't the process that it was, or its platform doesn't serve.
func (s site) same(ctx context.Context, pid int) error {
	file, err := endpoint.Read(endpoint.Directory(s.home()))
	if err != nil {
		return err
	}
	if file.PID != pid {
		return fmt.Errorf("the local cloud was process %d, and is %d", pid, file.PID)
	}
	if out, err := s.command(ctx, "status"); err != nil {
		return fmt.Errorf("platformctl status: %w\n%s", err, out)
	}
	return nil
}
